//! A connection of a message server, Java-style.

use super::link::Link;
use crate::net::{arguments, InetSocketAddress};
use polysock::java_net::Refusal;
use polysock::Timeout;
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use std::sync::Arc;

/// A connection of a `MessageServer`, passed to its callbacks; any thread may use it, at any time. All callbacks of a
/// connection get the same object.
#[pyclass(module = "polysock.net", name = "Connection", frozen, weakref)]
pub struct JavaConnection {
    pub(super) link: Link,
}

impl JavaConnection {
    pub(super) fn new(core: &Arc<polysock::Connection>) -> Self {
        Self {
            link: Link::new(core),
        }
    }
}

#[pymethods]
impl JavaConnection {
    /// The peer's address and port.
    #[pyo3(name = "getRemoteSocketAddress")]
    fn remote_socket_address(&self, py: Python<'_>) -> PyResult<Option<Py<InetSocketAddress>>> {
        let peer = self.link.core().peer().as_socket_addr();
        peer.map(|peer| InetSocketAddress::of_peer(py, peer)).transpose()
    }

    /// Keeps an object with the connection, and returns the previous one, as `SelectionKey.attach` does.
    #[pyo3(signature = (ob, /))]
    fn attach(&self, ob: Py<PyAny>) -> Option<Py<PyAny>> {
        self.link.set_state(Some(ob))
    }

    /// The object that is kept with the connection; None at first.
    fn attachment(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.link.state(py)
    }

    /// The exception that ended the connection, if its `CloseReason` is FAILED or BAD_MESSAGE; otherwise None.
    #[pyo3(name = "getException")]
    fn exception(&self, py: Python<'_>) -> Option<Py<PyBaseException>> {
        self.link.failure(py)
    }

    /// Whether it is closed or about to be: nothing more can be sent.
    #[pyo3(name = "isClosed")]
    fn is_closed(&self) -> bool {
        self.link.core().is_closed()
    }

    /// The number of bytes that are queued, still to be given to the system.
    #[pyo3(name = "getUnsent")]
    fn unsent(&self) -> usize {
        self.link.core().unsent()
    }

    /// Sends a message, framed as replies are: all of it, or none. See `polysock.Connection.send`.
    ///
    /// While more than `maxUnsent` bytes would be queued, the call fails with a SocketException; with a `timeout` it waits
    /// for that many milliseconds, 0 meaning forever, then fails with a SocketTimeoutException.
    #[pyo3(signature = (message, timeout = None, /))]
    fn send(&self, py: Python<'_>, message: &Bound<'_, PyAny>, timeout: Option<i64>) -> PyResult<()> {
        let timeout = match timeout {
            None => Timeout::NonBlocking,
            Some(time) => arguments::timeout(py, time, "timeout can't be negative")?,
        };
        self.link.send(py, message, timeout, Refusal::from)
    }

    /// Closes the connection once everything has been sent, and returns at once; `onClose` follows.
    fn close(&self, py: Python<'_>) {
        self.link.close(py);
    }

    /// Ends the connection with a reset, and returns at once; `onClose` follows. What is unsent is dropped.
    fn abort(&self, py: Python<'_>) {
        self.link.abort(py);
    }

    /// The class, and the peer's address and port.
    #[pyo3(name = "toString")]
    fn to_text(&self, py: Python<'_>) -> PyResult<String> {
        let state = if self.is_closed() { " [closed]" } else { "" };
        Ok(match self.remote_socket_address(py)? {
            Some(peer) => format!("Connection{state}[addr={}]", peer.bind(py).str()?),
            None => format!("Connection{state}"),
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.to_text(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.link.traverse(&visit)
    }

    fn __clear__(&self) {
        self.link.clear();
    }
}
