//! `DatagramSocket`: UDP.

use super::arguments;
use super::datagram_packet::DatagramPacket;
use super::exceptions::{illegal_argument, null_pointer, option, refusal, socket_exception};
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{bind_address, inet, InetSocketAddress, SocketAddress};
use super::network_interface::NetworkInterface;
use super::options::SocketKind;
use super::shared_methods::{sending_methods, shared_methods};
use crate::arguments::one_of;
use crate::core_call::CoreCall;
use crate::errors::raise;
use crate::raw::buffer::{Readable, Writable};
use polysock::java_net::{self, Refusal};
use polysock::{Address, Kind};
use pyo3::prelude::*;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

/// A UDP socket: `DatagramSocket()` is bound at once to a port of the system's choice, `DatagramSocket(port)` to that
/// port, and `DatagramSocket(None)` is not bound until `bind`. Broadcasts are allowed.
#[pyclass(module = "polysock.net", frozen, subclass)]
pub struct DatagramSocket {
    pub core: java_net::DatagramSocket,
    /// The address it was connected to, as the program gave it.
    peer: Mutex<Option<Py<InetAddress>>>,
}

one_of! {
    /// What a constructor binds to.
    pub enum BindTo {
        Port(i64),
        Address(Option<Bound<'py, SocketAddress>>),
    } otherwise "expected a port, a SocketAddress or None"
}

impl DatagramSocket {
    /// Makes a socket and binds it as the constructor's arguments say.
    pub fn make(
        py: Python<'_>,
        bind_to: &BindTo<'_>,
        address: Option<&Bound<'_, InetAddress>>,
        reuse_address: bool,
    ) -> PyResult<Self> {
        let socket = Self {
            core: java_net::DatagramSocket::new(reuse_address),
            peer: Mutex::new(None),
        };
        match bind_to {
            BindTo::Address(None) => {}
            BindTo::Address(given) => {
                socket.bind_to(py, bind_address(py, given.as_ref())?)?;
            }
            BindTo::Port(port) => {
                let port = arguments::port(py, *port)?;
                let address: SocketAddr = match address {
                    Some(address) => address.get().with_port(port),
                    None => (Ipv4Addr::UNSPECIFIED, port).into(),
                };
                socket.bind_to(py, Some(address))?;
            }
        }
        Ok(socket)
    }

    fn bind_to(&self, py: Python<'_>, address: Option<SocketAddr>) -> PyResult<()> {
        let target = address.map(Address::from);
        CoreCall::on(py, &self.core)
            .to(target.as_ref())
            .run_attached(|| self.core.bind(address))
    }

    /// The BSD socket underneath, for options.
    pub fn open(&self, py: Python<'_>) -> PyResult<&polysock::Socket> {
        raise(py, self.core.open())
    }

    fn set_peer(&self, address: Option<Py<InetAddress>>) {
        let mut peer = self.peer.lock().unwrap_or_else(PoisonError::into_inner);
        let before = mem::replace(&mut *peer, address);
        drop(peer);
        drop(before); // may run Python code, so not while the lock is held
    }

    /// Changes the membership in a group, with Java's texts.
    pub fn membership(
        py: Python<'_>,
        group: Option<IpAddr>,
        change: impl FnOnce(IpAddr) -> java_net::Result<()>,
    ) -> PyResult<()> {
        let group = group.ok_or_else(|| illegal_argument(py, "Unresolved address"))?;
        change(group).map_err(|refused| {
            let kind = if let Refusal::Failed(failed) = &refused {
                Some(failed.kind())
            } else {
                None
            };
            let text = if kind == Some(Kind::InvalidInput("group")) {
                "Not a multicast address"
            } else if kind == Some(Kind::Os(libc::EADDRINUSE)) {
                "Already a member of group"
            } else if kind == Some(Kind::Os(libc::EADDRNOTAVAIL)) {
                "Not a member of group"
            } else {
                return refusal(py, &refused);
            };
            socket_exception(py, libc::EINVAL, text)
        })
    }
}

/// The packet given as an argument, which must not be None.
fn given<'a>(py: Python<'_>, packet: Option<&'a Bound<'_, DatagramPacket>>) -> PyResult<&'a DatagramPacket> {
    let packet = packet.ok_or_else(|| null_pointer(py, "p is null"))?;
    Ok(packet.get())
}

