//! A time limit for several calls together.

use polysock::{Deadline as Moment, Timeout};
use pyo3::prelude::*;
use std::time::Duration;

/// A moment, by the clock that the calls themselves go by. Not Python's: tests stop that one, or make it leap.
#[pyclass(module = "polysock._native", frozen)]
pub struct Deadline(Moment);

#[pymethods]
impl Deadline {
    /// A number of seconds from now, None for never; beyond the clock's range it never comes.
    #[new]
    fn new(seconds: Option<f64>) -> Self {
        let timeout = match seconds.map(Duration::try_from_secs_f64) {
            Some(Ok(time)) => Timeout::After(time),
            None | Some(Err(_)) => Timeout::Never,
        };
        Self(Moment::after(timeout))
    }

    /// The timeout for one of so many calls that share the time left: never 0, even when it has passed; None if it never
    /// comes.
    #[pyo3(signature = (calls = 1, /))]
    fn share(&self, calls: u32) -> Option<f64> {
        match Timeout::from(self.0) {
            Timeout::After(left) => Some((left / calls.max(1)).max(SHORTEST).as_secs_f64()),
            Timeout::Never | Timeout::NonBlocking => None,
        }
    }
}

/// The shortest timeout: less would be 0 to the kernel, and to Python 0 means not to wait.
const SHORTEST: Duration = Duration::from_micros(1);
