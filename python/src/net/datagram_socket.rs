//! `DatagramSocket`: UDP.

use super::arguments as values;
use super::datagram_packet::DatagramPacket;
use super::exceptions as error;
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{InetSocketAddress, SocketAddress};
use super::network_interface::NetworkInterface;
use super::options::{self, SocketOption, Sort};
use super::socket::{bind_address, inet, option, own_address};
use super::{bound, call, call_about, now};
use crate::errors::notes::About;
use crate::raw::buffer::{Readable, Writable};
use polysock::java_net::{self, Refusal};
use polysock::{Address, Kind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;

/// A UDP socket: `DatagramSocket()` has a port of the system's choice at once, `DatagramSocket(port)` that one,
/// `DatagramSocket(None)` none until `bind`. Broadcasts are allowed.
#[pyclass(module = "polysock.net", frozen, subclass)]
pub struct DatagramSocket {
    pub core: java_net::DatagramSocket,
    /// The address it was connected to, as the program gave it.
    peer: Mutex<Option<Py<InetAddress>>>,
}

/// The first argument of a constructor that was given.
pub enum Where<'py> {
    Port(i64),
    Address(Option<Bound<'py, SocketAddress>>),
}

// Not derived: that would keep what each variant said, and look at it (see `error::settled`).
impl<'py> FromPyObject<'_, 'py> for Where<'py> {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(given) = given.extract() {
            Ok(Self::Port(given))
        } else if let Ok(given) = given.extract() {
            Ok(Self::Address(given))
        } else {
            Err(PyTypeError::new_err("expected a port, a SocketAddress or None"))
        }
    }
}

impl DatagramSocket {
    /// Made and bound, to what the first two arguments of a constructor name.
    pub fn make(
        py: Python<'_>,
        place: Option<&Where<'_>>,
        address: Option<&Bound<'_, InetAddress>>,
        reuse_address: bool,
    ) -> PyResult<Self> {
        let socket = Self {
            core: java_net::DatagramSocket::new(reuse_address),
            peer: Mutex::new(None),
        };
        let port = match place {
            Some(Where::Address(None)) => return Ok(socket),
            Some(Where::Address(Some(address))) => {
                let address = bind_address(py, Some(address))?;
                bound(py, socket.core.bind(address), socket.core.open(), address)?;
                return Ok(socket);
            }
            Some(Where::Port(port)) => values::port(py, *port)?,
            None => 0,
        };
        let address: SocketAddr = match address {
            Some(address) => address.get().with_port(port),
            None => (Ipv4Addr::UNSPECIFIED, port).into(),
        };
        bound(
            py,
            socket.core.bind(Some(address)),
            socket.core.open(),
            Some(address),
        )?;
        Ok(socket)
    }

    /// The BSD socket below, for options.
    pub fn open(&self, py: Python<'_>) -> PyResult<&polysock::Socket> {
        now(py, self.core.open())
    }

    fn set_peer(&self, address: Option<Py<InetAddress>>) {
        if let Ok(mut peer) = self.peer.lock() {
            *peer = address;
        }
    }

    /// Changes the membership in a group, with Java's texts.
    pub fn membership(
        py: Python<'_>,
        group: Option<IpAddr>,
        change: impl FnOnce(IpAddr) -> java_net::Result<()>,
    ) -> PyResult<()> {
        let group = group.ok_or_else(|| error::illegal_argument(py, "Unresolved address"))?;
        change(group).map_err(|refusal| {
            let kind = if let Refusal::Failed(failed) = &refusal {
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
                return error::refusal(py, &refusal);
            };
            error::socket_exception(py, libc::EINVAL, text)
        })
    }
}

/// The number of an interface.
pub fn index(interface: Option<&Bound<'_, NetworkInterface>>) -> Option<u32> {
    interface.map(|interface| interface.get().index)
}

/// The group that an address names.
pub fn group_of(py: Python<'_>, group: Option<&Bound<'_, SocketAddress>>) -> PyResult<Option<IpAddr>> {
    let Some(group) = group else {
        return Err(error::illegal_argument(py, "Unsupported address type"));
    };
    Ok(inet(py, group)?.get().address().map(|address| address.ip()))
}

#[pymethods]
impl DatagramSocket {
    #[new]
    #[pyo3(signature = (port = Some(Where::Port(0)), laddr = None, /), text_signature = "(port=0, laddr=None, /)")]
    fn new(
        py: Python<'_>,
        port: Option<Where<'_>>,
        laddr: Option<&Bound<'_, InetAddress>>,
    ) -> PyResult<Self> {
        let port = port.unwrap_or(Where::Address(None));
        Self::make(py, Some(&port), laddr, false)
    }