/// The number of an interface.
pub fn index(interface: Option<&Bound<'_, NetworkInterface>>) -> Option<u32> {
    interface.map(|interface| interface.get().index)
}

/// The group of a socket address.
pub fn group_of(py: Python<'_>, group: Option<&Bound<'_, SocketAddress>>) -> PyResult<Option<IpAddr>> {
    let Some(group) = group else {
        return Err(illegal_argument(py, "Unsupported address type"));
    };
    Ok(inet(py, group)?.get().address().map(|address| address.ip()))
}

#[pymethods]
impl DatagramSocket {
    #[new]
    #[pyo3(signature = (port = Some(BindTo::Port(0)), laddr = None, /), text_signature = "(port=0, laddr=None, /)")]
    fn new(
        py: Python<'_>,
        port: Option<BindTo<'_>>,
        laddr: Option<&Bound<'_, InetAddress>>,
    ) -> PyResult<Self> {
        let port = port.unwrap_or(BindTo::Address(None));
        Self::make(py, &port, laddr, false)
    }

    /// Binds to an address; None is the system's choice.
    #[pyo3(signature = (addr, /))]
    fn bind(&self, py: Python<'_>, addr: Option<&Bound<'_, SocketAddress>>) -> PyResult<()> {
        let address = bind_address(py, addr)?;
        self.bind_to(py, address)
    }

    /// Sends to and receives from one address only: `connect(address, port)` or `connect(socketAddress)`.
    #[pyo3(signature = (address, port = None, /))]
    fn connect(&self, py: Python<'_>, address: &Bound<'_, PyAny>, port: Option<i64>) -> PyResult<()> {
        if address.is_none() {
            return Err(illegal_argument(py, "Address can't be null"));
        }
        let (host, target) = if let Some(port) = port {
            let host = address.cast::<InetAddress>()?;
            (
                host.clone().unbind(),
                host.get().with_port(arguments::port(py, port)?),
            )
        } else {
            let address = inet(py, address.cast::<SocketAddress>()?)?.get();
            match (address.host(py), address.address()) {
                (Some(host), Some(target)) => (host, target),
                _ => return Err(socket_exception(py, libc::EINVAL, "Unresolved address")),
            }
        };
        if self.core.is_closed() {
            return Ok(()); // as in Java
        }
        CoreCall::new(py).run(|caller| self.core.connect(target, caller))?;
        self.set_peer(Some(host));
        Ok(())
    }

    /// Sends to and receives from any address again.
    fn disconnect(&self, py: Python<'_>) -> PyResult<()> {
        raise(py, self.core.disconnect())?;
        if !self.core.is_closed() {
            self.set_peer(None);
        }
        Ok(())
    }

    /// Sends a packet to its address, or to the address the socket is connected to.
    #[pyo3(signature = (p, /))]
    fn send(&self, py: Python<'_>, p: Option<&Bound<'_, DatagramPacket>>) -> PyResult<()> {
        let packet = given(py, p)?;
        let (object, offset, length) = packet.to_send(py);
        let object = object.bind(py);
        let data = Readable::of(object)?;
        let to = packet.target();
        let target = to.map(Address::from);
        CoreCall::on(py, &self.core)
            .to(target.as_ref())
            .run(|caller| self.core.send(data.part(offset, length), to, caller))?;
        if to.is_none() {
            if let (Some(peer), Some(host)) = (self.core.peer(), self.inet_address(py)) {
                packet.note_sender(host, peer.port());
            }
        }
        Ok(())
    }

    /// Waits for a datagram and puts it into a packet, with its sender and its length; the rest of a longer one is dropped.
    #[pyo3(signature = (p, /))]
    fn receive(&self, py: Python<'_>, p: Option<&Bound<'_, DatagramPacket>>) -> PyResult<()> {
        let packet = given(py, p)?;
        let (object, offset, capacity) = packet.to_receive(py);
        let mut buffer = Writable::of(object.bind(py))?;
        let (count, from) = CoreCall::on(py, &self.core)
            .run(|caller| self.core.receive(buffer.part(offset, capacity), caller))?;
        packet.note_length(count);
        if let Some(from) = from {
            packet.note_sender(inet_address::object(py, from, None)?, from.port());
        }
        Ok(())
    }

