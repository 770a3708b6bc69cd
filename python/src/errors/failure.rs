//! From the failure of a core call to an exception.

use super::{exception, notes, Context};
use polysock::Error;
use pyo3::prelude::*;

/// What ends a core call: a core error, or a refusal by the Java-style classes.
pub trait Failure {
    /// The core's error, if the call itself failed.
    fn error(&self) -> Option<&Error>;

    /// The exception to raise, with notes on the subject of the call.
    fn exception(&self, py: Python<'_>, context: Context<'_>) -> PyErr;
}

impl Failure for Error {
    fn error(&self) -> Option<&Error> {
        Some(self)
    }

    fn exception(&self, py: Python<'_>, context: Context<'_>) -> PyErr {
        let raised = exception::of(py, self);
        notes::add_notes(py, &raised, self, context);
        raised
    }
}

/// The value of a finished call, or the exception for its failure.
pub fn raise<T, F: Failure>(py: Python<'_>, result: Result<T, F>) -> PyResult<T> {
    result.map_err(|failure| failure.exception(py, Context::default()))
}
