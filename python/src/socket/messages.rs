//! Iterators over the messages and lines that a socket receives.

use super::{frames, Decoding, NativeSocket};
use polysock::Framing;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

/// An iterator over the messages that a socket receives.
#[pyclass(frozen, module = "polysock._native")]
pub struct Messages {
    socket: Py<NativeSocket>,
    framing: Framing,
    decoding: Option<Decoding>,
}

impl Messages {
    pub const fn new(socket: Py<NativeSocket>, framing: Framing, decoding: Option<Decoding>) -> Self {
        Self {
            socket,
            framing,
            decoding,
        }
    }
}

#[pymethods]
impl Messages {
    const fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let native = self.socket.get();
        let using = (native, &*native.socket(py)?);
        frames::recv_decoded(py, using, &self.framing, self.decoding.as_ref())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.socket)
    }
}
