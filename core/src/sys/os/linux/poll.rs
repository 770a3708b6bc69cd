//! ppoll(2).

use super::super::portable;
use super::missing::is_missing;
use crate::sys::unix::{self, Readiness};
use std::io;
use std::time::Duration;

/// Waits for `set`, no longer than `left` (`None`: forever).
pub fn poll(set: &mut [libc::pollfd], left: Option<Duration>) -> io::Result<Readiness> {
    match poll_to_the_nanosecond(set, left) {
        Err(error) if is_missing(&error) => portable::poll(set, left),
        result => result,
    }
}

fn poll_to_the_nanosecond(set: &mut [libc::pollfd], left: Option<Duration>) -> io::Result<Readiness> {
    let left = left.map(unix::readiness::timespec);
    let left = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = libc::nfds_t::try_from(set.len()).unwrap_or(0);
    // SAFETY: `set` is ours and has `count` entries; `left` is null or points at a timespec that outlives this.
    unix::ready(unsafe { libc::ppoll(set.as_mut_ptr(), count, left, std::ptr::null()) })
}
