//! What a program passes to a server of either form, and how long the server uses it.

use super::options::polysock_release_fn;
use crate::code::{POLYSOCK_ECLOSED, POLYSOCK_EOTHER, POLYSOCK_EPANIC};
use crate::detail;
use crate::error::{of_kind, Failure};
use libc::{c_int, c_void};
use polysock::{Kind, Trouble};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The pointer that is passed to all callbacks of one server.
pub(crate) struct Program {
    user: *mut c_void,
    release: polysock_release_fn,
    /// `*out` is set; until then `user` is the caller's.
    started: AtomicBool,
}

// SAFETY: C's contract: several threads may use what `user` points at, at once.
unsafe impl Send for Program {}
// SAFETY: as above.
unsafe impl Sync for Program {}

impl Program {
    pub(crate) const fn new(user: *mut c_void, release: polysock_release_fn) -> Self {
        Self {
            user,
            release,
            started: AtomicBool::new(false),
        }
    }

    /// The program has its server: callbacks may be called, and `release` in the end.
    pub(crate) fn set_started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// The pointer, for a callback that is about to be called. A callback may use the server that it belongs to: it is
    /// not called before `*out` is set.
    pub(crate) fn user(&self) -> *mut c_void {
        while !self.started.load(Ordering::Acquire) {
            thread::yield_now(); // a few instructions from now
        }
        self.user
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let (Some(release), true) = (self.release, self.started.load(Ordering::Acquire)) {
            // SAFETY: C's contract: it is a function of this type. `user` is no longer in use.
            unsafe { release(self.user) };
        }
    }
}

/// The kind of failure behind a callback's code, where it is one of the connection or the time limit.
pub(crate) fn kind_of(code: &c_int) -> Option<Kind> {
    let kinds = [
        Kind::Closed,
        Kind::TimedOut,
        Kind::Os(libc::ECONNRESET),
        Kind::Os(libc::EPIPE),
        Kind::Os(libc::ECONNABORTED),
    ];
    kinds.into_iter().find(|kind| of_kind(*kind) == *code)
}

/// The code with which a failure is reported, after its description was recorded for this thread; none for one that is to
/// be expected.
pub(crate) fn code_to_report(function: &'static str, trouble: Trouble<c_int>) -> Option<c_int> {
    match trouble {
        Trouble::Woken(POLYSOCK_ECLOSED) => None,
        Trouble::Handler(code) | Trouble::Woken(code) => Some(code),
        Trouble::Accept(error) | Trouble::Thread(error) => {
            let failure = Failure::from(error);
            let code = failure.code;
            detail::record(function, failure);
            Some(code)
        }
        Trouble::Panic(_) => Some(POLYSOCK_EPANIC),
        // The enum is non-exhaustive.
        _ => Some(POLYSOCK_EOTHER),
    }
}
