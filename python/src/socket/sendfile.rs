//! sendfile.

use crate::arguments::CInt;
use crate::errors::exception as error;
use crate::errors::notes::About;
use crate::lock::caller as gil;
use crate::raw::descriptor;
use polysock::{Kind, Socket};
use pyo3::prelude::*;

/// Sends a part of an open file, which may end sooner than the program said.
pub fn sendfile(
    py: Python<'_>,
    socket: &Socket,
    CInt(fileno): CInt,
    offset: i64,
    count: Option<u64>,
) -> PyResult<usize> {
    let Ok(offset) = u64::try_from(offset) else {
        return Err(error::os_error(py, libc::EINVAL));
    };
    let sent = descriptor::borrowed(fileno, |file| {
        gil::attempt(py, |host| {
            socket.on(host).sendfile_while_moving(file, offset, count)
        })
    });
    match sent {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(failure)) if failure.error.kind() == Kind::EndOfStream => Ok(failure.error.done()),
        Ok(Err(failure)) => Err(failure.into_exception(py, About::socket(socket))),
        Err(_) => Err(error::bad_descriptor(py)),
    }
}
