//! `ServerSocket`: a TCP listener.

use super::arguments as values;
use super::exceptions as error;
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{InetSocketAddress, SocketAddress};
use super::options::{self, SocketOption, Sort};
use super::socket::{bind_address, option, NetSocket};
use super::{bound, call, call_about, now};
use crate::errors::notes::About;
use polysock::java_net;
use pyo3::prelude::*;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// A TCP listener: `ServerSocket(port)` listens on every interface, port 0 lets the system choose; `ServerSocket()` waits
/// for `bind`. A backlog below 1 means 50.
#[pyclass(module = "polysock.net", frozen, subclass)]
pub struct ServerSocket(java_net::ServerSocket);

impl ServerSocket {
    fn open(&self, py: Python<'_>) -> PyResult<&polysock::Socket> {
        self.share(py).map(|socket| &**socket)
    }

    /// The socket below, for a server that is to accept on it.
    pub fn share(&self, py: Python<'_>) -> PyResult<&Arc<polysock::Socket>> {
        now(py, self.0.open())
    }
}

#[pymethods]
impl ServerSocket {
    #[new]
    #[pyo3(signature = (port = None, backlog = 50, bindAddr = None))]
    #[allow(non_snake_case)] // the names that Python sees
    fn new(
        py: Python<'_>,
        port: Option<i64>,
        backlog: i32,
        bindAddr: Option<Bound<'_, InetAddress>>,
    ) -> PyResult<Self> {
        let listener = java_net::ServerSocket::new();
        let Some(port) = port else {
            return Ok(Self(listener));
        };
        let port = u16::try_from(port)
            .map_err(|_| error::illegal_argument(py, &format!("Port value out of range: {port}")))?;
        let address: SocketAddr = match bindAddr {
            Some(address) => address.get().with_port(port),
            None => (Ipv4Addr::UNSPECIFIED, port).into(),
        };
        let on = listener.bind(Some(address), backlog);
        bound(py, on, listener.open().map(AsRef::as_ref), Some(address))?;
        Ok(Self(listener))
    }

    /// Listens on an address; None is a port of the system's choice on every interface.
    #[pyo3(signature = (endpoint, backlog = 50, /))]
    fn bind(
        &self,
        py: Python<'_>,
        endpoint: Option<&Bound<'_, SocketAddress>>,
        backlog: i32,
    ) -> PyResult<()> {
        let address = bind_address(py, endpoint)?;
        let on = self.0.bind(address, backlog);
        bound(py, on, self.0.open().map(AsRef::as_ref), address)
    }

    /// Waits for a connection.
    fn accept(&self, py: Python<'_>) -> PyResult<NetSocket> {
        let on = || About::open(self.0.open().map(AsRef::as_ref));
        call_about(py, on, |host| self.0.accept(host)).map(Into::into)
    }

