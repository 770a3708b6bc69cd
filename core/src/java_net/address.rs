//! One IPv6 socket for both versions of IP, if the system has IPv6.

use crate::address::Address;
use crate::caller::Caller;
use crate::domain::{Family, Protocol, SocketType};
use crate::error::{Kind, Result};
use crate::names::resolve_name;
use crate::socket::Socket;
use crate::time::Timeout;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// "Every interface", which Java shows as an IPv4 address for IPv6 sockets too.
pub(super) const WILDCARD: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// A socket for IPv4 and IPv6, or for IPv4 only if there is no IPv6.
pub(super) fn dual_stack(socket_type: SocketType) -> Result<Socket> {
    match Socket::new(Family::IPV6, socket_type, Protocol::DEFAULT) {
        Ok(socket) => {
            // Some systems and administrators turn `IPV6_V6ONLY` on by default.
            socket.set_only_v6(false)?;
            Ok(socket)
        }
        Err(error) if error.kind() == Kind::Os(libc::EAFNOSUPPORT) => {
            Socket::new(Family::IPV4, socket_type, Protocol::DEFAULT)
        }
        Err(error) => Err(error),
    }
}

/// An address to send or connect to, in the form that the socket's family takes. "Every interface" stands for this host.
pub(super) fn destination(socket: &Socket, address: SocketAddr) -> Address {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    let mut address = address;
    address.set_ip(ip);
    mapped(socket, address)
}

/// An address to bind to, in the form that the socket's family takes.
pub(super) fn local(socket: &Socket, address: SocketAddr) -> Address {
    let mut address = address;
    if address.ip() == WILDCARD && socket.family() == Family::IPV6 {
        address.set_ip(Ipv6Addr::UNSPECIFIED.into());
    }
    mapped(socket, address)
}

fn mapped(socket: &Socket, address: SocketAddr) -> Address {
    match address.ip() {
        IpAddr::V4(ip) if socket.family() == Family::IPV6 => {
            (ip.to_ipv6_mapped().into(), address.port()).into()
        }
        IpAddr::V4(_) | IpAddr::V6(_) => address.into(),
    }
}

/// An address from the kernel as Java shows it: a mapped one as IPv4, and "every interface" as [`WILDCARD`].
pub(super) fn shown(address: &Address) -> Option<SocketAddr> {
    let mut address = address.as_socket_addr()?;
    let ip = match address.ip().to_canonical() {
        IpAddr::V6(ip) if ip.is_unspecified() => WILDCARD,
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    if ip != address.ip() {
        // An IPv4 address has no scope.
        address = SocketAddr::new(ip, address.port());
    }
    Some(address)
}

/// The addresses of a host by name or number, IPv4 before IPv6, as Java lists them unless told otherwise
/// (`java.net.preferIPv6Addresses`). An empty name means this host.
///
/// # Errors
/// See [`resolve_name`].
pub fn look_up<C: Caller>(name: &str, port: u16, caller: &mut C) -> Result<Vec<Address>> {
    let mut addresses = caller.block(|| resolve_name(name, port, 0))?;
    addresses.sort_by_key(|address| address.family() == Family::IPV6);
    Ok(addresses)
}

/// Whether the text is the name of a host, not a numeric address.
pub fn names_a_host(text: &str) -> bool {
    let numeric = text.contains(':') || text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    !text.is_empty() && !numeric
}

/// The name that a program looked up, if it is one; an empty text means this host.
pub(super) fn name_of(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("localhost".to_owned());
    }
    names_a_host(text).then(|| text.to_owned())
}

/// Whether the host answers in time, by taking or refusing a connection to its echo port (RFC 862; Java
/// `InetAddress.isReachable`, where it may not send ICMP echoes).
///
/// # Errors
/// Only when no socket can be made; `Interrupted` when the language ends the call.
pub fn is_reachable<C: Caller>(
    address: SocketAddr,
    timeout: Timeout,
    caller: &mut C,
) -> super::refusal::Result<bool> {
    const ECHO: u16 = 7;
    let mut address = address;
    address.set_port(ECHO);
    let address = Address::from(address);
    let socket = Socket::tcp(address.family())?;
    match socket.on(caller).within(timeout).connect(&address) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == Kind::Interrupted => Err(error.into()),
        Err(error) => Ok(error.kind() == Kind::Os(libc::ECONNREFUSED)),
    }
}
