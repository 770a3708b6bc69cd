//! The ways to end a socket: close, shutdown, detach.

use super::NativeSocket;
use crate::core_call::CoreCall;
use crate::errors;
use polysock::{Shutdown, Socket};
use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::os::fd::IntoRawFd;

/// What `_real_close` is in the class, unless a program replaces it.
static REAL_CLOSE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Remembers the `_real_close` that closes no more than [`close`].
pub fn remember_real_close(class: &Bound<'_, PyType>) -> PyResult<()> {
    let real_close = class.getattr(intern!(class.py(), "_real_close"))?;
    let _ = REAL_CLOSE.set(class.py(), real_close.unbind());
    Ok(())
}

/// Closes the core's socket.
pub fn close(py: Python<'_>, native: &NativeSocket) -> PyResult<()> {
    match native.current() {
        Some(socket) => CoreCall::new(py).run(|caller| socket.on(caller).close()),
        None => Ok(()),
    }
}

/// Whether the program has closed the socket. As in the standard class, AttributeError if `__init__` never ran.
pub fn marked_closed(slf: &Bound<'_, NativeSocket>) -> PyResult<bool> {
    slf.get().marked_closed().ok_or_else(|| missing(slf, "_closed"))
}

/// How many files made by makefile() are open. As in the standard class, AttributeError if `__init__` never ran.
pub fn files(slf: &Bound<'_, NativeSocket>) -> PyResult<isize> {
    slf.get().files().ok_or_else(|| missing(slf, "_io_refs"))
}

/// Counts another file made by makefile().
pub fn add_file(slf: &Bound<'_, NativeSocket>) -> PyResult<()> {
    let before = slf.get().change_files(1);
    before.map(drop).ok_or_else(|| missing(slf, "_io_refs"))
}

/// Counts one file less, in one step also when several threads close files.
pub fn remove_file(slf: &Bound<'_, NativeSocket>) -> PyResult<()> {
    let before = slf.get().change_files(-1);
    before.map(drop).ok_or_else(|| missing(slf, "_io_refs"))
}

#[cold]
fn missing(slf: &Bound<'_, NativeSocket>, attribute: &str) -> PyErr {
    match slf.get_type().name() {
        Ok(class) => PyAttributeError::new_err(format!("'{class}' object has no attribute '{attribute}'")),
        Err(raised) => raised,
    }
}

/// Closes the socket unless files made by makefile() are open; the last of them then does. A class may have another
/// `_real_close`.
pub fn close_without_files(slf: &Bound<'_, NativeSocket>) -> PyResult<()> {
    let (py, native) = (slf.py(), slf.get());
    native.mark_closed(true);
    if files(slf)? > 0 {
        return Ok(());
    }
    let name = intern!(py, "_real_close");
    let real_close = slf.get_type().getattr(name)?;
    if REAL_CLOSE.get(py).is_some_and(|ours| real_close.is(ours)) {
        return close(py, native);
    }
    slf.call_method0(name).map(drop)
}

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
