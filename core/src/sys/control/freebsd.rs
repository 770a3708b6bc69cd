//! FreeBSD.

use super::{number, Message};
use crate::credentials::Credentials;
use std::net::Ipv4Addr;

/// What is read here and not on every system.
#[cfg(any(test, fuzzing))]
pub const KNOWN: [(i32, i32); 3] = [
    (libc::SOL_SOCKET, libc::SCM_CREDS),
    (libc::SOL_SOCKET, libc::SCM_CREDS2),
    (libc::IPPROTO_IP, libc::IP_RECVDSTADDR),
];

/// Room for the credentials of this process, which the kernel writes (`SCM_CREDS`, a `struct cmsgcred`): those of another
/// process can't be sent, so the given ones must be its own.
pub fn credentials_to_send(who: Credentials) -> Option<(i32, i32, [u8; size_of::<libc::cmsgcred>()])> {
    // SAFETY: no memory is involved.
    let (user, group) = unsafe { (libc::getuid(), libc::getgid()) };
    let own = who.pid.unsigned_abs() == std::process::id() && (user, group) == (who.uid, who.gid);
    own.then_some((
        libc::SOL_SOCKET,
        libc::SCM_CREDS,
        [0; size_of::<libc::cmsgcred>()],
    ))
}

/// The sender's credentials, if that is what a message holds: those that it sent (`SCM_CREDS`: process, real and effective user,
/// real group), or those that the receiver asked for (`SCM_CREDS2`: version, process, both users, both groups).
pub fn credentials((level, kind, data): Message<'_>) -> Option<Credentials> {
    let [pid, uid, gid] = match (level, kind) {
        (libc::SOL_SOCKET, libc::SCM_CREDS) if data.len() >= size_of::<libc::cmsgcred>() => [0, 4, 12],
        (libc::SOL_SOCKET, libc::SCM_CREDS2) => [4, 8, 16],
        _ => return None,
    };
    Some(Credentials {
        pid: i32::from_ne_bytes(number(data, pid)?),
        uid: u32::from_ne_bytes(number(data, uid)?),
        gid: u32::from_ne_bytes(number(data, gid)?),
    })
}

/// The address to send a datagram over IPv4 from (`IP_SENDSRCADDR`). The interface can't be chosen.
pub fn packet_info_to_send(source: Ipv4Addr, interface: u32) -> Option<(i32, i32, [u8; 4])> {
    (interface == 0).then_some((libc::IPPROTO_IP, libc::IP_SENDSRCADDR, source.octets()))
}

/// The address to which a datagram came over IPv4 (`IP_RECVDSTADDR`), if that is what a message holds. The interface is not
/// part of it.
pub fn packet_info((level, kind, data): Message<'_>) -> Option<(Ipv4Addr, u32)> {
    ((level, kind) == (libc::IPPROTO_IP, libc::IP_RECVDSTADDR)).then_some(())?;
    Some((Ipv4Addr::from(number(data, 0)?), 0))
}
