//! The ways to end a socket that take more than one call: shutdown and detach.

use super::NativeSocket;
use crate::core_call::CoreCall;
use crate::errors;
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
        errors::os_error(py, errno)
    })?;
    CoreCall::on(py, socket).run_detached(|| socket.shutdown(how))
}

/// Gives up the descriptor and returns it; -1 when the socket is closed.
pub fn detach(py: Python<'_>, native: &NativeSocket) -> PyResult<i32> {
    match native.current() {
        Some(socket) if !socket.is_closed() => errors::raise(py, socket.detach()).map(IntoRawFd::into_raw_fd),
        _ => Ok(-1),
    }
}
