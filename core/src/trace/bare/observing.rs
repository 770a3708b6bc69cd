//! Whether a call is recorded, and the moments in which it is.

use crate::sys::fork;
use crate::sys::undisturbed::{is_undisturbed, undisturbed, Mask};
use crate::trace::is_recording;

/// Whether the calls that this thread makes now are recorded: not those that recording itself makes.
#[inline]
pub fn is_observed() -> bool {
    is_recording() && !is_undisturbed()
}

/// Makes a part of a record. Nothing in a child that uses its parent's memory (vfork(2)): the parent's records and
/// sockets would change.
#[cold]
#[inline(never)]
pub(super) fn observe<T>(work: impl FnOnce(&mut Mask) -> Option<T>) -> Option<T> {
    undisturbed(|mask| fork::is_owner().then(|| work(mask)).flatten()).flatten()
}
