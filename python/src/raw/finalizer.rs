//! The finalizer, which warns of a socket that nobody closed.
//!
//! PyO3 makes no finalizer, and a `__del__` written in Python costs five times as much per object as this native one,
//! which Python finds when it makes a subclass.

use crate::raw::fastcall;
use crate::socket::NativeSocket;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ptr::null_mut;

/// The type that Python sees, once per interpreter: with its `__del__` known to itself, not only to subclasses.
pub fn socket_type(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let class = py.get_type::<NativeSocket>();
    let name = intern!(py, "__del__");
    class.setattr(name, class.getattr(name)?)?;
    fastcall::install(&class)?;
    Ok(class)
}

/// Warns if nobody closed the socket, and closes it after the warning, as its text shows the descriptor.
pub fn finalize(socket: &Bound<'_, NativeSocket>) {
    if socket.get().is_forgotten() {
        keep_exception(|| {
            warn(socket);
            socket.get().close_quietly(socket.py());
        });
    }
}

fn warn(socket: &Bound<'_, NativeSocket>) {
    let object = socket.as_ptr();
    // SAFETY: attached; the format takes the one object it is given.
    if unsafe { ffi::PyErr_ResourceWarning(object, 1, c"unclosed %R".as_ptr(), object) } == 0 {
        return;
    }
    // SAFETY: attached, with an exception set.
    if unsafe { ffi::PyErr_ExceptionMatches(ffi::PyExc_Warning) } != 0 {
        // SAFETY: as above. A warning turned into an error has nowhere to go.
        unsafe { ffi::PyErr_WriteUnraisable(object) };
    } else {
        // SAFETY: attached. At shutdown the machinery of warnings is partly gone already.
        unsafe { ffi::PyErr_Clear() };
    }
}

/// Runs `f` with no exception set and puts back the one that was.
fn keep_exception(f: impl FnOnce()) {
    let (mut class, mut value, mut trace) = (null_mut(), null_mut(), null_mut());
    // SAFETY: attached, and the three are ours.
    unsafe { ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut trace) };
    f();
    // SAFETY: attached; the three are what was fetched.
    unsafe { ffi::PyErr_Restore(class, value, trace) };
}