    /// Gives the socket an address of its own; None is the system's choice.
    #[pyo3(signature = (addr, /))]
    fn bind(&self, py: Python<'_>, addr: Option<&Bound<'_, SocketAddress>>) -> PyResult<()> {
        let address = bind_address(py, addr)?;
        bound(py, self.core.bind(address), self.core.open(), address)
    }

    /// Sends to and receives from one address only: `connect(address, port)` or `connect(socketAddress)`.
    #[pyo3(signature = (address, port = None, /))]
    fn connect(&self, py: Python<'_>, address: &Bound<'_, PyAny>, port: Option<i64>) -> PyResult<()> {
        if address.is_none() {
            return Err(error::illegal_argument(py, "Address can't be null"));
        }
        let (host, target) = if let Some(port) = port {
            let host = address.cast::<InetAddress>()?;
            (
                host.clone().unbind(),
                host.get().with_port(values::port(py, port)?),
            )
        } else {
            let address = inet(py, address.cast::<SocketAddress>()?)?.get();
            match (address.host(py), address.address()) {
                (Some(host), Some(target)) => (host, target),
                _ => return Err(error::socket_exception(py, libc::EINVAL, "Unresolved address")),
            }
        };
        if self.core.is_closed() {
            return Ok(()); // as in Java
        }
        call(py, |host| self.core.connect(target, host))?;
        self.set_peer(Some(host));
        Ok(())
    }

    /// Sends to and receives from any address again.
    fn disconnect(&self, py: Python<'_>) -> PyResult<()> {
        now(py, self.core.disconnect())?;
        if !self.core.is_closed() {
            self.set_peer(None);
        }
        Ok(())
    }

    /// Sends a packet to its address, or to where the socket is connected.
    #[pyo3(signature = (p, /))]
    fn send(&self, py: Python<'_>, p: Option<&Bound<'_, DatagramPacket>>) -> PyResult<()> {
        let Some(packet) = p else {
            return Err(error::null_pointer(py, "p is null"));
        };
        let packet = packet.get();
        let (object, offset, length) = packet.to_send(py);
        let object = object.bind(py);
        let data = Readable::of(object)?;
        let to = packet.target();
        let target = to.map(Address::from);
        let on = || About::open(self.core.open()).to(target.as_ref());
        call_about(py, on, |host| {
            self.core.send(data.data_at(offset, length), to, host)
        })?;
        if to.is_none() {
            if let (Some(peer), Some(host)) = (self.core.peer(), self.inet_address(py)) {
                packet.note_sender(host, peer.port());
            }
        }
        Ok(())
    }

    /// Waits for a datagram and puts it into a packet, with its sender and its length; what is longer is cut.
    #[pyo3(signature = (p, /))]
    fn receive(&self, py: Python<'_>, p: Option<&Bound<'_, DatagramPacket>>) -> PyResult<()> {
        let Some(packet) = p else {
            return Err(error::null_pointer(py, "p is null"));
        };
        let packet = packet.get();
        let (object, offset, room) = packet.to_receive(py);
        let mut buffer = Writable::of(object.bind(py))?;
        let (count, from) = call_about(
            py,
            || About::open(self.core.open()),
            |host| self.core.receive(buffer.room_at(offset, room), host),
        )?;
        packet.note_length(count);
        if let Some(from) = from {
            packet.note_sender(inet_address::object(py, from, None)?, from.port());
        }
        Ok(())
    }

