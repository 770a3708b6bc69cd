//! Calls that an old kernel lacks or a system call filter forbids.

use std::io;

/// Whether an error says that the system does not have a call, or that a filter forbids it. Filters answer with one of
/// three error numbers, two of which some calls also return for other reasons: the fallback then fails for the same
/// reason.
pub fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOSYS | libc::EPERM | libc::EACCES)
    )
}
