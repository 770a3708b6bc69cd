//! Whether a call is recorded, and the moments in which it is.

use super::sending::note_left;
use crate::sys::arena::has_spare_memory;
use crate::sys::fork;
use crate::sys::own_stack::on_own_stack;
use crate::sys::undisturbed::{is_lent, is_undisturbed, lend, undisturbed, with_lent, Mask};
use crate::trace::is_recording;
use crate::trace::sink::note_lost;

/// Whether the calls that this thread makes now are recorded: not those that recording itself makes.
#[inline]
pub fn is_observed() -> bool {
    is_recording() && (!is_undisturbed() || is_lent())
}

/// Makes a part of a record. Nothing without memory for it, because the standard library would end the program. Nothing in a child
/// that uses its parent's memory (vfork(2)): the parent's records and sockets would change.
#[cold]
#[inline(never)]
pub(super) fn observe<T>(work: impl FnOnce(&mut Mask) -> Option<T>) -> Option<T> {
    if is_lent() {
        return with_lent(work).flatten();
    }
    undisturbed(|mask| {
        if !fork::is_owner() {
            // With the parent's memory, this is the parent's count.
            fork::note_sharing();
            return None;
        }
        if !has_spare_memory() {
            note_lost();
            return None;
        }
        on_own_stack(|| work(mask)).flatten()
    })
    .flatten()
}

/// Prepares a record, and begins it, undisturbed and on a separate stack. The program's calls must not be made in there.
#[cold]
#[inline(never)]
pub fn aside<T>(prepare: impl FnOnce() -> Option<T>) -> Option<T> {
    note_left();
    observe(|mask| lend(mask, prepare))
}
