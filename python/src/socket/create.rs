//! What `__init__` does: it makes a new socket, or adopts an existing one.

use super::timeout::{default_timeout, set_timeout};
use super::{NativeSocket, Unclaimed};
use crate::arguments::CInt;
use crate::audit;
use crate::core_call::CoreCall;
use crate::errors;
use crate::raw::descriptor;
use polysock::{Family, Protocol, Socket, SocketType, Timeout};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyFloat;
use std::os::fd::IntoRawFd;
use std::sync::Arc;

/// Gives the object its socket. -1 stands for a number that was not given.
pub fn init(
    slf: &Bound<'_, NativeSocket>,
    [family, r#type, proto]: [CInt; 3],
    fileno: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let py = slf.py();
    let (family, r#type, proto) = match fileno {
        Some(_) => (family, r#type, proto),
        None => (
            given(family).map_or(CInt(libc::AF_INET), CInt),
            given(r#type).map_or(CInt(libc::SOCK_STREAM), CInt),
            given(proto).map_or(CInt(0), CInt),
        ),
    };
    let described = match fileno.and_then(Unclaimed::described) {
        Some(described) if family == CInt(-1) => described,
        _ => [family.0, r#type.0, proto.0],
    };
    audit::report_new(slf.as_any(), described)?;
    let timeout = default_timeout(py)?;
    let socket = match fileno {
        Some(number) => adopted(number, family, r#type, proto)?,
        None => CoreCall::new(py).run_brief(|| {
            Socket::new(Family(family.0), SocketType(r#type.0), Protocol(proto.0)).map(Arc::new)
        })?,
    };
    let non_blocking = r#type != CInt(-1) && SocketType(r#type.0).is_nonblocking();
    if non_blocking {
        socket.set_timeout(Timeout::NonBlocking);
    } else if timeout != Timeout::Never && socket.recv_timeout() == Timeout::Never {
        set_timeout(py, &socket, timeout)?; // a connection of a server may already have a timeout
    }
    // In CPython a socket without a timeout waits as its descriptor does.
    let came_nonblocking = !non_blocking && timeout == Timeout::Never && socket.descriptor_nonblocking();
    if came_nonblocking {
        socket.set_timeout(Timeout::NonBlocking);
    }
    if let Err(raised) = slf.get().keep(py, Arc::clone(&socket)) {
        if fileno.is_some_and(|fileno| fileno.cast_exact::<Unclaimed>().is_err()) {
            give_back(&socket);
        }
        return Err(raised);
    }
    let native = slf.get();
    native.note_came_nonblocking(came_nonblocking);
    native.mark_closed(false);
    native.set_files(0);
    Ok(())
}

/// Leaves the descriptor open: it still belongs to the program.
fn give_back(socket: &Socket) {
    if let Ok(fd) = socket.detach() {
        let _ = fd.into_raw_fd();
    }
}

/// The argument, if it was given: -1 stands for one that was not.
fn given(number: CInt) -> Option<i32> {
    (number != CInt(-1)).then_some(number.0)
}

fn adopted(number: &Bound<'_, PyAny>, family: CInt, r#type: CInt, proto: CInt) -> PyResult<Arc<Socket>> {
    let py = number.py();
    if let Ok(unclaimed) = number.cast_exact::<Unclaimed>() {
        return unclaimed.get().take().ok_or_else(|| errors::bad_descriptor(py));
    }
    if number.is_instance_of::<PyFloat>() {
        return Err(PyTypeError::new_err("integer argument expected, got float"));
    }
    let CInt(number) = number.extract()?;
    let fd = descriptor::adopt(number).ok_or_else(|| PyValueError::new_err("negative file descriptor"))?;
    let (family, kind, proto) = (
        given(family).map(Family),
        given(r#type).map(SocketType),
        given(proto).map(Protocol),
    );
    let made = Socket::from_fd_as(fd, family, kind, proto).map_err(|refused| {
        let _ = refused.fd.into_raw_fd(); // it still belongs to the program
        refused.error
    });
    errors::raise(py, made.map(Arc::new))
}
