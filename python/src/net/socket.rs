//! `Socket`: a TCP connection.

use super::arguments as values;
use super::exceptions as error;
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{InetSocketAddress, SocketAddress};
use super::options::{self, SocketOption, Sort};
use super::shared::Shared;
use super::streams::{self, SocketInputStream, SocketOutputStream};
use super::{bound, call, call_about, now};
use crate::address;
use crate::errors::notes::About;
use crate::socket::tcp_info::TcpInfo;
use crate::socket::Unclaimed;
use polysock::java_net::{self, To};
use polysock::{Address, Timeout};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyInt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// A TCP connection: `Socket(host, port)` connects, `Socket()` waits for `connect`.
#[pyclass(name = "Socket", module = "polysock.net", frozen, subclass)]
pub struct NetSocket {
    core: Shared,
    input: PyOnceLock<Py<SocketInputStream>>,
    output: PyOnceLock<Py<SocketOutputStream>>,
    /// The address it was connected to, as the program gave it.
    peer: PyOnceLock<Option<Py<InetAddress>>>,
}

/// The host to connect to.
enum Caller<'py> {
    Address(Bound<'py, InetAddress>),
    Name(String),
}

// Not derived: that would keep what each variant said, and look at it (see `error::settled`).
impl<'py> FromPyObject<'_, 'py> for Caller<'py> {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(given) = given.extract() {
            Ok(Self::Address(given))
        } else if let Ok(given) = given.extract() {
            Ok(Self::Name(given))
        } else {
            Err(PyTypeError::new_err(
                "expected an InetAddress or the name of a host",
            ))
        }
    }
}

impl From<java_net::Socket> for NetSocket {
    fn from(core: java_net::Socket) -> Self {
        Self {
            core: core.into(),
            input: PyOnceLock::new(),
            output: PyOnceLock::new(),
            peer: PyOnceLock::new(),
        }
    }
}

impl NetSocket {
    fn open(&self, py: Python<'_>) -> PyResult<&polysock::Socket> {
        now(py, self.core.open())
    }

    fn peer_port(&self) -> u16 {
        self.core
            .peer()
            .and_then(|to| to.address)
            .map_or(0, |address| address.port())
    }
}

/// The address that an argument names: `InetSocketAddress`, or None.
pub fn bind_address(
    py: Python<'_>,
    address: Option<&Bound<'_, SocketAddress>>,
) -> PyResult<Option<SocketAddr>> {
    let Some(address) = address else { return Ok(None) };
    let address = inet(py, address)?.get().address();
    match address {
        Some(address) => Ok(Some(address)),
        None => Err(error::socket_exception(py, libc::EINVAL, "Unresolved address")),
    }
}

/// The one kind of address there is.
pub fn inet<'a, 'py>(
    py: Python<'py>,
    address: &'a Bound<'py, SocketAddress>,
) -> PyResult<&'a Bound<'py, InetSocketAddress>> {
    address
        .cast::<InetSocketAddress>()
        .map_err(|_| error::illegal_argument(py, "Unsupported address type"))
}

/// The result of an option of the BSD socket below.
pub fn option<T>(py: Python<'_>, result: polysock::Result<T>) -> PyResult<T> {
    result.map_err(|failed| {
        let closed = failed.kind() == polysock::Kind::Closed;
        let refusal = if closed {
            java_net::Refusal::Closed
        } else {
            failed.into()
        };
        error::refusal(py, &refusal)
    })
}

#[pymethods]
impl NetSocket {
    #[new]
    #[pyo3(signature = (host = None, port = None, localAddr = None, localPort = 0))]
    #[allow(non_snake_case)] // the names that Python sees
    fn new(
        py: Python<'_>,
        host: Option<Caller<'_>>,
        port: Option<i64>,
        localAddr: Option<Bound<'_, InetAddress>>,
        localPort: i64,
    ) -> PyResult<Self> {
        let Some(port) = port else {
            return match host {
                None => Ok(java_net::Socket::new().into()),
                Some(_) => Err(error::illegal_argument(py, "port is missing")),
            };
        };
        let port = values::port(py, port)?;
        let local_port = values::port(py, localPort)?;
        let from = match &localAddr {
            Some(address) => Some(address.get().with_port(local_port)),
            None if local_port != 0 => Some((Ipv4Addr::UNSPECIFIED, local_port).into()),
            None => None,
        };
        let host = match host {
            Some(Caller::Address(address)) => {
                let socket = java_net::Socket::new();
                if from.is_some() {
                    now(py, socket.bind(from))?;
                }
                let to = To {
                    host: address.get().known_host().map(ToOwned::to_owned),
                    address: Some(address.get().with_port(port)),
                };
                let target = to.address.map(Address::from);
                let what = || About::default().to(target.as_ref());
                call_about(py, what, |host| socket.connect(to, Timeout::Never, host))?;
                return Ok(socket.into());
            }
            Some(Caller::Name(name)) => name,
            None => String::new(),
        };
        call(py, |language| {
            java_net::Socket::connected(&host, port, from, language)
        })
        .map(Into::into)
    }

