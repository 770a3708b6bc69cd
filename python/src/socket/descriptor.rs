//! Calls on plain descriptors: close, dup, socketpair.

use crate::arguments::CInt;
use crate::errors::exception as error;
use crate::errors::notes::About;
use crate::lock::caller as gil;
use crate::raw::descriptor;
use crate::socket::Unclaimed;
use polysock::{Family, Protocol, Socket, SocketType};
use pyo3::prelude::*;
use std::io;
use std::os::fd::IntoRawFd;

/// Closes a descriptor; that its peer reset the connection is no error.
#[pyfunction]
#[pyo3(signature = (fd, /), text_signature = "(object, /)")]
pub fn close(py: Python<'_>, fd: CInt) -> PyResult<()> {
    match gil::detach(py, || descriptor::close(fd.0)) {
        Err(failed) if failed.raw_os_error() != Some(libc::ECONNRESET) => Err(raised(py, &failed)),
        _ => Ok(()),
    }
}

/// Another descriptor for the same thing, which child processes do not get.
#[pyfunction]
#[pyo3(signature = (fd, /), text_signature = "(object, /)")]
pub fn dup(py: Python<'_>, fd: CInt) -> PyResult<i32> {
    let copy = descriptor::borrowed(fd.0, |fd| fd.try_clone_to_owned()).and_then(|copy| copy);
    copy.map(IntoRawFd::into_raw_fd)
        .map_err(|failed| raised(py, &failed))
}

/// Two sockets connected to each other, each as something that only a new socket object takes.
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
    let (a, b) = gil::detached(py, About::default(), || {
        Socket::pair(Family(family.0), SocketType(r#type.0), Protocol(proto.0))
    })?;
    Ok((Unclaimed::new(a), Unclaimed::new(b)))
}

fn raised(py: Python<'_>, failed: &io::Error) -> PyErr {
    error::os_error(py, failed.raw_os_error().unwrap_or(libc::EBADF))
}
