//! poll(2).

use crate::sys::unix::{self, Readiness};
use std::io;
use std::time::Duration;

/// Waits for `set`, no longer than `left` (`None`: forever), with `poll` and its milliseconds, rounded up.
pub fn poll(set: &mut [libc::pollfd], left: Option<Duration>) -> io::Result<Readiness> {
    let left = unix::milliseconds(left);
    let count = libc::nfds_t::try_from(set.len()).unwrap_or(0);
    // SAFETY: `set` is ours and has `count` entries.
    unix::ready(unsafe { libc::poll(set.as_mut_ptr(), count, left) })
}