    /// The connection that a callback server has accepted, from this address.
    #[staticmethod]
    #[pyo3(name = "_accepted", signature = (unclaimed, address, /))]
    fn accepted(unclaimed: &Bound<'_, Unclaimed>, address: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = unclaimed.py();
        let made = unclaimed.get().take();
        let made = made.ok_or_else(|| PyValueError::new_err("somebody has it already"))?;
        let peer = address::from_python("_accepted", &made, address)?;
        now(py, java_net::Socket::accepted(made, &peer)).map(Into::into)
    }

    /// Connects to an `InetSocketAddress` within this many milliseconds, 0 for ever; whatever goes wrong closes the socket.
    #[pyo3(signature = (endpoint, timeout = 0, /))]
    fn connect(
        &self,
        py: Python<'_>,
        endpoint: Option<&Bound<'_, SocketAddress>>,
        timeout: i64,
    ) -> PyResult<()> {
        let Some(endpoint) = endpoint else {
            return Err(error::illegal_argument(py, "connect: The address can't be null"));
        };
        let timeout = values::timeout(py, timeout, "connect: timeout can't be negative")?;
        let to = inet(py, endpoint)?.get().to();
        let target = to.address.map(Address::from);
        let what = || About::open(self.core.open()).to(target.as_ref());
        call_about(py, what, |host| self.core.connect(to, timeout, host))
    }

    /// Gives the socket an address of its own; None is the system's choice.
    #[pyo3(signature = (bindpoint, /))]
    fn bind(&self, py: Python<'_>, bindpoint: Option<&Bound<'_, SocketAddress>>) -> PyResult<()> {
        let address = bind_address(py, bindpoint)?;
        bound(py, self.core.bind(address), self.core.open(), address)
    }

    /// The stream to receive from, always the same object.
    #[pyo3(name = "getInputStream")]
    fn input_stream(&self, py: Python<'_>) -> PyResult<Py<SocketInputStream>> {
        now(py, self.core.check_input())?;
        let stream = self
            .input
            .get_or_try_init(py, || streams::input(py, &self.core))?;
        Ok(stream.clone_ref(py))
    }

    /// The stream to send to, always the same object.
    #[pyo3(name = "getOutputStream")]
    fn output_stream(&self, py: Python<'_>) -> PyResult<Py<SocketOutputStream>> {
        now(py, self.core.check_output())?;
        let stream = self
            .output
            .get_or_try_init(py, || streams::output(py, &self.core))?;
        Ok(stream.clone_ref(py))
    }

    /// Ends receiving: reads find the end of the stream, the peer is not told. A second time it raises.
    #[pyo3(name = "shutdownInput")]
    fn shutdown_input(&self, py: Python<'_>) -> PyResult<()> {
        self.core
            .shutdown_input()
            .map_err(|refusal| error::already_shut(py, &refusal))
    }

    /// Ends sending; the peer reads to the end of the stream. A second time it raises.
    #[pyo3(name = "shutdownOutput")]
    fn shutdown_output(&self, py: Python<'_>) -> PyResult<()> {
        self.core
            .shutdown_output()
            .map_err(|refusal| error::already_shut(py, &refusal))
    }

    /// Sends the low 8 bits of a number out of band; a peer without `setOOBInline(True)` never sees them.
    #[pyo3(name = "sendUrgentData", signature = (data, /))]
    fn send_urgent_data(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let low = values::low_byte(data.cast::<PyInt>()?)?;
        call(py, |host| self.core.send_urgent(low, host))
    }

