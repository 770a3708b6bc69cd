//! What a worker asks its thread to do.

use crate::errors::{Context, Failure};
use crate::socket::Unclaimed;
use polysock::Error;
use pyo3::exceptions::{PyBaseException, PyRuntimeError};
use pyo3::prelude::*;

/// What a worker should do next.
#[pyclass(module = "polysock._native", frozen)]
pub enum Step {
    /// Handle a connection, given as the `fileno` of a new socket, from an address.
    Handle {
        connection: Py<Unclaimed>,
        address: Py<PyAny>,
    },
    /// Start another worker, in another thread.
    Recruit {},
    /// Report a failure, about a connection or, if that is None, of accepting.
    Report {
        failure: Py<PyBaseException>,
        about: Option<Py<PyAny>>,
    },
    /// End: the server has stopped, or does not need this worker.
    Leave {},
}

impl Step {
    /// Accepting has failed.
    pub fn trouble(py: Python<'_>, error: &Error) -> Self {
        Self::Report {
            failure: error.exception(py, Context::default()).into_value(py),
            about: None,
        }
    }
}

/// The exception for a worker that two threads use.
pub fn busy() -> PyErr {
    PyRuntimeError::new_err("another thread uses this worker")
}
