//! The end of the records of a process that gives up system calls.

use super::observing::{is_observed, observe};
use crate::sys::fork;
use crate::trace::settings::turn_off;
use crate::trace::sink;

/// Ends the trace of this process, because records take system calls that would end it from now on (seccomp(2)).
#[cold]
#[inline(never)]
pub fn end_before_restriction() {
    if !is_observed() {
        return;
    }
    let ended = observe(|_| {
        sink::end_early("seccomp");
        Some(())
    });
    // Without memory for the last record it ends without one. A child of vfork(2) shares its parent's memory.
    if ended.is_none() && fork::is_owner() {
        turn_off();
    }
}
