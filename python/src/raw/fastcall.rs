//! Entries for the calls that programs make most often, without what PyO3 does before each method.
//!
//! An entry takes a call in its usual form. Every other form goes on to PyO3's method of the same name, which knows
//! what to say about it. So there is one place for arguments that are wrong, and a short way for those that are right.

use super::int;
use crate::fastcall::table;
use crate::socket::NativeSocket;
use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::ffi::{CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null_mut;

/// A call as Python makes it.
pub struct Call<'a, 'py> {
    pub py: Python<'py>,
    pub object: Borrowed<'a, 'py, NativeSocket>,
    arguments: *const *mut ffi::PyObject,
    count: usize,
}

impl<'a, 'py> Call<'a, 'py> {
    /// How many arguments there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// An argument by its place.
    pub fn argument(&self, place: usize) -> Option<Borrowed<'a, 'py, PyAny>> {
        // SAFETY: Python gives us `count` arguments, alive while the call lasts.
        (place < self.count).then(|| unsafe { Borrowed::from_ptr(self.py, *self.arguments.add(place)) })
    }

    /// An argument that is exactly an int and fits.
    pub fn number(&self, place: usize) -> Option<isize> {
        int::exact(self.argument(place)?)
    }
}

/// A method with a short way: its name, and what takes the usual form; `None` for any other form.
pub struct Method {
    pub name: &'static CStr,
    pub take: for<'a, 'py> fn(&Call<'a, 'py>) -> PyResult<Option<Bound<'py, PyAny>>>,
}

const COUNT: usize = table::METHODS.len();

/// PyO3's methods, in the order of [`table::METHODS`].
static ORIGINALS: PyOnceLock<[Py<PyAny>; COUNT]> = PyOnceLock::new();

/// Puts the entries into the type in place of PyO3's methods.
pub fn install(class: &Bound<'_, PyType>) -> PyResult<()> {
    let py = class.py();
    let entries = entries();
    ORIGINALS.get_or_try_init(py, || {
        let mut originals = Vec::with_capacity(COUNT);
        for (method, entry) in table::METHODS.iter().zip(entries) {
            originals.push(replace(class, method.name, entry)?.unbind());
        }
        originals
            .try_into()
            .map_err(|_| PySystemError::new_err("methods are missing"))
    })?;
    Ok(())
}

/// Puts one entry into the type; returns what was there.
fn replace<'py>(
    class: &Bound<'py, PyType>,
    name: &'static CStr,
    (function, flags): Entry,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let text_name = name.to_str().unwrap_or_default();
    let original = class.getattr(text_name)?;
    let signature: String = original.getattr("__text_signature__")?.extract()?;
    let doc: String = original.getattr("__doc__")?.extract()?;
    let doc = CString::new(format!("{text_name}{signature}\n--\n\n{doc}"))?;
    // Python keeps pointers to these for as long as there is the type, that is for ever.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: function,
        ml_flags: flags,
        ml_doc: Box::leak(doc.into_boxed_c_str()).as_ptr(),
    }));
    // SAFETY: the type is alive, and the definition stays.
    let descriptor = unsafe { ffi::PyDescr_NewMethod(class.as_type_ptr(), definition) };
    // SAFETY: a new reference, or null with an exception set.
    let descriptor = unsafe { Bound::from_owned_ptr_or_err(py, descriptor) }?;
    class.setattr(text_name, descriptor)?;
    Ok(original)
}

/// What Python calls for the method number `N`, which takes no arguments.
unsafe extern "C" fn enter_without<const N: usize>(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls us with an object that lives while the call lasts, and there are no arguments.
    unsafe { enter::<N>(object, std::ptr::null(), 0, null_mut()) }
}

/// What Python calls for the method number `N`.
#[inline]
unsafe extern "C" fn enter<const N: usize>(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls us attached.
    let py = unsafe { Python::assume_attached() };
    if names.is_null() {
        // SAFETY: the descriptor has seen that the object is of its type, and it lives while the call lasts.
        let object = unsafe { Borrowed::from_ptr(py, object).cast_unchecked::<NativeSocket>() };
        let call = Call {
            py,
            object,
            arguments,
            count: usize::try_from(count).unwrap_or(0),
        };
        #[allow(clippy::indexing_slicing)] // while compiling
        let take = const { table::METHODS[N].take };
        match catch_unwind(AssertUnwindSafe(|| take(&call))) {
            Ok(Ok(Some(result))) => return result.into_ptr(),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return raise(error),
            Err(_) => return raise(PySystemError::new_err("panic in a call of polysock")),
        }
    }
    // SAFETY: what Python gave us is alive while the call lasts.
    unsafe { call_original(N, object, arguments, count, names) }
}

/// Raises an exception, for PyO3 within a block of its own.
#[cold]
fn raise(error: PyErr) -> *mut ffi::PyObject {
    Python::attach(|py| error.restore(py));
    null_mut()
}

/// Makes the call by PyO3's method.
///
/// # Safety
/// The arguments are what Python gave to an entry.
#[cold]
unsafe fn call_original(
    method: usize,
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let called = Python::attach(|py| {
        let original = ORIGINALS.get(py).and_then(|originals| originals.get(method));
        let original = original.ok_or_else(|| PySystemError::new_err("the method is missing"))?;
        // SAFETY: alive, as promised.
        let at = |place: usize| unsafe { Borrowed::from_ptr(py, *arguments.add(place)).to_owned() };
        let count = usize::try_from(count).unwrap_or(0);
        // SAFETY: alive, as promised.
        let object = unsafe { Borrowed::from_ptr(py, object) }.to_owned();
        let all = std::iter::once(object).chain((0..count).map(at));
        let all = PyTuple::new(py, all.collect::<Vec<_>>())?;
        let by_name = PyDict::new(py);
        if !names.is_null() {
            // SAFETY: a tuple of names, alive, as promised.
            let names = unsafe { Borrowed::from_ptr(py, names) }.to_owned();
            for (place, name) in names.try_iter()?.enumerate() {
                by_name.set_item(name?, at(count + place))?;
            }
        }
        original.bind(py).call(all, Some(&by_name)).map(Bound::unbind)
    });
    match called {
        Ok(result) => result.into_ptr(),
        Err(error) => raise(error),
    }
}

/// What Python is to call, and how.
type Entry = (ffi::PyMethodDefPointer, std::os::raw::c_int);

fn with_arguments(entry: ffi::PyCFunctionFastWithKeywords) -> Entry {
    let function = ffi::PyMethodDefPointer {
        PyCFunctionFastWithKeywords: entry,
    };
    (function, ffi::METH_FASTCALL | ffi::METH_KEYWORDS)
}

fn without_arguments(entry: ffi::PyCFunction) -> Entry {
    (ffi::PyMethodDefPointer { PyCFunction: entry }, ffi::METH_NOARGS)
}

/// An entry for each method.
fn entries() -> [Entry; COUNT] {
    [
        with_arguments(enter::<0>),
        with_arguments(enter::<1>),
        with_arguments(enter::<2>),
        with_arguments(enter::<3>),
        with_arguments(enter::<4>),
        with_arguments(enter::<5>),
        with_arguments(enter::<6>),
        without_arguments(enter_without::<7>),
        without_arguments(enter_without::<8>),
        without_arguments(enter_without::<9>),
        with_arguments(enter::<10>),
        with_arguments(enter::<11>),
    ]
}
