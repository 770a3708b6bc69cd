//! A time limit for several calls together.

use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// A moment, by the clock that the calls themselves go by. Not Python's: tests stop that one, or make it leap.
#[pyclass(module = "polysock._native", frozen)]
pub struct Deadline(Option<Instant>);

#[pymethods]
impl Deadline {
    /// So many seconds from now; beyond the clock's range it never comes.
    #[new]
    fn new(seconds: f64) -> Self {
        let duration = Duration::try_from_secs_f64(seconds).ok();
        Self(duration.and_then(|duration| Instant::now().checked_add(duration)))
    }

    /// How many seconds are left, 0 when it has passed.
    fn left(&self) -> f64 {
        let left = |moment: Instant| moment.saturating_duration_since(Instant::now());
        self.0.map_or(f64::INFINITY, |moment| left(moment).as_secs_f64())
    }
}
