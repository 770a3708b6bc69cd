//! Java-style sockets: what `java.net` promises and BSD sockets do not.
//!
//! [`Socket`], [`ServerSocket`] and [`DatagramSocket`] know what they *were* ([`is_bound`](Socket::is_bound) stays true
//! after close), remember their addresses, talk to IPv4 and IPv6 over one IPv6 socket where there is one, and close with
//! FIN first. The functions [`read()`], [`write()`], [`end_input`], [`end_output`] and [`set_linger`] are the same for a
//! plain [`crate::Socket`], for C.
//!
//! A [`Refusal`] says what Java says by the text of an exception; the texts belong to the bindings.

mod address;
mod datagram;
mod lazy_socket;
mod options;
mod server;
mod socket;
mod stream;

pub use address::{is_reachable, look_up, names_a_host};
pub use datagram::DatagramSocket;
pub use options::{
    dont_fragment, incoming_napi_id, keepalive_number, recv_buffer, send_buffer, set_dont_fragment,
    set_keepalive_number, set_linger, set_multicast_interface, set_multicast_loop, set_multicast_ttl,
    set_recv_buffer, set_send_buffer, set_traffic_class, traffic_class, KeepaliveNumber, BACKLOG,
    LONGEST_LINGER,
};
pub use server::{listen, ServerSocket};
pub use socket::{Socket, To};
pub use stream::{close, end_input, end_output, read, time_limit, write};

use crate::error::Error;

/// The result of what Java's classes do.
pub type Result<T> = std::result::Result<T, Refusal>;

/// Why a call was refused, or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The socket was closed before the call.
    Closed,
    /// It has no connection.
    NotConnected,
    /// It has one already.
    AlreadyConnected,
    /// It has no address of its own.
    NotBound,
    /// It has one already.
    AlreadyBound,
    /// The receiving half was shut down.
    InputShut,
    /// The sending half was shut down.
    OutputShut,
    /// The datagram socket is connected to another address.
    OtherPeer,
    /// There is nowhere to send the datagram.
    NoPeer,
    /// No datagram can be sent to port 0.
    PortZero,
    /// No socket can be connected to port 0.
    ConnectToPortZero,
    /// The call itself failed.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Closed => "the socket is closed",
            Self::NotConnected => "the socket is not connected",
            Self::AlreadyConnected => "the socket is connected already",
            Self::NotBound => "the socket is not bound",
            Self::AlreadyBound => "the socket is bound already",
            Self::InputShut => "the input is shut down",
            Self::OutputShut => "the output is shut down",
            Self::OtherPeer => "the socket is connected to another address",
            Self::NoPeer => "the datagram has no address",
            Self::PortZero => "no datagram can be sent to port 0",
            Self::ConnectToPortZero => "no socket can be connected to port 0",
            Self::Failed(error) => return error.fmt(f),
        })
    }
}

impl std::error::Error for Refusal {}
