//! Linux.

use super::{number, Message};
use crate::credentials::Credentials;
use std::net::Ipv4Addr;
use std::time::Duration;

/// What is read here and not on every system.
#[cfg(any(test, fuzzing))]
pub const KNOWN: [(i32, i32); 3] = [
    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS),
    (libc::SOL_SOCKET, libc::SCM_CREDENTIALS),
    (libc::IPPROTO_IP, libc::IP_PKTINFO),
];

/// The fraction of a time is as long as its seconds.
pub(super) const FRACTION: usize = size_of::<libc::timeval>() / 2;

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

/// Where to send a datagram over IPv4 from (`IP_PKTINFO`, a `struct in_pktinfo`): the index of the interface, the address to
/// send from, and one that is ignored here.
pub fn packet_info_to_send(source: Ipv4Addr, interface: u32) -> Option<(i32, i32, [u8; 12])> {
    let mut data = [0; 12];
    let (index, address) = data.split_at_mut(4);
    index.copy_from_slice(&interface.to_ne_bytes());
    address.split_at_mut(4).0.copy_from_slice(&source.octets());
    Some((libc::IPPROTO_IP, libc::IP_PKTINFO, data))
}

/// The address to which a datagram came over IPv4, and the index of its interface, if that is what a message holds.
pub fn packet_info((level, kind, data): Message<'_>) -> Option<(Ipv4Addr, u32)> {
    ((level, kind) == (libc::IPPROTO_IP, libc::IP_PKTINFO)).then_some(())?;
    let interface = u32::from_ne_bytes(number(data, 0)?);
    Some((Ipv4Addr::from(number(data, 8)?), interface))
}

/// When a datagram arrived, since 1970, if that is what a message holds: a `timespec` or a `timeval`.
pub fn timestamp((level, kind, data): Message<'_>) -> Option<Duration> {
    match (level, kind) {
        (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => super::time(data, 1),
        (libc::SOL_SOCKET, libc::SCM_TIMESTAMP) => super::time(data, 1000),
        _ => None,
    }
}
