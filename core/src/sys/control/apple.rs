//! macOS and its relatives.

pub use super::in_pktinfo::{packet_info, packet_info_to_send};

use super::Message;
use crate::credentials::Credentials;

/// What is read here and not on every system.
#[cfg(any(test, fuzzing))]
pub const KNOWN: [(i32, i32); 1] = [(libc::IPPROTO_IP, libc::IP_PKTINFO)];

/// None: messages can't carry credentials here.
pub fn credentials_to_send(_: Credentials) -> Option<(i32, i32, [u8; 0])> {
    None
}

/// None, as above.
pub fn credentials(_: Message<'_>) -> Option<Credentials> {
    None
}
