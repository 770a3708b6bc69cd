//! Any other system, of which nothing is known.

use super::Message;
use crate::credentials::Credentials;
use std::net::Ipv4Addr;

/// What is read here and not on every system.
#[cfg(any(test, fuzzing))]
pub const KNOWN: [(i32, i32); 0] = [];

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
