//! Results of the C library's calls: -1 and errno, or a number.

use crate::sys::sigpipe;
use crate::sys::undisturbed;

/// A result of a call.
pub trait Returned: Copy {
    /// What a call returns that has failed.
    const FAILED: Self;

    /// Whether it has failed.
    fn has_failed(self) -> bool;
}

impl Returned for i32 {
    const FAILED: Self = -1;

    #[inline]
    fn has_failed(self) -> bool {
        self < 0
    }
}

impl Returned for isize {
    const FAILED: Self = -1;

    #[inline]
    fn has_failed(self) -> bool {
        self < 0
    }
}

/// The result of a call that fails with this errno.
#[cold]
pub(super) fn fail<R: Returned>(errno: i32) -> R {
    undisturbed::set_errno(errno);
    R::FAILED
}

/// Whether the call that returned this just now has failed with this errno.
pub(super) fn has_failed_with<R: Returned>(result: R, errno: i32) -> bool {
    result.has_failed() && undisturbed::errno() == errno
}

/// Makes a call that has no flag against SIGPIPE, without the signal.
pub(super) fn without_sigpipe<R: Returned>(call: impl FnOnce() -> R) -> R {
    let (result, errno) = sigpipe::without_sigpipe(|| (call(), undisturbed::errno()));
    undisturbed::set_errno(errno);
    result
}
