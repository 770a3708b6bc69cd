//! Linux.

pub use super::in_pktinfo::{packet_info, packet_info_to_send};

use super::{number, Message};
use crate::credentials::Credentials;

/// What is read here and not on every system.
#[cfg(any(test, fuzzing))]
pub const KNOWN: [(i32, i32); 3] = [
    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS),
    (libc::SOL_SOCKET, libc::SCM_CREDENTIALS),
    (libc::IPPROTO_IP, libc::IP_PKTINFO),
];

/// The size of a `struct ucred`.
pub const UCRED: usize = size_of::<libc::ucred>();

/// Reads a `struct ucred`: process, user and group.
pub fn ucred(data: &[u8]) -> Option<Credentials> {
    Some(Credentials {
        pid: i32::from_ne_bytes(number(data, 0)?),
        uid: u32::from_ne_bytes(number(data, 4)?),
        gid: u32::from_ne_bytes(number(data, 8)?),
    })
}

/// The sender's credentials to send (`SCM_CREDENTIALS`, a `struct ucred`).
pub fn credentials_to_send(who: Credentials) -> Option<(i32, i32, [u8; UCRED])> {
    let mut data = [0; UCRED];
    let numbers = [
        who.pid.to_ne_bytes(),
        who.uid.to_ne_bytes(),
        who.gid.to_ne_bytes(),
    ];
    for (place, number) in data.chunks_exact_mut(4).zip(numbers) {
        place.copy_from_slice(&number);
    }
    Some((libc::SOL_SOCKET, libc::SCM_CREDENTIALS, data))
}

/// The sender's credentials, if that is what a message holds.
pub fn credentials((level, kind, data): Message<'_>) -> Option<Credentials> {
    ((level, kind) == (libc::SOL_SOCKET, libc::SCM_CREDENTIALS)).then_some(())?;
    ucred(data)
}
