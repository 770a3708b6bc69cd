//! What a wait ends with, and how long it may take.

use super::result::check;
use libc::c_int;
use std::io;
use std::time::Duration;

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    TimeUp,
    Interrupted,
}

/// Converts the result of a poll.
pub fn ready(result: c_int) -> io::Result<Readiness> {
    found(check(result))
}

/// The same for one that was checked: how many descriptors are ready.
pub fn found(result: io::Result<c_int>) -> io::Result<Readiness> {
    match result {
        Ok(0) => Ok(Readiness::TimeUp),
        Ok(_) => Ok(Readiness::Ready),
        Err(error) if error.raw_os_error() == Some(libc::EINTR) => Ok(Readiness::Interrupted),
        Err(error) => Err(error),
    }
}

/// A time in the form that ppoll takes. A number of seconds that is too large becomes 68 years, which every system's type
/// holds.
#[cfg_attr(polysock_portable, allow(dead_code))] // poll(2) takes milliseconds
pub fn timespec(time: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(c_int::MAX.into()),
        tv_nsec: time.subsec_nanos() as libc::c_long, // less than 1,000,000,000
    }
}

/// A time in the form that poll takes, never shorter; -1 means forever.
pub fn milliseconds(left: Option<Duration>) -> c_int {
    left.map_or(-1, |left| {
        c_int::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX)
    })
}
