//! `Socket`: a TCP connection.

use super::arguments::{self, Name};
use super::connection::Connection;
use super::exceptions::{already_shut, illegal_argument, option};
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{bind_address, inet, InetSocketAddress, SocketAddress};
use super::options::{self, SocketKind};
use super::shared_methods::{sending_methods, shared_methods};
use super::streams::{self, SocketInputStream, SocketOutputStream};
use crate::address;
use crate::arguments::one_of;
use crate::core_call::CoreCall;
use crate::errors::raise;
use crate::socket::{TcpInfo, Unclaimed};
use polysock::java_net::{self, To};
use polysock::{Address, Timeout};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyInt;
use std::net::Ipv4Addr;
use std::time::Duration;

/// A TCP connection: `Socket(host, port)` connects, `Socket()` waits for `connect`.
#[pyclass(name = "Socket", module = "polysock.net", frozen, subclass)]
pub struct NetSocket {
    core: Connection,
    input: PyOnceLock<Py<SocketInputStream>>,
    output: PyOnceLock<Py<SocketOutputStream>>,
    /// The address it was connected to, as the program gave it.
    peer: PyOnceLock<Option<Py<InetAddress>>>,
}

one_of! {
    /// The host to connect to.
    enum Host {
        Address(Bound<'py, InetAddress>),
        Name(Name),
    } otherwise "expected an InetAddress or the name of a host"
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
        raise(py, self.core.open())
    }

    fn peer_port(&self) -> u16 {
        self.core
            .peer()
            .and_then(|to| to.address)
            .map_or(0, |address| address.port())
    }
}

#[pymethods]
impl NetSocket {
    #[new]
    #[pyo3(signature = (host = None, port = None, localAddr = None, localPort = 0))]
    #[allow(non_snake_case)] // the names that Python sees
    fn new(
        py: Python<'_>,
        host: Option<Host<'_>>,
        port: Option<i64>,
        localAddr: Option<Bound<'_, InetAddress>>,
        localPort: i64,
    ) -> PyResult<Self> {
        let Some(port) = port else {
            return match host {
                None => Ok(java_net::Socket::new().into()),
                Some(_) => Err(illegal_argument(py, "port is missing")),
            };
        };
        let port = arguments::port(py, port)?;
        let local_port = arguments::port(py, localPort)?;
        let from = match &localAddr {
            Some(address) => Some(address.get().with_port(local_port)),
            None if local_port != 0 => Some((Ipv4Addr::UNSPECIFIED, local_port).into()),
            None => None,
        };
        let host = match host {
            Some(Host::Address(address)) => {
                let socket = java_net::Socket::new();
                if from.is_some() {
                    raise(py, socket.bind(from))?;
                }
                let to = To {
                    host: address.get().known_host().map(ToOwned::to_owned),
                    address: Some(address.get().with_port(port)),
                };
                let target = to.address.map(Address::from);
                CoreCall::new(py)
                    .to(target.as_ref())
                    .run(|caller| socket.connect(to, Timeout::Never, caller))?;
                return Ok(socket.into());
            }
            Some(Host::Name(Name(name))) => name,
            None => String::new(),
        };
        CoreCall::new(py)
            .run(|caller| java_net::Socket::connected(&host, port, from, caller))
            .map(Into::into)
    }

    /// The connection that a callback server has accepted, from this address.
    #[staticmethod]
    #[pyo3(name = "_accepted", signature = (unclaimed, address, /))]
    fn accepted(unclaimed: &Bound<'_, Unclaimed>, address: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = unclaimed.py();
        let made = unclaimed.get().take();
        let made = made.ok_or_else(|| PyValueError::new_err("the connection was claimed already"))?;
        let peer = address::from_python("_accepted", &made, address)?;
        raise(py, java_net::Socket::accepted(made, &peer)).map(Into::into)
    }

    /// Connects to an `InetSocketAddress` within this many milliseconds, 0 meaning forever; any failure closes the socket.
    #[pyo3(signature = (endpoint, timeout = 0, /))]
    fn connect(
        &self,
        py: Python<'_>,
        endpoint: Option<&Bound<'_, SocketAddress>>,
        timeout: i64,
    ) -> PyResult<()> {
        let Some(endpoint) = endpoint else {
            return Err(illegal_argument(py, "connect: The address can't be null"));
        };
        let timeout = arguments::timeout(py, timeout, "connect: timeout can't be negative")?;
        let to = inet(py, endpoint)?.get().to();
        let target = to.address.map(Address::from);
        CoreCall::on(py, &*self.core)
            .to(target.as_ref())
            .run(|caller| self.core.connect(to, timeout, caller))
    }

    /// Binds to an address; None is the system's choice.
    #[pyo3(signature = (bindpoint, /))]
    fn bind(&self, py: Python<'_>, bindpoint: Option<&Bound<'_, SocketAddress>>) -> PyResult<()> {
        let address = bind_address(py, bindpoint)?;
        let target = address.map(Address::from);
        CoreCall::on(py, &*self.core)
            .to(target.as_ref())
            .run_attached(|| self.core.bind(address))
    }

    /// The stream to receive from, always the same object.
    #[pyo3(name = "getInputStream")]
    fn input_stream(&self, py: Python<'_>) -> PyResult<Py<SocketInputStream>> {
        raise(py, self.core.check_input())?;
        let stream = self
            .input
            .get_or_try_init(py, || streams::input(py, &self.core))?;
        Ok(stream.clone_ref(py))
    }

