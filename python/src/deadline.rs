//! A time limit for several calls together.

use polysock::Timeout;
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// A moment, by the clock that the calls themselves go by. Not Python's: tests stop that one, or make it leap.
#[pyclass(module = "polysock._native", frozen)]
pub struct Deadline(polysock::Deadline);

#[pymethods]
impl Deadline {
    /// So many seconds from now; beyond the clock's range it never comes.
    #[new]
    fn new(seconds: f64) -> Self {
        let timeout = Duration::try_from_secs_f64(seconds).map_or(Timeout::Never, Timeout::After);
        Self(polysock::Deadline::after(timeout))
    }

    /// How many seconds are left, 0 when it has passed.
    fn left(&self) -> f64 {
        match self.0 {
            polysock::Deadline::Never => f64::INFINITY,
            polysock::Deadline::NonBlocking => 0.0,
            polysock::Deadline::At(moment) => moment.saturating_duration_since(Instant::now()).as_secs_f64(),
        }
    }
}
