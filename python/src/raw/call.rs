//! Calls of Python's functions without making a tuple for the arguments, which PyO3 does under the stable ABI.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::null_mut;

/// Calls a function with two arguments.
pub fn with_two<'py>(
    function: &Bound<'py, PyAny>,
    one: &Bound<'py, PyAny>,
    other: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: attached, and the three objects are alive during the call; NULL ends the arguments.
    let result = unsafe {
        ffi::PyObject_CallFunctionObjArgs(
            function.as_ptr(),
            one.as_ptr(),
            other.as_ptr(),
            null_mut::<ffi::PyObject>(),
        )
    };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(function.py(), result) }
}
