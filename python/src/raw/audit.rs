//! `PySys_Audit`, which costs next to nothing without a hook: arguments are made into objects only for a hook.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::CStr;
use std::mem::transmute;
use std::os::raw::{c_char, c_int};
use std::sync::OnceLock;

type Audit = unsafe extern "C" fn(*const c_char, *const c_char, ...) -> c_int;

/// Exported by every CPython, but part of its stable ABI only from 3.13 on. `None` if it is missing.
fn audit() -> Option<Audit> {
    static FOUND: OnceLock<Option<Audit>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let address = super::threads::symbol(c"PySys_Audit");
        // SAFETY: null becomes None, and CPython's function of this name has this signature.
        unsafe { transmute::<*mut libc::c_void, Option<Audit>>(address) }
    })
}

/// Reports an event with two objects; `None` if that can't be done here.
pub fn two_objects(event: &CStr, one: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> Option<PyResult<()>> {
    let (one, other, py) = (one.as_ptr(), other.as_ptr(), one.py());
    // SAFETY: attached; the format takes two objects, which are alive.
    let code = unsafe { audit()?(event.as_ptr(), c"OO".as_ptr(), one, other) };
    Some(result_of(py, code))
}

/// Reports an event with an object and three numbers; `None` if that can't be done here.
pub fn object_and_numbers(
    event: &CStr,
    object: &Bound<'_, PyAny>,
    numbers: [c_int; 3],
) -> Option<PyResult<()>> {
    let [first, second, third] = numbers;
    let (name, format) = (event.as_ptr(), c"Oiii".as_ptr());
    // SAFETY: attached; the format takes an object, which is alive, and three ints.
    let code = unsafe { audit()?(name, format, object.as_ptr(), first, second, third) };
    Some(result_of(object.py(), code))
}

fn result_of(py: Python<'_>, code: c_int) -> PyResult<()> {
    // SAFETY: attached.
    if code != 0 && unsafe { !ffi::PyErr_Occurred().is_null() } {
        return Err(PyErr::fetch(py));
    }
    Ok(())
}
