//! What finalizers need: to issue a warning, and to preserve an exception that is being raised.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::null_mut;

/// Issues a ResourceWarning that an object was not closed.
pub fn warn_unclosed(object: &Bound<'_, PyAny>) {
    let object = object.as_ptr();
    // SAFETY: attached; the format takes the one object it is given.
    if unsafe { ffi::PyErr_ResourceWarning(object, 1, c"unclosed %R".as_ptr(), object) } == 0 {
        return;
    }
    // SAFETY: attached, with an exception set.
    if unsafe { ffi::PyErr_ExceptionMatches(ffi::PyExc_Warning) } != 0 {
        // SAFETY: as above. A warning turned into an error has nowhere to go.
        unsafe { ffi::PyErr_WriteUnraisable(object) };
    } else {
        // SAFETY: attached. At shutdown the warnings machinery is already partly gone.
        unsafe { ffi::PyErr_Clear() };
    }
}

/// Runs `f` with no exception set and restores the one that was set.
#[allow(deprecated)] // what replaces the two functions is missing up to CPython 3.11
pub fn keep_exception(f: impl FnOnce()) {
    let (mut class, mut value, mut trace) = (null_mut(), null_mut(), null_mut());
    // SAFETY: attached, and the three are ours.
    unsafe { ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut trace) };
    f();
    // SAFETY: attached; the three are what was fetched.
    unsafe { ffi::PyErr_Restore(class, value, trace) };
}
