//! The signals that a thread blocks: never the one that ends a call whose socket is closed, unless the program takes it itself.

use crate::next;
use libc::{c_int, sigset_t};
use polysock::promises;

/// The set without our signal, if there is one and it is about to be blocked.
unsafe fn without_ours(how: c_int, set: *const sigset_t) -> Option<sigset_t> {
    if set.is_null() || how == libc::SIG_UNBLOCK {
        return None;
    }
    let mut set = *set;
    promises::leave_unblocked(&mut set);
    Some(set)
}

pub(crate) unsafe fn sigaction(
    signal: c_int,
    action: *const libc::sigaction,
    before: *mut libc::sigaction,
) -> c_int {
    if action.is_null() {
        return next::sigaction(signal, action, before);
    }
    let mut action = *action;
    promises::leave_unblocked_in_handler(&mut action.sa_mask);
    next::sigaction(signal, &raw const action, before)
}

pub(crate) unsafe fn pthread_sigmask(how: c_int, set: *const sigset_t, before: *mut sigset_t) -> c_int {
    match without_ours(how, set) {
        Some(set) => next::pthread_sigmask(how, &raw const set, before),
        None => next::pthread_sigmask(how, set, before),
    }
}

pub(crate) unsafe fn sigprocmask(how: c_int, set: *const sigset_t, before: *mut sigset_t) -> c_int {
    match without_ours(how, set) {
        Some(set) => next::sigprocmask(how, &raw const set, before),
        None => next::sigprocmask(how, set, before),
    }
}
