//! Calls of Python's functions without making a tuple for the arguments, which PyO3 does under the stable ABI.

use pyo3::ffi;
use pyo3::prelude::*;
use std::mem::transmute;
use std::ptr::null_mut;
use std::sync::OnceLock;

/// Calls a function with two arguments.
pub fn with_two<'py>(
    function: &Bound<'py, PyAny>,
    one: &Bound<'py, PyAny>,
    other: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let result = if let Some(vectorcall) = vectorcall() {
        // The place before the arguments is for a bound method, which puts its object there.
        let mut places = [null_mut(), one.as_ptr(), other.as_ptr()];
        let count = 2 | ARGUMENTS_OFFSET;
        // SAFETY: attached, and the three objects are alive during the call; there is a place before the two arguments.
        unsafe {
            let arguments = places.as_mut_ptr().add(1);
            vectorcall(function.as_ptr(), arguments, count, null_mut())
        }
    } else {
        // SAFETY: attached, and the three objects are alive during the call; NULL ends the arguments.
        unsafe {
            ffi::PyObject_CallFunctionObjArgs(
                function.as_ptr(),
                one.as_ptr(),
                other.as_ptr(),
                null_mut::<ffi::PyObject>(),
            )
        }
    };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(function.py(), result) }
}

/// `PY_VECTORCALL_ARGUMENTS_OFFSET`.
const ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

type Vectorcall = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *mut *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// `PyObject_Vectorcall`, which interpreters exported before it became part of the stable ABI.
#[inline]
fn vectorcall() -> Option<Vectorcall> {
    static FOUND: OnceLock<Option<Vectorcall>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let address = super::threads::symbol(c"PyObject_Vectorcall");
        // SAFETY: null becomes None, and CPython's function of this name has this signature.
        unsafe { transmute::<*mut libc::c_void, Option<Vectorcall>>(address) }
    })
}
