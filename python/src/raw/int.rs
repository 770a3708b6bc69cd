//! Exact ints, without PyO3's handling of other objects and of -1.

use pyo3::ffi;
use pyo3::prelude::*;

/// The number of an object that is exactly an int, if it fits.
pub fn exact(object: Borrowed<'_, '_, PyAny>) -> Option<isize> {
    let object = object.as_ptr();
    // SAFETY: the object is alive.
    if unsafe { ffi::PyLong_CheckExact(object) } == 0 {
        return None;
    }
    // SAFETY: as above, and we are attached.
    let number = unsafe { ffi::PyLong_AsSsize_t(object) };
    // SAFETY: we are attached.
    if number == -1 && unsafe { !ffi::PyErr_Occurred().is_null() } {
        // SAFETY: as above. The general conversion of the object raises it again.
        unsafe { ffi::PyErr_Clear() };
        return None;
    }
    Some(number)
}
