//! The classes of `polysock.net`: Java's names and rules over the core.

mod arguments;
mod buffered;
mod datagram_packet;
mod datagram_socket;
mod exceptions;
mod inet_address;
mod inet_socket_address;
mod multicast_socket;
mod network_interface;
mod options;
mod server_socket;
mod shared;
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

use crate::errors::notes::About;
use crate::lock::caller::{self as gil, Attached, Tries};
use polysock::{java_net, Address, Socket};
use pyo3::prelude::*;
use std::net::SocketAddr;

/// Runs one call of the core that may wait, and raises Java's exception for what ended it.
fn call<'py, T>(
    py: Python<'py>,
    operation: impl FnOnce(&mut Attached<'py>) -> java_net::Result<T>,
) -> PyResult<T> {
    transfer(py, gil::allowed(Tries::Alone), operation)
}

/// The same for a call on a socket or to an address, which the exception's notes name.
fn call_about<'py, 'a, T>(
    py: Python<'py>,
    what: impl FnOnce() -> About<'a>,
    operation: impl FnOnce(&mut Attached<'py>) -> java_net::Result<T>,
) -> PyResult<T> {
    about(py, what, gil::allowed(Tries::Alone), operation)
}

/// The same for a transfer.
fn transfer<'py, T>(
    py: Python<'py>,
    tries: Tries,
    operation: impl FnOnce(&mut Attached<'py>) -> java_net::Result<T>,
) -> PyResult<T> {
    about(py, About::default, tries, operation)
}

/// The same for a transfer, with notes.
fn about<'py, 'a, T>(
    py: Python<'py>,
    what: impl FnOnce() -> About<'a>,
    tries: Tries,
    operation: impl FnOnce(&mut Attached<'py>) -> java_net::Result<T>,
) -> PyResult<T> {
    gil::attempt_with(py, tries, operation).map_err(|failure| exceptions::exception(py, *failure, what()))
}

/// The same for a socket that was to be bound to an address, if the program gave one.
fn bound<E>(
    py: Python<'_>,
    result: java_net::Result<()>,
    socket: std::result::Result<&Socket, E>,
    address: Option<SocketAddr>,
) -> PyResult<()> {
    result.map_err(|refusal| {
        let address = address.map(Address::from);
        exceptions::noted(py, &refusal, About::open(socket).to(address.as_ref()))
    })
}

/// The same for a call that never waits, such as an option.
fn now<T>(py: Python<'_>, result: java_net::Result<T>) -> PyResult<T> {
    result.map_err(|refusal| exceptions::noted(py, &refusal, About::default()))
}