    /// Whether it is connected, or was when it was closed.
    #[pyo3(name = "isConnected")]
    fn is_connected(&self) -> bool {
        self.core.peer().is_some()
    }

    /// The address it is connected to; None if it is not connected.
    #[pyo3(name = "getInetAddress")]
    fn inet_address(&self, py: Python<'_>) -> Option<Py<InetAddress>> {
        let peer = self.peer.lock().ok()?;
        peer.as_ref().map(|address| address.clone_ref(py))
    }

    /// The port it is connected to; -1 if it is not connected.
    #[pyo3(name = "getPort")]
    fn port(&self) -> i32 {
        self.core.peer().map_or(-1, |address| address.port().into())
    }

    /// Its local address; 0.0.0.0 before it is bound, None once it is closed.
    #[pyo3(name = "getLocalAddress")]
    fn local_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetAddress>>> {
        let address = self.core.local_address();
        address.map(|ip| inet_address::of_interface(py, ip)).transpose()
    }

    /// Its local port; 0 before it is bound, -1 once it is closed.
    #[pyo3(name = "getLocalPort")]
    fn local_port(&self) -> i32 {
        self.core.local_port().map_or(-1, Into::into)
    }

    /// The address and port it is connected to; None if it is not connected.
    #[pyo3(name = "getRemoteSocketAddress")]
    fn remote_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let (Some(address), Some(peer)) = (self.inet_address(py), self.core.peer()) else {
            return Ok(None);
        };
        InetSocketAddress::object(py, address, peer.port()).map(Some)
    }

    /// Its local address and port; None before it is bound, and once it is closed.
    #[pyo3(name = "getLocalSocketAddress")]
    fn local_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        match (self.local_address(py)?, self.core.local_port()) {
            (Some(address), Some(port)) if self.core.is_bound() => {
                InetSocketAddress::object(py, address, port).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Allows sending to a broadcast address; on unless set.
    #[pyo3(name = "setBroadcast", signature = (on, /))]
    fn set_broadcast(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_broadcast(on))
    }

    /// Whether sending to a broadcast address is allowed.
    #[pyo3(name = "getBroadcast")]
    fn broadcast(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.broadcast())
    }

    /// Joins a group, whose port is ignored, on an interface; None is the system's choice.
    #[pyo3(name = "joinGroup", signature = (group, netIf, /))]
    #[allow(non_snake_case)] // the names that Python sees
    fn join_group(
        &self,
        py: Python<'_>,
        group: Option<&Bound<'_, SocketAddress>>,
        netIf: Option<&Bound<'_, NetworkInterface>>,
    ) -> PyResult<()> {
        let group = group_of(py, group)?;
        Self::membership(py, group, |group| self.core.join(group, index(netIf)))
    }

    /// Leaves a group that was joined on this interface.
    #[pyo3(name = "leaveGroup", signature = (group, netIf, /))]
    #[allow(non_snake_case)] // the names that Python sees
    fn leave_group(
        &self,
        py: Python<'_>,
        group: Option<&Bound<'_, SocketAddress>>,
        netIf: Option<&Bound<'_, NetworkInterface>>,
    ) -> PyResult<()> {
        let group = group_of(py, group)?;
        Self::membership(py, group, |group| self.core.leave(group, index(netIf)))
    }
}

shared_methods! {
    DatagramSocket {
        kind: SocketKind::Datagram,
        close: "Closes the socket; a `receive` that waits in another thread ends.",
        is_bound: "Whether it was ever bound; closing does not change that.",
        so_timeout: "`receive` waits; 0 is for ever." refuses "timeout < 0" checked first: true,
        set_reuse_address: "Allows binding to an address that another socket has which allows it too.",
        reuse_address: "Whether binding to an address that another socket has is allowed.",
        set_receive_buffer: "Requests a receive buffer of this many bytes." refuses "Invalid receive size",
        receive_buffer: "The size of the receive buffer, as it was requested where the system agreed.",
    }
}

sending_methods! { DatagramSocket { send_buffer refuses "Invalid send size" } }
