//! getsockopt and setsockopt in their three forms, and linger.

use crate::convert::{duration, CInt, CUint};
use crate::error;
use crate::raw::buffer::Readable;
use polysock_core::{Result, Socket};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::IntoPyObjectExt;

/// The longest option CPython reads.
const LONGEST: i32 = 1024;

/// Reads an option: a number, or as many bytes as the kernel gives of `buflen`.
pub fn get<'py>(
    py: Python<'py>,
    socket: &Socket,
    level: i32,
    name: i32,
    buflen: i32,
) -> PyResult<Bound<'py, PyAny>> {
    if buflen == 0 {
        return raise(py, socket.int_option(level, name))?.into_bound_py_any(py);
    }
    let length = usize::try_from(buflen).ok().filter(|_| buflen <= LONGEST);
    let mut value = vec![0; length.ok_or_else(|| PyOSError::new_err("getsockopt buflen out of range"))?];
    let length = raise(py, socket.option(level, name, &mut value))?;
    value.truncate(length);
    Ok(PyBytes::new(py, &value).into_any())
}

/// Sets an option from a number, from bytes, or from None and a length.
pub fn set(
    py: Python<'_>,
    socket: &Socket,
    level: i32,
    name: i32,
    value: &Bound<'_, PyAny>,
    optlen: Option<CUint>,
) -> PyResult<()> {
    if let Some(CUint(length)) = optlen {
        if !value.is_none() {
            return Err(PyTypeError::new_err("only None takes a length"));
        }
        return raise(py, socket.set_option_null(level, name, length));
    }
    if let Ok(CInt(number)) = value.extract() {
        return raise(py, socket.set_option(level, name, &number.to_ne_bytes()));
    }
    let bytes = Readable::of(value)?.to_vec();
    raise(py, socket.set_option(level, name, &bytes))
}

/// Sets linger from seconds, None for off.
pub fn set_linger(socket: &Socket, seconds: &Bound<'_, PyAny>) -> PyResult<()> {
    let linger = if seconds.is_none() {
        None
    } else {
        Some(duration(seconds)?)
    };
    raise(seconds.py(), socket.set_linger(linger))
}

/// Linger in whole seconds, None when off.
pub fn linger(py: Python<'_>, socket: &Socket) -> PyResult<Option<u64>> {
    raise(py, socket.linger()).map(|linger| linger.map(|linger| linger.as_secs()))
}

fn raise<T>(py: Python<'_>, result: Result<T>) -> PyResult<T> {
    result.map_err(|error| error::exception(py, &error))
}
