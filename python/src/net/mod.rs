//! The classes of `polysock.net`: Java's names and rules over the core.

pub mod arguments;
mod buffered;
mod connection;
mod datagram_packet;
mod datagram_socket;
mod exceptions;
mod inet_address;
mod inet_socket_address;
mod multicast_socket;
mod network_interface;
mod options;
mod server_socket;
mod shared_methods;
mod socket;
mod streams;

pub use buffered::{send_out, take_in, Turn};
pub use datagram_packet::DatagramPacket;
pub use datagram_socket::DatagramSocket;
pub use inet_address::{Inet4Address, Inet6Address, InetAddress};
pub use inet_socket_address::{InetSocketAddress, SocketAddress};
pub use multicast_socket::MulticastSocket;
pub use network_interface::NetworkInterface;
pub use options::{ExtendedSocketOptions, SocketOption, StandardSocketOptions};
pub use server_socket::ServerSocket;
pub use socket::NetSocket;
pub use streams::{SocketInputStream, SocketOutputStream};

use crate::errors::Subject;
use polysock::{java_net, Socket};

impl Subject for java_net::Socket {
    fn socket(&self) -> Option<&Socket> {
        self.open().ok()
    }
}

impl Subject for java_net::ServerSocket {
    fn socket(&self) -> Option<&Socket> {
        self.open().ok().map(AsRef::as_ref)
    }
}

impl Subject for java_net::DatagramSocket {
    fn socket(&self) -> Option<&Socket> {
        self.open().ok()
    }
}
