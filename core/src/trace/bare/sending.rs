//! SIGPIPE, which is blocked from before a send until its record is written.

use crate::sys::undisturbed::{undisturbed, Mask};
use std::cell::Cell;

thread_local! {
    /// SIGPIPE is blocked for a send of this thread. Without a destructor, so that nothing is registered.
    static BLOCKED: Cell<bool> = const { Cell::new(false) };
}

/// Blocks it; returns whether this changes anything.
pub(super) fn block_sigpipe(mask: &mut Mask) -> bool {
    let blocked = mask.block_sigpipe();
    BLOCKED.set(blocked);
    blocked
}

pub(super) fn unblock_sigpipe(mask: &mut Mask) {
    BLOCKED.set(false);
    mask.unblock_sigpipe();
}

/// Unblocks SIGPIPE if it is blocked for a send that a signal handler has left, or is about to leave: called by longjmp(3) and
/// before the next call. In a handler that returns to the send, this changes only the handler's mask.
#[inline]
pub fn note_left() {
    if BLOCKED.get() {
        unblock_left();
    }
}

#[cold]
fn unblock_left() {
    undisturbed(unblock_sigpipe);
}