    /// Closes the socket; an `accept` that waits in another thread ends.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |host| self.0.close(host))
    }

    /// Whether it ever had an address; closing does not change that.
    #[pyo3(name = "isBound")]
    fn is_bound(&self) -> bool {
        self.0.is_bound()
    }

    /// Whether it was closed.
    #[pyo3(name = "isClosed")]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// The address it was bound to, also after close; None before.
    #[pyo3(name = "getInetAddress")]
    fn inet_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetAddress>>> {
        let Some(address) = self.0.address() else {
            return Ok(None);
        };
        let name = address.ip().is_unspecified().then(|| address.ip().to_string());
        inet_address::object(py, address, name.as_deref()).map(Some)
    }

    /// The port it listens on, also after close; -1 before it has one.
    #[pyo3(name = "getLocalPort")]
    fn local_port(&self) -> i32 {
        self.0.address().map_or(-1, |address| address.port().into())
    }

    /// The address and port it listens on; None before it has one.
    #[pyo3(name = "getLocalSocketAddress")]
    fn local_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let (Some(address), Some(bound)) = (self.inet_address(py)?, self.0.address()) else {
            return Ok(None);
        };
        InetSocketAddress::object(py, address, bound.port()).map(Some)
    }

    /// None: there are no channels here.
    #[pyo3(name = "getChannel")]
    #[allow(clippy::unused_self)]
    fn channel(&self) -> Option<bool> {
        None
    }

    /// Sets how many milliseconds `accept` waits; 0 is for ever. Accepted sockets do not inherit it.
    #[pyo3(name = "setSoTimeout", signature = (timeout, /))]
    fn set_so_timeout(&self, py: Python<'_>, timeout: i64) -> PyResult<()> {
        let socket = self.open(py)?;
        socket.set_recv_timeout(values::timeout(py, timeout, "timeout < 0")?);
        Ok(())
    }

    /// How many milliseconds `accept` waits; 0 is for ever.
    #[pyo3(name = "getSoTimeout")]
    fn so_timeout(&self, py: Python<'_>) -> PyResult<u128> {
        Ok(values::milliseconds(self.open(py)?.recv_timeout()))
    }

    /// Takes a port that connections which are over still have; on unless set.
    #[pyo3(name = "setReuseAddress", signature = (on, /))]
    fn set_reuse_address(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        option(py, self.open(py)?.set_reuse_address(on))
    }

    /// Whether a port that connections which are over still have is taken.
    #[pyo3(name = "getReuseAddress")]
    fn reuse_address(&self, py: Python<'_>) -> PyResult<bool> {
        option(py, self.open(py)?.reuse_address())
    }

    /// Requests a receive buffer of this many bytes for the sockets it accepts.
    #[pyo3(name = "setReceiveBufferSize", signature = (size, /))]
    fn set_receive_buffer_size(&self, py: Python<'_>, size: i64) -> PyResult<()> {
        let size = values::size(py, size, "negative receive size")?;
        option(py, java_net::set_recv_buffer(self.open(py)?, size))
    }

    /// The size of the receive buffer of the sockets it accepts.
    #[pyo3(name = "getReceiveBufferSize")]
    fn receive_buffer_size(&self, py: Python<'_>) -> PyResult<usize> {
        option(py, java_net::recv_buffer(self.open(py)?))
    }

    /// Sets an option, such as `StandardSocketOptions.SO_RCVBUF`, and returns the socket.
    #[pyo3(name = "setOption", signature = (name, value, /))]
    fn set_option<'py>(
        slf: &Bound<'py, Self>,
        name: Option<&Bound<'py, SocketOption>>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        let (py, this) = (slf.py(), slf.get());
        options::set(py, Sort::Listener, || this.open(py), name, value)?;
        Ok(slf.clone())
    }

    /// The value of an option.
    #[pyo3(name = "getOption", signature = (name, /))]
    fn get_option<'py>(
        &self,
        py: Python<'py>,
        name: Option<&Bound<'py, SocketOption>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        options::get(py, Sort::Listener, || self.open(py), name)
    }

    /// The options that this kind of socket has.
    #[pyo3(name = "supportedOptions")]
    #[allow(clippy::unused_self)]
    fn supported_options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        options::supported(py, Sort::Listener)
    }

    /// Does nothing, as in Java.
    #[pyo3(name = "setPerformancePreferences", signature = (connectionTime, latency, bandwidth, /))]
    #[allow(clippy::unused_self, non_snake_case)]
    fn set_performance_preferences(&self, connectionTime: i64, latency: i64, bandwidth: i64) {
        let _ = (connectionTime, latency, bandwidth);
    }

    /// `ServerSocket[addr=0.0.0.0/0.0.0.0,localport=80]`.
    #[pyo3(name = "toString")]
    fn to_text(&self, py: Python<'_>) -> PyResult<String> {
        Ok(match self.inet_address(py)? {
            Some(address) => format!(
                "ServerSocket[addr={},localport={}]",
                address.get().shown(),
                self.local_port()
            ),
            None => "ServerSocket[unbound]".to_owned(),
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
