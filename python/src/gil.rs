//! The interpreter lock: the only place that detaches from the interpreter.

use crate::error;
use polysock_core::{Error, FirstTry, Host, Result, Stop, Try};
use pyo3::prelude::*;

/// The most bytes a call tries to move before it detaches: copying them takes about as long as detaching.
const SMALL: usize = 64 * 1024;

/// Python as the core's host: sleeps detached, runs signal handlers, and keeps the exception that one raised.
pub struct Attached<'py> {
    py: Python<'py>,
    raised: Option<PyErr>,
}

impl Host for Attached<'_> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        self.py.detach(f)
    }

    fn interrupted(&mut self) -> std::result::Result<(), Stop> {
        self.py.check_signals().map_err(|raised| {
            self.raised = Some(raised);
            Stop
        })
    }

    /// Whether to try before detaching. A rule that pays for each such try from a credit of the thread, so that a
    /// loop of tries that succeed can't starve other threads, belongs here and only here.
    fn first_try(&mut self, hint: Try) -> FirstTry {
        if hint.alone && hint.bytes <= SMALL {
            FirstTry::Direct
        } else {
            FirstTry::Blocking
        }
    }
}

/// What ended a call: the core's error, and the exception of the signal handler where one raised.
pub struct Failure {
    pub error: Error,
    pub raised: Option<PyErr>,
}

impl Failure {
    /// The exception to raise.
    pub fn into_exception(self, py: Python<'_>) -> PyErr {
        self.raised.unwrap_or_else(|| error::exception(py, &self.error))
    }
}

/// Runs one call of the core that may wait.
pub fn attempt<'py, T>(
    py: Python<'py>,
    call: impl FnOnce(&mut Attached<'py>) -> Result<T>,
) -> std::result::Result<T, Box<Failure>> {
    let mut host = Attached { py, raised: None };
    call(&mut host).map_err(|error| {
        Box::new(Failure {
            error,
            raised: host.raised,
        })
    })
}

/// Runs one call of the core that may wait, and raises what ended it.
pub fn call<'py, T>(py: Python<'py>, call: impl FnOnce(&mut Attached<'py>) -> Result<T>) -> PyResult<T> {
    attempt(py, call).map_err(|failure| failure.into_exception(py))
}

/// Runs one call of the core that takes no host and yet may take long, such as a look-up, detached.
pub fn detached<T: Send>(py: Python<'_>, call: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(call).map_err(|error| error::exception(py, &error))
}
