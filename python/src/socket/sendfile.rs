//! sendfile.

use crate::arguments::{CInt, CLong};
use crate::core_call::CoreCall;
use crate::errors;
use crate::raw::descriptor;
use polysock::{Kind, Socket};
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

/// Sends a part of an open file, which may end earlier than requested.
pub fn sendfile(
    py: Python<'_>,
    socket: &Socket,
    CInt(fileno): CInt,
    CLong(offset): CLong,
    count: Option<&Bound<'_, PyAny>>,
) -> PyResult<u64> {
    let Ok(offset) = u64::try_from(offset) else {
        return Err(errors::os_error(py, libc::EINVAL));
    };
    let count = count.map(at_most).transpose()?;
    let sent = descriptor::borrowed(fileno, |file| {
        CoreCall::on(py, socket).run(|caller| {
            match socket.on(&mut *caller).sendfile_while_moving(file, offset, count) {
                Err(error) if error.kind() == Kind::EndOfStream && !caller.has_raised() => {
                    Ok(error.done().try_into().unwrap_or(u64::MAX))
                }
                sent => sent,
            }
        })
    });
    sent.unwrap_or_else(|_| Err(errors::bad_descriptor(py)))
}

/// How many bytes to send at most, from a count of any size: no file is longer than 2^64 bytes.
fn at_most(count: &Bound<'_, PyAny>) -> PyResult<u64> {
    if count.lt(0)? {
        return Err(PyValueError::new_err("negative count in sendfile"));
    }
    match count.extract::<u64>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(count.py()) => Ok(u64::MAX),
        count => count,
    }
}
