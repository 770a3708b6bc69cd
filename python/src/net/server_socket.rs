//! `ServerSocket`: a TCP listener.

use super::exceptions::illegal_argument;
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{bind_address, InetSocketAddress, SocketAddress};
use super::options::SocketKind;
use super::shared_methods::shared_methods;
use super::socket::NetSocket;
use crate::core_call::CoreCall;
use crate::errors::raise;
use polysock::{java_net, Address};
use pyo3::prelude::*;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// A TCP listener: `ServerSocket(port)` listens on every interface, port 0 lets the system choose; `ServerSocket()` waits
/// for `bind`. A backlog below 1 means 50.
#[pyclass(module = "polysock.net", frozen, subclass)]
pub struct ServerSocket {
    core: java_net::ServerSocket,
}

impl ServerSocket {
    fn open(&self, py: Python<'_>) -> PyResult<&polysock::Socket> {
        self.share(py).map(|socket| &**socket)
    }

    /// The socket underneath, for a server that accepts on it.
    pub fn share(&self, py: Python<'_>) -> PyResult<&Arc<polysock::Socket>> {
        raise(py, self.core.open())
    }

    fn listen(&self, py: Python<'_>, address: Option<SocketAddr>, backlog: i32) -> PyResult<()> {
        let target = address.map(Address::from);
        CoreCall::on(py, &self.core)
            .to(target.as_ref())
            .run_attached(|| self.core.bind(address, backlog))
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
        let listener = Self {
            core: java_net::ServerSocket::new(),
        };
        let Some(port) = port else {
            return Ok(listener);
        };
        let port = u16::try_from(port)
            .map_err(|_| illegal_argument(py, &format!("Port value out of range: {port}")))?;
        let address: SocketAddr = match bindAddr {
            Some(address) => address.get().with_port(port),
            None => (Ipv4Addr::UNSPECIFIED, port).into(),
        };
        listener.listen(py, Some(address), backlog)?;
        Ok(listener)
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
        self.listen(py, address, backlog)
    }

    /// Waits for a connection.
    fn accept(&self, py: Python<'_>) -> PyResult<NetSocket> {
        CoreCall::on(py, &self.core)
            .run(|caller| self.core.accept(caller))
            .map(Into::into)
    }

    /// The address it was bound to, also after close; None before.
    #[pyo3(name = "getInetAddress")]
    fn inet_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetAddress>>> {
        let Some(address) = self.core.address() else {
            return Ok(None);
        };
        let name = address.ip().is_unspecified().then(|| address.ip().to_string());
        inet_address::object(py, address, name.as_deref()).map(Some)
    }

    /// The port it listens on, also after close; -1 before it has one.
    #[pyo3(name = "getLocalPort")]
    fn local_port(&self) -> i32 {
        self.core.address().map_or(-1, |address| address.port().into())
    }

    /// The address and port it listens on; None before it has one.
    #[pyo3(name = "getLocalSocketAddress")]
    fn local_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let (Some(address), Some(bound)) = (self.inet_address(py)?, self.core.address()) else {
            return Ok(None);
        };
        InetSocketAddress::object(py, address, bound.port()).map(Some)
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
}

shared_methods! {
    ServerSocket {
        kind: SocketKind::Listener,
        close: "Closes the socket; an `accept` that waits in another thread ends.",
        is_bound: "Whether it was ever bound; closing does not change that.",
        so_timeout: "`accept` waits; 0 is for ever. Accepted sockets do not inherit it."
            refuses "timeout < 0" checked first: false,
        set_reuse_address: "Allows binding to a port that connections in TIME_WAIT still have; on unless set.",
        reuse_address: "Whether binding to a port that connections in TIME_WAIT still have is allowed.",
        set_receive_buffer: "Requests a receive buffer of this many bytes for the sockets it accepts."
            refuses "negative receive size",
        receive_buffer: "The size of the receive buffer of the sockets it accepts.",
    }
}
