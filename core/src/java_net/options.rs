//! Options with Java's meaning.

use crate::domain::{Family, SocketType};
use crate::error::{Error, Kind, Operation, Result};
use crate::socket::options::multicast::interface_request;
use crate::socket::options::{in_range, limits};
use crate::socket::Socket;
use crate::sys::kernel::{number, OptionNumber, BUFFER_FACTOR, MAY_FRAGMENT, MUST_NOT_FRAGMENT};
use std::time::Duration;

/// How many connections wait to be accepted unless the program says otherwise (Java `ServerSocket`).
pub const BACKLOG: i32 = 50;

/// The longest linger time; longer ones are cut to it (Java `setSoLinger`).
pub const LONGEST_LINGER: Duration = limits::LONGEST_LINGER;

/// Sets what close does with unsent data, as [`Socket::set_linger`] does, but cuts the time to [`LONGEST_LINGER`]
/// (Java `setSoLinger`).
///
/// # Errors
/// `Closed`.
pub fn set_linger(socket: &Socket, linger: Option<Duration>) -> Result<()> {
    socket.set_linger(linger.map(|linger| linger.min(LONGEST_LINGER)))
}

/// Requests a send buffer, as [`Socket::set_send_buffer`] does, cut to the most that can be requested (Java
/// `setSendBufferSize`).
///
/// # Errors
/// `InvalidInput("send buffer")` for 0; `Closed`.
pub fn set_send_buffer(socket: &Socket, requested: usize) -> Result<()> {
    socket.set_send_buffer(requested.min(limits::LARGEST_BUFFER))
}

/// The size of the send buffer as it was requested, without the kernel's own share (Java
/// `getSendBufferSize`).
///
/// # Errors
/// `Closed`.
pub fn send_buffer(socket: &Socket) -> Result<usize> {
    socket.send_buffer().map(|bytes| bytes / BUFFER_FACTOR)
}

/// Requests a receive buffer, as [`set_send_buffer`] does (Java `setReceiveBufferSize`).
///
/// # Errors
/// `InvalidInput("receive buffer")` for 0; `Closed`.
pub fn set_recv_buffer(socket: &Socket, requested: usize) -> Result<()> {
    socket.set_recv_buffer(requested.min(limits::LARGEST_BUFFER))
}

/// The size of the receive buffer as it was requested (Java `getReceiveBufferSize`).
///
/// # Errors
/// `Closed`.
pub fn recv_buffer(socket: &Socket) -> Result<usize> {
    socket.recv_buffer().map(|bytes| bytes / BUFFER_FACTOR)
}

/// Sets the type of service of IPv4 and the traffic class of IPv6. TCP uses the two low bits itself, so they are
/// dropped there (Java `setTrafficClass`).
///
/// # Errors
/// `InvalidInput("traffic class")` above 255; `Closed`.
pub fn set_traffic_class(socket: &Socket, class: u32) -> Result<()> {
    in_range(class, &limits::BYTE, "traffic class")?;
    let class = if socket.socket_type() == SocketType::STREAM {
        class & !limits::CONGESTION_BITS
    } else {
        class
    };
    socket.set_tos(class)?;
    if socket.family() == Family::IPV6 {
        socket.set_traffic_class(class)?;
    }
    Ok(())
}

/// The traffic class (Java `getTrafficClass`).
///
/// # Errors
/// `Closed`.
pub fn traffic_class(socket: &Socket) -> Result<u32> {
    if socket.family() == Family::IPV6 {
        socket.traffic_class()
    } else {
        socket.tos()
    }
}

/// One of the three numbers of keepalive, set without turning it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepaliveNumber {
    /// How many seconds a connection is idle before the first probe (Java `TCP_KEEPIDLE`).
    Idle,
    /// How many seconds pass between probes (Java `TCP_KEEPINTERVAL`).
    Interval,
    /// How many probes may go unanswered (Java `TCP_KEEPCOUNT`).
    Count,
}

impl KeepaliveNumber {
    const fn option(self) -> OptionNumber {
        match self {
            Self::Idle => number::KEEPALIVE_IDLE,
            Self::Interval => number::KEEPALIVE_INTERVAL,
            Self::Count => number::KEEPALIVE_COUNT,
        }
    }
}

/// Sets one of the numbers of keepalive.
///
/// # Errors
/// `EINVAL` for a value that the system does not accept; `Unsupported`; `Closed`.
pub fn set_keepalive_number(socket: &Socket, which: KeepaliveNumber, value: i32) -> Result<()> {
    set(socket, which.option(), value)
}

