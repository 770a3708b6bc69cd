//! Options with Java's meaning.

use crate::domain::{Family, SocketType};
use crate::error::{Error, Operation, Result};
use crate::socket::Socket;
use crate::sys::special::BUFFER_FACTOR;
use std::time::Duration;

/// How many connections wait to be accepted unless the program says otherwise (Java `ServerSocket`).
pub const BACKLOG: i32 = 50;

/// The longest linger; more is cut to it (Java `setSoLinger`).
pub const LONGEST_LINGER: Duration = Duration::from_secs(65_535);

/// What a request for a buffer is cut to: twice as much must fit into an `int`.
const LARGEST_BUFFER: usize = i32::MAX as usize / 2;
/// The two low bits, which TCP keeps for itself (RFC 3168).
const CONGESTION_BITS: u32 = 0b11;

/// Sets what close does with data not sent yet, as [`Socket::set_linger`] does, but cuts to [`LONGEST_LINGER`]
/// (Java `setSoLinger`).
///
/// # Errors
/// `Closed`.
pub fn set_linger(socket: &Socket, linger: Option<Duration>) -> Result<()> {
    socket.set_linger(linger.map(|linger| linger.min(LONGEST_LINGER)))
}

/// Requests a send buffer, as [`Socket::set_send_buffer`] does, of as much as the system can be asked for
/// (Java `setSendBufferSize`).
///
/// # Errors
/// `InvalidInput("send buffer")` for 0; `Closed`.
pub fn set_send_buffer(socket: &Socket, requested: usize) -> Result<()> {
    socket.set_send_buffer(requested.min(LARGEST_BUFFER))
}

/// The size of the send buffer as it was requested, without what the kernel adds for itself (Java
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
    socket.set_recv_buffer(requested.min(LARGEST_BUFFER))
}

/// The size of the receive buffer as it was requested (Java `getReceiveBufferSize`).
///
/// # Errors
/// `Closed`.
pub fn recv_buffer(socket: &Socket) -> Result<usize> {
    socket.recv_buffer().map(|bytes| bytes / BUFFER_FACTOR)
}

/// Sets the type of service of IPv4 and the traffic class of IPv6. The two low bits are TCP's own and dropped there
/// (Java `setTrafficClass`).
///
/// # Errors
/// `InvalidInput("traffic class")` above 255; `Closed`.
pub fn set_traffic_class(socket: &Socket, class: u32) -> Result<()> {
    if class > 255 {
        return Err(Error::invalid(Operation::SetOption, "traffic class"));
    }
    let class = if socket.socket_type() == SocketType::STREAM {
        class & !CONGESTION_BITS
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
