//! Timeouts, and the descriptor's mode that goes with them.

use crate::{arguments, errors};
use polysock::{Socket, Timeout};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Sets the timeout and, like CPython, the descriptor's mode: non-blocking for any timeout.
pub fn set_timeout(py: Python<'_>, socket: &Socket, timeout: Timeout) -> PyResult<()> {
    errors::raise(py, socket.set_descriptor_nonblocking(timeout != Timeout::Never))?;
    socket.set_timeout(timeout);
    Ok(())
}

/// The argument of setblocking().
pub fn blocking(flag: &Bound<'_, PyAny>) -> PyResult<bool> {
    // From CPython 3.12 on any object counts as true or false.
    if arguments::since(flag.py(), 12) {
        flag.is_truthy()
    } else {
        Ok(flag.extract::<i64>()? != 0)
    }
}

/// The timeout of new sockets, from the store that the standard module shares.
pub fn default_timeout(py: Python<'_>) -> PyResult<Timeout> {
    static STORE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let seconds = STORE.import(py, "_socket", "getdefaulttimeout")?.call0()?;
    arguments::timeout(&seconds)
}
