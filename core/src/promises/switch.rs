//! Whether promises are kept.

use crate::sys::fork;
use std::sync::atomic::{AtomicBool, Ordering};

static KEPT: AtomicBool = AtomicBool::new(false);

/// Turns them on.
pub(super) fn keep() {
    KEPT.store(true, Ordering::Relaxed);
}

/// Turns them off before the process gives up system calls: keeping them takes calls that the program would not make. A child that
/// uses its parent's memory (vfork(2)) would turn them off for its parent, too.
pub fn end_before_restriction() {
    if fork::is_owner() {
        KEPT.store(false, Ordering::Relaxed);
    }
}

/// Whether they are kept.
#[inline]
pub fn are_kept() -> bool {
    KEPT.load(Ordering::Relaxed)
}

/// The flags of a send that does not raise SIGPIPE.
#[inline]
pub fn quiet(flags: i32) -> i32 {
    if are_kept() {
        flags | libc::MSG_NOSIGNAL
    } else {
        flags
    }
}
