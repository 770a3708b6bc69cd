//! sendfile.

use crate::arguments::{CInt, CLong, Size};
use crate::core_call::CoreCall;
use crate::errors;
use crate::raw::descriptor;
use polysock::{Kind, Socket};
use pyo3::prelude::*;

/// Sends a part of an open file, which may end sooner than the program said.
pub fn sendfile(
    py: Python<'_>,
    socket: &Socket,
    CInt(fileno): CInt,
    CLong(offset): CLong,
    count: Option<Size>,
) -> PyResult<usize> {
    let Ok(offset) = u64::try_from(offset) else {
        return Err(errors::os_error(py, libc::EINVAL));
    };
    let count = match count {
        Some(count) => Some(count.count("negative count in sendfile")?),
        None => None,
    };
    let count = count.map(|count| count.try_into().unwrap_or(u64::MAX));
    let sent = descriptor::borrowed(fileno, |file| {
        CoreCall::on(py, socket).run(|caller| {
            match socket.on(&mut *caller).sendfile_while_moving(file, offset, count) {
                Err(error) if error.kind() == Kind::EndOfStream && !caller.has_raised() => Ok(error.done()),
                sent => sent,
            }
        })
    });
    sent.unwrap_or_else(|_| Err(errors::bad_descriptor(py)))
}