/// One of the numbers of keepalive.
///
/// # Errors
/// `Unsupported`; `Closed`.
pub fn keepalive_number(socket: &Socket, which: KeepaliveNumber) -> Result<i32> {
    get(socket, which.option())
}

/// The number of the network card queue through which the connection arrived, 0 if it has none (Java
/// `SO_INCOMING_NAPI_ID`).
///
/// # Errors
/// `Unsupported`; `Closed`.
pub fn incoming_napi_id(socket: &Socket) -> Result<i32> {
    get(socket, number::INCOMING_NAPI_ID)
}

/// Forbids routers to fragment datagrams (Java `IP_DONTFRAGMENT`); off unless set.
///
/// # Errors
/// `Unsupported`; `Closed`.
pub fn set_dont_fragment(socket: &Socket, on: bool) -> Result<()> {
    let mode = if on { MUST_NOT_FRAGMENT } else { MAY_FRAGMENT };
    if socket.family() != Family::IPV6 {
        return set(socket, number::DONT_FRAGMENT, mode);
    }
    set(socket, number::DONT_FRAGMENT_V6, mode)?;
    // If the system refuses, the socket can't send over IPv4 anyway.
    let _ = set(socket, number::DONT_FRAGMENT, mode);
    Ok(())
}

/// Whether routers must not fragment datagrams.
///
/// # Errors
/// `Unsupported`; `Closed`.
pub fn dont_fragment(socket: &Socket) -> Result<bool> {
    let option = if socket.family() == Family::IPV6 {
        number::DONT_FRAGMENT_V6
    } else {
        number::DONT_FRAGMENT
    };
    get(socket, option).map(|mode| mode == MUST_NOT_FRAGMENT)
}

/// How many routers a packet to a group of either version of IP may pass (Java `setTimeToLive`).
///
/// # Errors
/// `InvalidInput("multicast ttl")` above 255; `Closed`.
pub fn set_multicast_ttl(socket: &Socket, ttl: u32) -> Result<()> {
    socket.set_multicast_ttl(ttl)?;
    for_v4_too(
        socket,
        libc::IP_MULTICAST_TTL,
        i32::try_from(ttl).unwrap_or(i32::MAX),
    );
    Ok(())
}

/// Whether this host's own members get what is sent to a group of either version of IP (Java `IP_MULTICAST_LOOP`).
///
/// # Errors
/// `Closed`.
pub fn set_multicast_loop(socket: &Socket, on: bool) -> Result<()> {
    socket.set_multicast_loop(on)?;
    for_v4_too(socket, libc::IP_MULTICAST_LOOP, on.into());
    Ok(())
}

/// Sends to groups of either version of IP through the interface of this index (Java `setNetworkInterface`).
///
/// # Errors
/// `InvalidInput("interface")`; `ENODEV`; `Closed`.
pub fn set_multicast_interface(socket: &Socket, index: u32) -> Result<()> {
    socket.set_multicast_interface(index)?;
    if socket.family() == Family::IPV6 {
        // An interface without IPv4 can still be used for IPv6.
        let _ = socket.set_option(libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &interface_request(index));
    }
    Ok(())
}

/// Receives only what is sent to groups that this socket joined, not to those that other sockets of this host joined.
pub(super) fn take_own_groups_only(socket: &Socket) {
    // A system without this option behaves that way anyway.
    let _ = socket.set_multicast_all(false);
    let _ = set(socket, number::IP_MULTICAST_ALL, 0);
}

/// An IPv6 socket sends to IPv4 groups by IPv4's options.
fn for_v4_too(socket: &Socket, name: i32, value: i32) {
    if socket.family() == Family::IPV6 {
        // If the system refuses, the socket can't send to IPv4 groups anyway.
        let _ = socket.set_int_option(libc::IPPROTO_IP, name, value);
    }
}

fn set(socket: &Socket, option: OptionNumber, value: i32) -> Result<()> {
    let (level, name) = option.ok_or(Error::new(Operation::SetOption, Kind::Unsupported))?;
    socket.set_int_option(level, name, value)
}

fn get(socket: &Socket, option: OptionNumber) -> Result<i32> {
    let (level, name) = option.ok_or(Error::new(Operation::GetOption, Kind::Unsupported))?;
    socket.int_option(level, name)
}
