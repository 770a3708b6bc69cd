//! A connection of a message server.

use super::link::Link;
use crate::address;
use crate::arguments::{self, Argument, Object};
use polysock::{Protocol, Timeout};
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use std::sync::Arc;

/// A connection of a `MessageServer`, passed to its callbacks; any thread may use it, at any time.
///
/// It can be kept in sets and dicts. All callbacks of a connection get the same object.
#[pyclass(module = "polysock", frozen, weakref)]
pub struct Connection {
    pub(super) link: Link,
    protocol: Protocol,
}

impl Connection {
    pub(super) fn new(core: &Arc<polysock::Connection>, protocol: Protocol) -> Self {
        Self {
            link: Link::new(core),
            protocol,
        }
    }
}

#[pymethods]
impl Connection {
    /// The peer's address, as `socket.accept()` returns it.
    #[getter]
    fn peer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        address::to_python(py, self.protocol, self.link.core().peer())
    }

    /// Anything that the program wants to keep with the connection; None at first.
    #[getter]
    fn state(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.link.state(py)
    }

    #[setter]
    fn set_state(&self, state: Py<PyAny>) {
        let previous = self.link.set_state(Some(state));
        drop(previous);
    }

    /// The OSError that ended the connection, if its `CloseReason` is FAILED or BAD_MESSAGE; otherwise None.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyBaseException>> {
        self.link.failure(py)
    }

    /// Whether it is closed or about to be: nothing more can be sent.
    #[getter]
    fn closed(&self) -> bool {
        self.link.core().is_closed()
    }

    /// The number of bytes that are queued, still to be given to the kernel.
    #[getter]
    fn unsent(&self) -> usize {
        self.link.core().unsent()
    }

    /// Sends a message, framed as replies are: all of it, or none. Messages are sent in the order of the calls; from a
    /// callback of this connection they go out with its replies.
    ///
    /// What the kernel does not take at once is queued. While more than the server's `max_unsent` bytes would be queued, the
    /// call waits for up to `timeout` seconds (None: without limit), then raises TimeoutError; with 0, BlockingIOError. A
    /// message larger than `max_unsent` is accepted when nothing is queued. Raises OSError: EBADF once the connection is
    /// closed or about to be, EMSGSIZE or EINVAL for a message that the framing does not allow.
    #[pyo3(
        signature = (data, timeout = Argument::Missing),
        text_signature = "($self, data, timeout=0)"
    )]
    fn send(&self, py: Python<'_>, data: &Bound<'_, PyAny>, timeout: Argument<Object<'_>>) -> PyResult<()> {
        let timeout = match timeout {
            Argument::Missing => Timeout::NonBlocking,
            Argument::Given(Object(seconds)) => arguments::timeout(&seconds)?,
        };
        self.link.send(py, data, timeout, |error| error)
    }

    /// Closes the connection once everything has been sent, and returns at once; `on_close` follows. Messages that have not
    /// been handled yet are dropped. A peer that does not take what is sent delays this for no longer than `idle_timeout`,
    /// or half a minute if there is none.
    fn close(&self, py: Python<'_>) {
        self.link.close(py);
    }

    /// Ends the connection with a reset, and returns at once; `on_close` follows. What is unsent is dropped.
    fn abort(&self, py: Python<'_>) {
        self.link.abort(py);
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let state = if self.closed() { " [closed]" } else { "" };
        Ok(format!(
            "<polysock.Connection{state} peer={}>",
            self.peer(py)?.repr()?
        ))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.link.traverse(&visit)
    }

    fn __clear__(&self) {
        self.link.clear();
    }
}
