//! Timeouts and other times, in seconds.

use polysock::Timeout;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyFloat;
use std::time::Duration;

const NANOSECONDS: f64 = 1e9;

/// A timeout as `settimeout` takes it: None, or seconds that are rounded up to nanoseconds.
pub fn timeout(seconds: &Bound<'_, PyAny>) -> PyResult<Timeout> {
    if seconds.is_none() {
        return Ok(Timeout::Never);
    }
    duration(seconds).map(Timeout::from)
}

/// The seconds of a timeout, None for no limit.
pub fn seconds(timeout: Timeout) -> Option<f64> {
    match timeout {
        Timeout::Never => None,
        Timeout::NonBlocking => Some(0.0),
        #[allow(clippy::cast_precision_loss)] // exact up to 104 days, as in CPython
        Timeout::After(duration) => Some(duration.as_nanos() as f64 / NANOSECONDS),
    }
}

/// Seconds, whole or not, rounded up to nanoseconds; as in CPython, these must fit into 63 bits.
pub fn duration(seconds: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let whole = |seconds: i64| seconds.checked_mul(1_000_000_000)?.try_into().ok();
    let nanoseconds = match seconds.cast::<PyFloat>() {
        Ok(float) => Ok(rounded_up(float.value())),
        Err(_) => seconds.extract().map(whole),
    };
    match nanoseconds {
        Ok(Some(nanoseconds)) => Ok(Duration::from_nanos(nanoseconds)),
        Ok(None) => Err(refusal_of_timeout(
            seconds,
            PyValueError::new_err("Timeout value out of range"),
        )),
        Err(error) => Err(refusal_of_timeout(seconds, error)),
    }
}

/// Seconds in nanoseconds, unless they are negative, not a number, or beyond 63 bits.
fn rounded_up(seconds: f64) -> Option<u64> {
    let nanoseconds = seconds * NANOSECONDS;
    #[allow(clippy::cast_precision_loss)]
    let fits = (0.0..i64::MAX as f64).contains(&nanoseconds);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within range, tested above
    fits.then_some(nanoseconds.ceil() as u64)
}

/// The running interpreter's own exception for a timeout that it refuses too: text and class change from release to release. It converts the timeout before it looks for a descriptor, and the socket asked here has none.
fn refusal_of_timeout(seconds: &Bound<'_, PyAny>, unless_it_takes_it: PyErr) -> PyErr {
    let said = seconds.py().import("_socket").and_then(|module| {
        let class = module.getattr("socket")?;
        let socket = class.call_method1("__new__", (&class,))?;
        socket.call_method1("settimeout", (seconds,))
    });
    match said {
        Err(error) if !error.is_instance_of::<PyOSError>(seconds.py()) => error,
        _ => unless_it_takes_it,
    }
}