    /// Closes the socket; a `receive` that waits in another thread ends.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |host| self.core.close(host))
    }

    /// Whether it ever had an address; closing does not change that.
    #[pyo3(name = "isBound")]
    fn is_bound(&self) -> bool {
        self.core.is_bound()
    }

    /// Whether it is connected, or was when it was closed.
    #[pyo3(name = "isConnected")]
    fn is_connected(&self) -> bool {
        self.core.peer().is_some()
    }

    /// Whether it was closed.
    #[pyo3(name = "isClosed")]
    fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// The address it is connected to; None without.
    #[pyo3(name = "getInetAddress")]
    fn inet_address(&self, py: Python<'_>) -> Option<Py<InetAddress>> {
        let peer = self.peer.lock().ok()?;
        peer.as_ref().map(|address| address.clone_ref(py))
    }

    /// The port it is connected to; -1 without.
    #[pyo3(name = "getPort")]
    fn port(&self) -> i32 {
        self.core.peer().map_or(-1, |address| address.port().into())
    }

    /// Its own address; every interface's before it has one, None once it is closed.
    #[pyo3(name = "getLocalAddress")]
    fn local_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetAddress>>> {
        let address = self.core.local_address();
        address.map(|ip| own_address(py, ip)).transpose()
    }

    /// Its own port; 0 before it has one, -1 once it is closed.
    #[pyo3(name = "getLocalPort")]
    fn local_port(&self) -> i32 {
        self.core.local_port().map_or(-1, Into::into)
    }

    /// The address and port it is connected to; None without.
    #[pyo3(name = "getRemoteSocketAddress")]
    fn remote_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let (Some(address), Some(peer)) = (self.inet_address(py), self.core.peer()) else {
            return Ok(None);
        };
        InetSocketAddress::object(py, address, peer.port()).map(Some)
    }

    /// Its own address and port; None without, and once it is closed.
    #[pyo3(name = "getLocalSocketAddress")]
    fn local_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        match (self.local_address(py)?, self.core.local_port()) {
            (Some(address), Some(port)) if self.core.is_bound() => {
                InetSocketAddress::object(py, address, port).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// None: there are no channels here.
    #[pyo3(name = "getChannel")]
    #[allow(clippy::unused_self)]
    fn channel(&self) -> Option<bool> {
        None
    }

    /// Sets how many milliseconds `receive` waits; 0 is for ever.
    #[pyo3(name = "setSoTimeout", signature = (timeout, /))]
    fn set_so_timeout(&self, py: Python<'_>, timeout: i64) -> PyResult<()> {
        let timeout = values::timeout(py, timeout, "timeout < 0")?;
        self.open(py)?.set_recv_timeout(timeout);
        Ok(())
    }

    /// How many milliseconds `receive` waits; 0 is for ever.
    #[pyo3(name = "getSoTimeout")]
    fn so_timeout(&self, py: Python<'_>) -> PyResult<u128> {
        Ok(values::milliseconds(self.open(py)?.recv_timeout()))
    }

    /// Requests a send buffer of this many bytes.
    #[pyo3(name = "setSendBufferSize", signature = (size, /))]
    fn set_send_buffer_size(&self, py: Python<'_>, size: i64) -> PyResult<()> {
        let size = values::size(py, size, "Invalid send size")?;
        option(py, java_net::set_send_buffer(self.open(py)?, size))
    }

    /// The size of the send buffer, as it was requested where the system agreed.
    #[pyo3(name = "getSendBufferSize")]
    fn send_buffer_size(&self, py: Python<'_>) -> PyResult<usize> {
        option(py, java_net::send_buffer(self.open(py)?))
    }

    /// Requests a receive buffer of this many bytes.
    #[pyo3(name = "setReceiveBufferSize", signature = (size, /))]
    fn set_receive_buffer_size(&self, py: Python<'_>, size: i64) -> PyResult<()> {
        let size = values::size(py, size, "Invalid receive size")?;
        option(py, java_net::set_recv_buffer(self.open(py)?, size))
    }

    /// The size of the receive buffer, as it was requested where the system agreed.
    #[pyo3(name = "getReceiveBufferSize")]
    fn receive_buffer_size(&self, py: Python<'_>) -> PyResult<usize> {
        option(py, java_net::recv_buffer(self.open(py)?))
    }

    /// Takes an address that another socket has which allows it too.
    #[pyo3(name = "setReuseAddress", signature = (on, /))]
    fn set_reuse_address(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_reuse_address(on))
    }

    /// Whether an address that another socket has is taken.
    #[pyo3(name = "getReuseAddress")]
    fn reuse_address(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.reuse_address())
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

    /// Sets the type of service of IPv4 and the traffic class of IPv6, 0–255.
    #[pyo3(name = "setTrafficClass", signature = (tc, /))]
    fn set_traffic_class(&self, py: Python<'_>, tc: i64) -> PyResult<()> {
        let class = values::traffic_class(py, tc)?;
        option(py, java_net::set_traffic_class(self.open(py)?, class))
    }

    /// The traffic class.
    #[pyo3(name = "getTrafficClass")]
    fn traffic_class(&self, py: Python<'_>) -> PyResult<u32> {
        option(py, java_net::traffic_class(self.open(py)?))
    }

    /// Joins a group, whose port does not count, on an interface; None is the system's choice.
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

    /// Leaves a group as it was joined.
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

    /// Sets an option, such as `StandardSocketOptions.SO_RCVBUF`, and returns the socket.
    #[pyo3(name = "setOption", signature = (name, value, /))]
    fn set_option<'py>(
        slf: &Bound<'py, Self>,
        name: Option<&Bound<'py, SocketOption>>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        let this = slf.get();
        options::set(py, Sort::Datagram, || this.open(py), name, value)?;
        Ok(slf.clone())
    }

    /// The value of an option.
    #[pyo3(name = "getOption", signature = (name, /))]
    fn get_option<'py>(
        &self,
        py: Python<'py>,
        name: Option<&Bound<'py, SocketOption>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        options::get(py, Sort::Datagram, || self.open(py), name)
    }

    /// The options that this kind of socket has.
    #[pyo3(name = "supportedOptions")]
    #[allow(clippy::unused_self)]
    fn supported_options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        options::supported(py, Sort::Datagram)
    }

    /// Itself; leaving the with statement closes it.
    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Closes it.
    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}
