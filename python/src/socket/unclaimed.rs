//! Sockets that no object holds yet.

use crate::errors;
use polysock::Socket;
use pyo3::prelude::*;
use std::os::fd::IntoRawFd;
use std::sync::{Arc, Mutex, PoisonError};

/// A socket that no object holds yet: passed as the `fileno` argument to the object that takes it. A descriptor's
/// number would not guarantee that no other object holds the socket.
#[pyclass(module = "polysock._native", frozen)]
pub struct Unclaimed(Mutex<Option<Arc<Socket>>>);

impl Unclaimed {
    pub fn new(socket: impl Into<Arc<Socket>>) -> Self {
        Self(Mutex::new(Some(socket.into())))
    }

    /// The family, type and protocol of the socket, if the object is an unclaimed socket.
    pub fn described(object: &Bound<'_, PyAny>) -> Option<[i32; 3]> {
        let unclaimed = object.cast_exact::<Self>().ok()?.get();
        let socket = unclaimed.0.lock().unwrap_or_else(PoisonError::into_inner);
        let socket = socket.as_ref()?;
        Some([socket.family().0, socket.socket_type().0, socket.protocol().0])
    }

    pub fn take(&self) -> Option<Arc<Socket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl Unclaimed {
    /// Gives the descriptor away, to a class that takes only numbers.
    fn __index__(&self, py: Python<'_>) -> PyResult<i32> {
        let socket = self.take().ok_or_else(|| errors::bad_descriptor(py))?;
        errors::raise(py, socket.detach()).map(IntoRawFd::into_raw_fd)
    }
}
