//! Packet information over IPv4 where it is a `struct in_pktinfo`: on Linux and Apple's systems.

use super::{number, Message};
use std::net::Ipv4Addr;

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