    /// Closes the socket, FIN first; every call that waits in another thread ends.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |host| self.core.close(host))
    }

    /// Whether it was ever connected; closing does not change that.
    #[pyo3(name = "isConnected")]
    fn is_connected(&self) -> bool {
        self.core.is_connected()
    }

    /// Whether it ever had an address of its own; closing does not change that.
    #[pyo3(name = "isBound")]
    fn is_bound(&self) -> bool {
        self.core.is_bound()
    }

    /// Whether it was closed.
    #[pyo3(name = "isClosed")]
    fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// Whether `shutdownInput` was called.
    #[pyo3(name = "isInputShutdown")]
    fn is_input_shutdown(&self) -> bool {
        self.core.is_input_shut()
    }

    /// Whether `shutdownOutput` was called.
    #[pyo3(name = "isOutputShutdown")]
    fn is_output_shutdown(&self) -> bool {
        self.core.is_output_shut()
    }

    /// The address it was connected to, also after close; None before.
    #[pyo3(name = "getInetAddress")]
    fn inet_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetAddress>>> {
        let Some(to) = self.core.peer() else {
            return Ok(None);
        };
        let made = self.peer.get_or_try_init(py, || {
            let address = to
                .address
                .map(|address| inet_address::object(py, address, to.host.as_deref()));
            address.transpose()
        })?;
        Ok(made.as_ref().map(|address| address.clone_ref(py)))
    }

    /// The port it was connected to, also after close; 0 before.
    #[pyo3(name = "getPort")]
    fn port(&self) -> u16 {
        self.peer_port()
    }

    /// Its own address; every interface's before it has one, and after close.
    #[pyo3(name = "getLocalAddress")]
    fn local_address(&self, py: Python<'_>) -> PyResult<Py<InetAddress>> {
        own_address(py, self.core.local_address())
    }

    /// Its own port, also after close; -1 before it has one.
    #[pyo3(name = "getLocalPort")]
    fn local_port(&self) -> i32 {
        self.core.local_port().map_or(-1, Into::into)
    }

    /// The address and port it was connected to; None before.
    #[pyo3(name = "getRemoteSocketAddress")]
    fn remote_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let address = self.inet_address(py)?;
        let port = self.peer_port();
        address
            .map(|address| InetSocketAddress::object(py, address, port))
            .transpose()
    }

    /// Its own address and port; None before it has one.
    #[pyo3(name = "getLocalSocketAddress")]
    fn local_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let Some(port) = self.core.local_port() else {
            return Ok(None);
        };
        InetSocketAddress::object(py, self.local_address(py)?, port).map(Some)
    }

    /// None: there are no channels here.
    #[pyo3(name = "getChannel")]
    #[allow(clippy::unused_self)]
    fn channel(&self) -> Option<bool> {
        None
    }

    /// Sets how many milliseconds a read waits; 0 is for ever. Writing and connecting have no such limit.
    #[pyo3(name = "setSoTimeout", signature = (timeout, /))]
    fn set_so_timeout(&self, py: Python<'_>, timeout: i64) -> PyResult<()> {
        let socket = self.open(py)?;
        socket.set_recv_timeout(values::timeout(py, timeout, "timeout can't be negative")?);
        Ok(())
    }

    /// How many milliseconds a read waits; 0 is for ever.
    #[pyo3(name = "getSoTimeout")]
    fn so_timeout(&self, py: Python<'_>) -> PyResult<u128> {
        Ok(values::milliseconds(self.open(py)?.recv_timeout()))
    }

    /// Sets what close does with data not sent yet: off, it returns at once and the system goes on sending; on, it
    /// waits up to this many seconds, at most 65,535; on with 0, it drops them and resets the connection.
    #[pyo3(name = "setSoLinger", signature = (on, linger, /))]
    fn set_so_linger(&self, py: Python<'_>, on: bool, linger: i64) -> PyResult<()> {
        let socket = self.open(py)?;
        let time = match (on, u64::try_from(linger)) {
            (false, _) => None,
            (true, Ok(seconds)) => Some(Duration::from_secs(seconds)),
            (true, Err(_)) => return Err(error::illegal_argument(py, "invalid value for SO_LINGER")),
        };
        option(py, java_net::set_linger(socket, time))
    }

    /// How many seconds close waits; -1 when that is off.
    #[pyo3(name = "getSoLinger")]
    fn so_linger(&self, py: Python<'_>) -> PyResult<i64> {
        let linger = option(py, self.open(py)?.linger())?;
        Ok(options::seconds(linger))
    }

    /// Sends small pieces at once instead of collecting them (Nagle's algorithm off).
    #[pyo3(name = "setTcpNoDelay", signature = (on, /))]
    fn set_tcp_no_delay(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_nodelay(on))
    }

    /// Whether small pieces are sent at once.
    #[pyo3(name = "getTcpNoDelay")]
    fn tcp_no_delay(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.nodelay())
    }

    /// Probes a quiet connection.
    #[pyo3(name = "setKeepAlive", signature = (on, /))]
    fn set_keep_alive(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_keepalive(on.then(Default::default)))
    }

    /// Whether a quiet connection is probed.
    #[pyo3(name = "getKeepAlive")]
    fn keep_alive(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.keepalive()).map(|on| on.is_some())
    }

    /// Takes an address that a connection which is over still has.
    #[pyo3(name = "setReuseAddress", signature = (on, /))]
    fn set_reuse_address(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_reuse_address(on))
    }

    /// Whether an address that a connection which is over still has is taken.
    #[pyo3(name = "getReuseAddress")]
    fn reuse_address(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.reuse_address())
    }

    /// Takes urgent data in line; without it they are dropped.
    #[pyo3(name = "setOOBInline", signature = (on, /))]
    fn set_oob_inline(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_out_of_band_inline(on))
    }

    /// Whether urgent data come in line.
    #[pyo3(name = "getOOBInline")]
    fn oob_inline(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.out_of_band_inline())
    }

    /// Requests a send buffer of this many bytes.
    #[pyo3(name = "setSendBufferSize", signature = (size, /))]
    fn set_send_buffer_size(&self, py: Python<'_>, size: i64) -> PyResult<()> {
        let size = values::size(py, size, "negative send size")?;
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
        let size = values::size(py, size, "invalid receive size")?;
        option(py, java_net::set_recv_buffer(self.open(py)?, size))
    }

    /// The size of the receive buffer, as it was requested where the system agreed.
    #[pyo3(name = "getReceiveBufferSize")]
    fn receive_buffer_size(&self, py: Python<'_>) -> PyResult<usize> {
        option(py, java_net::recv_buffer(self.open(py)?))
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

    /// Sets an option, such as `StandardSocketOptions.SO_RCVBUF`, and returns the socket.
    #[pyo3(name = "setOption", signature = (name, value, /))]
    fn set_option<'py>(
        slf: &Bound<'py, Self>,
        name: Option<&Bound<'py, SocketOption>>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        let (py, this) = (slf.py(), slf.get());
        options::set(py, Sort::Connection, || this.open(py), name, value)?;
        Ok(slf.clone())
    }

    /// The value of an option.
    #[pyo3(name = "getOption", signature = (name, /))]
    fn get_option<'py>(
        &self,
        py: Python<'py>,
        name: Option<&Bound<'py, SocketOption>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        options::get(py, Sort::Connection, || self.open(py), name)
    }

    /// The options that this kind of socket has.
    #[pyo3(name = "supportedOptions")]
    #[allow(clippy::unused_self)]
    fn supported_options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        options::supported(py, Sort::Connection)
    }

    /// Does nothing, as in Java.
    #[pyo3(name = "setPerformancePreferences", signature = (connectionTime, latency, bandwidth, /))]
    #[allow(clippy::unused_self, non_snake_case)]
    fn set_performance_preferences(&self, connectionTime: i64, latency: i64, bandwidth: i64) {
        let _ = (connectionTime, latency, bandwidth);
    }

    /// The state and the statistics of the connection, which Java does not tell.
    #[pyo3(name = "getTcpInfo")]
    fn tcp_info(&self, py: Python<'_>) -> PyResult<TcpInfo> {
        TcpInfo::of(py, self.open(py)?)
    }

    /// `Socket[addr=localhost/127.0.0.1,port=80,localport=4711]`.
    #[pyo3(name = "toString")]
    fn to_text(&self, py: Python<'_>) -> PyResult<String> {
        Ok(match self.inet_address(py)? {
            Some(address) => format!(
                "Socket[addr={},port={},localport={}]",
                address.get().shown(),
                self.peer_port(),
                self.local_port()
            ),
            None => "Socket[unconnected]".to_owned(),
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.to_text(py)
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

/// The object for an address of our own, which has no name but where it is every interface.
pub fn own_address(py: Python<'_>, ip: IpAddr) -> PyResult<Py<InetAddress>> {
    let name = ip.is_unspecified().then(|| ip.to_string());
    inet_address::object(py, (ip, 0).into(), name.as_deref())
}
