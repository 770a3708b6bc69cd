//! The type that Python sees: the native one with a finalizer, which warns of a socket that nobody closed.
//!
//! PyO3 makes no finalizer, and one written in Python costs five times as much per object. So a type made by hand,
//! without fields of its own, stands between the native type and its users.

use crate::socket::NativeSocket;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null_mut;

/// Makes the type; once per interpreter.
pub fn socket_type(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let mut slots = [
        ffi::PyType_Slot {
            slot: ffi::Py_tp_finalize,
            pfunc: finalize as unsafe extern "C" fn(*mut ffi::PyObject) as *mut c_void,
        },
        ffi::PyType_Slot {
            slot: 0,
            pfunc: null_mut(),
        },
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"polysock._native.Socket".as_ptr(),
        basicsize: 0, // as the base
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_BASETYPE) as _,
        slots: slots.as_mut_ptr(),
    };
    let base = py.get_type::<NativeSocket>();
    // SAFETY: attached; `spec` and its slots live through the call, the name for ever, and the base is a type.
    let made = unsafe { ffi::PyType_FromSpecWithBases(&raw mut spec, base.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
    Ok(made.cast_into()?)
}

/// Warns if the socket is still open, and closes it after the warning, as its text shows the descriptor.
unsafe extern "C" fn finalize(object: *mut ffi::PyObject) {
    // A panic must not cross into C. There is nobody to tell.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the interpreter finalizes objects attached. (`Python::attach` refuses while it shuts down.)
        let py = unsafe { Python::assume_attached() };
        // SAFETY: the object is alive while it is finalized.
        let object = unsafe { Bound::from_borrowed_ptr(py, object) };
        // SAFETY: the finalizer belongs to a subtype of the native type.
        let socket: Bound<'_, NativeSocket> = unsafe { object.cast_into_unchecked() };
        if socket.get().is_open() {
            keep_exception(|| {
                warn(&socket);
                socket.get().close_quietly(py);
            });
        }
    }));
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
