//! Socket options, one file for each level, as in core; [`timeouts`] belong to the handle.

mod timeouts;
mod udp;

mod buffers;
mod keepalive;
mod socket_level;
mod steering;
mod tcp;

mod ip;
mod ipv6;
mod multicast;

mod raw;

use crate::error::Failure;
use libc::c_int;
use std::time::Duration;

pub(crate) fn whole_seconds(time: Option<Duration>, none: c_int) -> c_int {
    time.map_or(none, |time| c_int::try_from(time.as_secs()).unwrap_or(c_int::MAX))
}

/// An int of C that must not be negative.
fn unsigned(number: c_int, name: &'static str) -> Result<u32, Failure> {
    u32::try_from(number).map_err(|_| Failure::argument(name, "is negative"))
}

/// A number of core as an int for C; none is too large for one.
fn signed(number: u32) -> c_int {
    c_int::try_from(number).unwrap_or(c_int::MAX)
}
