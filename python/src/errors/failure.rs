//! From what ended a call of the core to an exception.

use super::{exception, notes, Context};
use polysock::Error;
use pyo3::prelude::*;

/// What ends a call of the core: a core error, or a refusal of the Java-style classes.
pub trait Failure {
    /// The core's error, if the call itself failed.
    fn error(&self) -> Option<&Error>;

    /// The exception to raise, with notes on what the call was about.
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

/// The value of a call that is over, or the exception for what ended it.
pub fn raise<T, F: Failure>(py: Python<'_>, result: Result<T, F>) -> PyResult<T> {
    result.map_err(|failure| failure.exception(py, Context::default()))
}
