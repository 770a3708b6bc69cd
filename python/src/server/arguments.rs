//! What servers are made from.

use crate::arguments::{self, one_of};
use crate::net::ServerSocket;
use crate::socket::NativeSocket;
use polysock::{Kind, Socket, Timeout};
use pyo3::exceptions::{PyOSError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use std::sync::Arc;
use std::time::Duration;

one_of! {
    /// What a server may accept on.
    pub enum Listener {
        Plain(Bound<'py, NativeSocket>),
        Java(Bound<'py, ServerSocket>),
    } otherwise "expected a socket or a ServerSocket"
}

impl Listener<'_> {
    /// The core's socket, which the server shares.
    pub fn share(&self, py: Python<'_>) -> PyResult<Arc<Socket>> {
        match self {
            Self::Plain(socket) => socket.get().share(py),
            Self::Java(socket) => Ok(Arc::clone(socket.get().share(py)?)),
        }
    }
}

/// A count that is at least 1.
pub fn count(number: i64, name: &str) -> PyResult<usize> {
    match usize::try_from(number) {
        Ok(0) | Err(_) => Err(PyValueError::new_err(format!("{name} must be at least 1"))),
        Ok(count) => Ok(count),
    }
}

/// A time limit in seconds, None for no limit.
pub fn limit(seconds: Option<&Bound<'_, PyAny>>, name: &str) -> PyResult<Option<Duration>> {
    let Some(seconds) = seconds else { return Ok(None) };
    match arguments::timeout(seconds)? {
        Timeout::Never => Ok(None),
        Timeout::After(time) => Ok(Some(time)),
        Timeout::NonBlocking => Err(PyValueError::new_err(format!(
            "{name} must be above 0 seconds, or None for no limit"
        ))),
    }
}

/// The kind of the failure of a call that raised this exception; `None` if no call did.
pub fn kind_of(exception: &Bound<'_, PyAny>) -> Option<Kind> {
    if exception.is_instance_of::<PyTimeoutError>() {
        return Some(Kind::TimedOut);
    }
    if !exception.is_instance_of::<PyOSError>() {
        return None;
    }
    let errno: i32 = exception.getattr("errno").ok()?.extract().ok()?;
    Some(match errno {
        libc::EBADF => Kind::Closed,
        libc::ETIMEDOUT => Kind::TimedOut,
        errno => Kind::Os(errno),
    })
}
