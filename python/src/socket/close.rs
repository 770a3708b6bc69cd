//! The ends of a socket that take more than a call: shutdown and detach.

use super::NativeSocket;
use crate::errors::exception as error;
use crate::errors::notes::About;
use crate::lock::caller as gil;
use polysock::{Shutdown, Socket};
use pyo3::prelude::*;
use std::os::fd::IntoRawFd;

/// Ends one direction or both.
pub fn shutdown(py: Python<'_>, socket: &Socket, how: i32) -> PyResult<()> {
    let how = Shutdown::from_raw(how).ok_or_else(|| {
        let errno = if socket.is_closed() {
            libc::EBADF
        } else {
            libc::EINVAL
        };
        error::os_error(py, errno)
    })?;
    gil::detached(py, About::socket(socket), || socket.shutdown(how))
}

/// Gives the descriptor up and returns it, -1 when the socket is closed.
pub fn detach(py: Python<'_>, native: &NativeSocket) -> PyResult<i32> {
    match native.current() {
        Some(socket) if !socket.is_closed() => match socket.detach() {
            Ok(fd) => Ok(fd.into_raw_fd()),
            Err(error) => Err(error::exception(py, &error)),
        },
        _ => Ok(-1),
    }
}