    /// The stream to send to, always the same object.
    #[pyo3(name = "getOutputStream")]
    fn output_stream(&self, py: Python<'_>) -> PyResult<Py<SocketOutputStream>> {
        raise(py, self.core.check_output())?;
        let stream = self
            .output
            .get_or_try_init(py, || streams::output(py, &self.core))?;
        Ok(stream.clone_ref(py))
    }

    /// Ends receiving: reads find the end of the stream; the peer is not notified. Raises the second time.
    #[pyo3(name = "shutdownInput")]
    fn shutdown_input(&self, py: Python<'_>) -> PyResult<()> {
        self.core
            .shutdown_input()
            .map_err(|refusal| already_shut(py, &refusal))
    }

    /// Ends sending; the peer reads up to the end of the stream. Raises the second time.
    #[pyo3(name = "shutdownOutput")]
    fn shutdown_output(&self, py: Python<'_>) -> PyResult<()> {
        self.core
            .shutdown_output()
            .map_err(|refusal| already_shut(py, &refusal))
    }

    /// Sends the low 8 bits of a number out of band; a peer without `setOOBInline(True)` never sees them.
    #[pyo3(name = "sendUrgentData", signature = (data, /))]
    fn send_urgent_data(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let low = arguments::low_byte(data.cast::<PyInt>()?)?;
        CoreCall::new(py).run(|caller| self.core.send_urgent(low, caller))
    }

    /// Whether it was ever connected; closing does not change that.
    #[pyo3(name = "isConnected")]
    fn is_connected(&self) -> bool {
        self.core.is_connected()
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

    /// Its local address; 0.0.0.0 before it is bound, and after close.
    #[pyo3(name = "getLocalAddress")]
    fn local_address(&self, py: Python<'_>) -> PyResult<Py<InetAddress>> {
        inet_address::of_interface(py, self.core.local_address())
    }

    /// Its local port, also after close; -1 before it is bound.
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

    /// Its local address and port; None before it is bound.
    #[pyo3(name = "getLocalSocketAddress")]
    fn local_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let Some(port) = self.core.local_port() else {
            return Ok(None);
        };
        InetSocketAddress::object(py, self.local_address(py)?, port).map(Some)
    }

    /// Sets what close does with unsent data. Off: it returns at once and the system goes on sending. On: it waits up
    /// to this many seconds, at most 65,535; with 0 it drops the data and resets the connection.
    #[pyo3(name = "setSoLinger", signature = (on, linger, /))]
    fn set_so_linger(&self, py: Python<'_>, on: bool, linger: i64) -> PyResult<()> {
        let socket = self.open(py)?;
        let time = match (on, u64::try_from(linger)) {
            (false, _) => None,
            (true, Ok(seconds)) => Some(Duration::from_secs(seconds)),
            (true, Err(_)) => return Err(illegal_argument(py, "invalid value for SO_LINGER")),
        };
        option(py, java_net::set_linger(socket, time))
    }

    /// How many seconds close waits; -1 when off.
    #[pyo3(name = "getSoLinger")]
    fn so_linger(&self, py: Python<'_>) -> PyResult<i64> {
        option(py, options::linger_seconds(self.open(py)?))
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

    /// Probes an idle connection.
    #[pyo3(name = "setKeepAlive", signature = (on, /))]
    fn set_keep_alive(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_keepalive(on.then(Default::default)))
    }

    /// Whether an idle connection is probed.
    #[pyo3(name = "getKeepAlive")]
    fn keep_alive(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.keepalive()).map(|on| on.is_some())
    }

    /// Receives urgent data in line; without this they are dropped.
    #[pyo3(name = "setOOBInline", signature = (on, /))]
    fn set_oob_inline(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_out_of_band_inline(on))
    }

    /// Whether urgent data are received in line.
    #[pyo3(name = "getOOBInline")]
    fn oob_inline(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.out_of_band_inline())
    }

    /// Does nothing, as in Java.
    #[pyo3(name = "setPerformancePreferences", signature = (connectionTime, latency, bandwidth, /))]
    #[allow(clippy::unused_self, non_snake_case)]
    fn set_performance_preferences(&self, connectionTime: i64, latency: i64, bandwidth: i64) {
        let _ = (connectionTime, latency, bandwidth);
    }

    /// The state and the statistics of the connection, which Java does not report.
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
}

shared_methods! {
    NetSocket {
        kind: SocketKind::Connection,
        close: "Closes the socket, FIN first; every call that waits in another thread ends.",
        is_bound: "Whether it was ever bound; closing does not change that.",
        so_timeout: "a read waits; 0 is for ever. Writing and connecting have no such limit."
            refuses "timeout can't be negative" checked first: false,
        set_reuse_address: "Allows binding to an address that a connection in TIME_WAIT still has.",
        reuse_address: "Whether binding to an address that a connection in TIME_WAIT still has is allowed.",
        set_receive_buffer: "Requests a receive buffer of this many bytes." refuses "invalid receive size",
        receive_buffer: "The size of the receive buffer, as it was requested where the system agreed.",
    }
}

sending_methods! { NetSocket { send_buffer refuses "negative send size" } }
