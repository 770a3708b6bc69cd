//! A type with the functions that PyO3 gives its own types no way to have: a finalizer that the interpreter calls without
//! looking for `__del__`, and an `__init__` that takes plain arguments without PyO3's preparations.

use super::fastcall::raise;
use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use pyo3::PyClass;
use std::ffi::{c_int, c_void, CStr};
use std::mem::transmute;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// PyO3's type, from which the type with these functions inherits.
pub trait Slots: PyClass {
    /// Does what `__init__` does with positional arguments; `None` leaves any other form to PyO3's `__init__`.
    fn init(object: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<Option<()>>;

    /// Called once when the object is about to be freed, perhaps while an exception is being raised.
    fn finalize(object: &Bound<'_, Self>);
}

/// Makes a type that inherits everything else from PyO3's. `name` has the module in front.
pub fn type_with_slots<'py, C: Slots>(
    py: Python<'py>,
    name: &'static CStr,
    doc: &'static CStr,
) -> PyResult<Bound<'py, PyType>> {
    let mut slots = [
        ffi::PyType_Slot {
            slot: ffi::Py_tp_init,
            pfunc: init::<C> as ffi::initproc as *mut c_void,
        },
        ffi::PyType_Slot {
            slot: ffi::Py_tp_finalize,
            pfunc: finalize::<C> as ffi::destructor as *mut c_void,
        },
        ffi::PyType_Slot {
            slot: ffi::Py_tp_doc,
            pfunc: doc.as_ptr().cast_mut().cast(),
        },
        ffi::PyType_Slot {
            slot: 0,
            pfunc: std::ptr::null_mut(),
        },
    ];
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: 0, // the base's
        itemsize: 0,
        #[allow(clippy::cast_possible_truncation)] // these are among the lower bits
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_BASETYPE) as u32,
        slots: slots.as_mut_ptr(),
    };
    let base = py.get_type::<C>();
    // SAFETY: attached; the specification is complete and copied, except for the name, which stays.
    let class = unsafe { ffi::PyType_FromSpecWithBases(&raw mut spec, base.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, class) }?;
    Ok(class.cast_into()?)
}

/// What Python calls for `__init__`.
unsafe extern "C" fn init<C: Slots>(
    object: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    names: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: Python calls us attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: Python gives us a dict or null.
    if names.is_null() || unsafe { ffi::PyDict_Size(names) } == 0 {
        // SAFETY: Python calls us with an object of the type, or of a subclass, that lives while the call lasts.
        let object = unsafe { Borrowed::from_ptr(py, object).cast_unchecked::<C>() };
        // SAFETY: and with a tuple that does.
        let arguments = unsafe { Borrowed::from_ptr(py, arguments).cast_unchecked::<PyTuple>() };
        match catch_unwind(AssertUnwindSafe(|| C::init(&object, &arguments))) {
            Ok(Ok(Some(()))) => return 0,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return fail(error),
            Err(_) => return fail(PySystemError::new_err("panic in a call of polysock")),
        }
    }
    // SAFETY: attached, and PyO3's type is a heap type.
    let original = unsafe { ffi::PyType_GetSlot(C::type_object_raw(py), ffi::Py_tp_init) };
    // SAFETY: null becomes None, and the function in this slot has this signature.
    match unsafe { transmute::<*mut c_void, Option<ffi::initproc>>(original) } {
        // SAFETY: the arguments are those that Python gave us.
        Some(original) => unsafe { original(object, arguments, names) },
        None => fail(PySystemError::new_err("the method is missing")),
    }
}

#[cold]
fn fail(error: PyErr) -> c_int {
    raise(error);
    -1
}

/// What Python calls before it frees an object.
unsafe extern "C" fn finalize<C: Slots>(object: *mut ffi::PyObject) {
    // SAFETY: Python calls us attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: Python calls us with an object of the type, or of a subclass, that is still alive.
    let object = unsafe { Borrowed::from_ptr(py, object).cast_unchecked::<C>() };
    // Nowhere to report a panic to.
    let _ = catch_unwind(AssertUnwindSafe(|| C::finalize(&object)));
}
