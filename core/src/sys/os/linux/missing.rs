//! Calls that an old kernel lacks or a filter of system calls forbids.

use std::io;

/// Whether an error says that the system does not have a call, or that a filter forbids it. Filters answer with one of
/// three numbers, of which some calls have two for other reasons too: their fallback then fails for the same reason.
pub fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOSYS | libc::EPERM | libc::EACCES)
    )
}
