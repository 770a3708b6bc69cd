//! A time limit for several calls together.

use polysock::{Deadline as Moment, Timeout};
use pyo3::prelude::*;
use std::time::Duration;

/// A moment on the clock that the calls themselves use. Not Python's clock, which tests stop or move.
#[pyclass(module = "polysock._native", frozen)]
pub struct Deadline(Moment);

#[pymethods]
impl Deadline {
    /// A number of seconds from now; a moment beyond the clock's range never comes.
    #[new]
    fn new(seconds: f64) -> Self {
        let timeout = Duration::try_from_secs_f64(seconds).map_or(Timeout::Never, Timeout::After);
        Self(Moment::after(timeout))
    }

    /// The timeout, in seconds, of the first of several calls that share the time left. It is never 0, even when no time
    /// is left; None if the moment never comes.
    #[pyo3(signature = (calls, /))]
    fn share(&self, calls: u32) -> Option<f64> {
        match Timeout::from(self.0) {
            Timeout::After(left) => Some((left / calls.max(1)).max(SHORTEST).as_secs_f64()),
            Timeout::Never | Timeout::NonBlocking => None,
        }
    }
}

/// The shortest timeout: anything shorter would be 0 to the kernel, and to Python 0 means not to wait.
const SHORTEST: Duration = Duration::from_micros(1);
