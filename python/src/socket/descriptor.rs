//! Calls on plain descriptors: close, dup, socketpair.

use crate::arguments::CInt;
use crate::core_call::CoreCall;
use crate::raw::descriptor;
use crate::socket::Unclaimed;
use crate::{errors, lock};
use polysock::{Family, Protocol, Socket, SocketType};
use pyo3::prelude::*;
use std::io;
use std::os::fd::IntoRawFd;

/// Closes a descriptor; it is not an error if the peer has reset the connection.
#[pyfunction]
#[pyo3(signature = (fd, /), text_signature = "(object, /)")]
pub fn close(py: Python<'_>, fd: CInt) -> PyResult<()> {
    match lock::detach(py, || descriptor::close(fd.0)) {
        Err(failed) if failed.raw_os_error() != Some(libc::ECONNRESET) => Err(io_error(py, &failed)),
        _ => Ok(()),
    }
}

/// Another descriptor for the same file, which child processes do not inherit.
#[pyfunction]
#[pyo3(signature = (fd, /), text_signature = "(object, /)")]
pub fn dup(py: Python<'_>, fd: CInt) -> PyResult<i32> {
    let copy = descriptor::borrowed(fd.0, |fd| fd.try_clone_to_owned()).and_then(|copy| copy);
    copy.map(IntoRawFd::into_raw_fd)
        .map_err(|failed| io_error(py, &failed))
}

/// Two sockets connected to each other, each as an object that only a new socket accepts.
#[pyfunction]
#[pyo3(
    signature = (family = CInt(libc::AF_UNIX), r#type = CInt(libc::SOCK_STREAM), proto = CInt(0), /),
    text_signature = "(family=1, type=1, proto=0, /)"
)]
pub fn socketpair(
    py: Python<'_>,
    family: CInt,
    r#type: CInt,
    proto: CInt,
) -> PyResult<(Unclaimed, Unclaimed)> {
    let (a, b) = CoreCall::new(py)
        .run_detached(|| Socket::pair(Family(family.0), SocketType(r#type.0), Protocol(proto.0)))?;
    Ok((Unclaimed::new(a), Unclaimed::new(b)))
}

fn io_error(py: Python<'_>, failed: &io::Error) -> PyErr {
    errors::os_error(py, failed.raw_os_error().unwrap_or(libc::EBADF))
}
