//! Any other system: only timestamps are alike.

use super::Message;
use crate::credentials::Credentials;
use std::net::Ipv4Addr;
use std::time::Duration;

/// What is read here and not on every system.
#[cfg(any(test, fuzzing))]
pub const KNOWN: [(i32, i32); 0] = [];

/// The fraction of a time is as long as its seconds.
pub(super) const FRACTION: usize = size_of::<libc::timeval>() / 2;

/// None.
pub fn credentials_to_send(_: Credentials) -> Option<(i32, i32, [u8; 0])> {
    None
}

/// None.
pub fn credentials(_: Message<'_>) -> Option<Credentials> {
    None
}

/// None.
pub fn packet_info_to_send(_: Ipv4Addr, _: u32) -> Option<(i32, i32, [u8; 12])> {
    None
}

/// None.
pub fn packet_info(_: Message<'_>) -> Option<(Ipv4Addr, u32)> {
    None
}

/// When a datagram arrived, since 1970, if that is what a message holds: a `timeval`.
pub fn timestamp((level, kind, data): Message<'_>) -> Option<Duration> {
    ((level, kind) == (libc::SOL_SOCKET, libc::SCM_TIMESTAMP)).then_some(())?;
    super::time(data, 1000)
}
