//! Numbers as Java takes them: ports, timeouts, ranges of arrays.

use super::exceptions::{illegal_argument, make};
use polysock::{java_net, Timeout};
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};
use std::time::Duration;

/// The name of a host or an interface. A lone surrogate, which no name contains, becomes "?", as in Java.
pub struct Name(pub String);

impl FromPyObject<'_, '_> for Name {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let text = given.cast::<PyString>()?;
        match text.extract() {
            Ok(text) => Ok(Self(text)),
            Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(given.py()) => {
                let bytes: Vec<u8> = text.call_method1("encode", ("utf-8", "replace"))?.extract()?;
                Ok(Self(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Err(error) => Err(error),
        }
    }
}

/// A port, refused with Java's text.
pub fn port(py: Python<'_>, port: i64) -> PyResult<u16> {
    u16::try_from(port).map_err(|_| illegal_argument(py, &format!("port out of range:{port}")))
}

/// A timeout in milliseconds, 0 meaning forever; refused with this text below 0.
pub fn timeout(py: Python<'_>, milliseconds: i64, negative: &str) -> PyResult<Timeout> {
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => Ok(java_net::time_limit(Duration::from_millis(milliseconds))),
        Err(_) => Err(illegal_argument(py, negative)),
    }
}

/// A timeout in milliseconds, 0 meaning forever.
pub fn milliseconds(timeout: Timeout) -> u128 {
    match timeout {
        Timeout::Never | Timeout::NonBlocking => 0,
        Timeout::After(duration) => duration.as_millis(),
    }
}

/// The part of an array of `size` bytes given by `offset` and `length`; without a length, the rest.
pub fn range(py: Python<'_>, offset: i64, length: Option<i64>, size: usize) -> PyResult<(usize, usize)> {
    let given = length.unwrap_or_else(|| i64::try_from(size).unwrap_or(i64::MAX).saturating_sub(offset));
    if let (Ok(from), Ok(count)) = (usize::try_from(offset), usize::try_from(given)) {
        if from.checked_add(count).is_some_and(|end| end <= size) {
            return Ok((from, count));
        }
    }
    let text = format!("Range [{offset}, {offset} + {given}) out of bounds for length {size}");
    Err(make(py, "IndexOutOfBoundsException", (text,)))
}

/// The size of a buffer, refused with this text below 1.
pub fn size(py: Python<'_>, size: i64, refusal: &str) -> PyResult<usize> {
    match usize::try_from(size) {
        Ok(size) if size > 0 => Ok(size),
        _ => Err(illegal_argument(py, refusal)),
    }
}

/// A traffic class.
pub fn traffic_class(py: Python<'_>, class: i64) -> PyResult<u32> {
    u8::try_from(class)
        .map(u32::from)
        .map_err(|_| illegal_argument(py, "tc is not in range 0 -- 255"))
}

/// The low 8 bits of a number of any size.
pub fn low_byte(number: &Bound<'_, PyInt>) -> PyResult<u8> {
    number.call_method1("__and__", (0xff,))?.extract()
}
