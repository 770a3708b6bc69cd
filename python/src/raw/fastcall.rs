//! Methods that Python calls directly with plain arguments, without PyO3's preparations for each call.
//!
//! A fast method takes a call in its usual form. Every other form is passed on to PyO3's method of the same name, which
//! has the error texts. So wrong arguments are handled in one place, and correct ones take a short path.

use super::int;
use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::PyClass;
use std::ffi::{c_int, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null_mut;

/// How many fast methods a class has.
pub const COUNT: usize = 16;

/// A class with fast methods.
pub trait FastMethods: PyClass {
    const METHODS: [Method<Self>; COUNT];

    /// Where PyO3's methods are kept, in the order of `METHODS`.
    fn originals() -> &'static PyOnceLock<[Py<PyAny>; COUNT]>;
}

/// The object and the arguments of a call.
pub struct Arguments<'a, 'py, C> {
    pub py: Python<'py>,
    pub object: Borrowed<'a, 'py, C>,
    start: *const *mut ffi::PyObject,
    count: usize,
}

impl<'a, 'py, C> Arguments<'a, 'py, C> {
    /// How many arguments there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The argument at this position.
    pub fn get(&self, place: usize) -> Option<Borrowed<'a, 'py, PyAny>> {
        // SAFETY: Python gives us `count` arguments, alive while the call lasts.
        (place < self.count).then(|| unsafe { Borrowed::from_ptr(self.py, *self.start.add(place)) })
    }

    /// An argument that is exactly an int and fits.
    pub fn int(&self, place: usize) -> Option<isize> {
        int::exact(self.get(place)?)
    }
}

/// The result of a fast method; `None` for a call in another form.
pub type FastResult<'py> = PyResult<Option<Bound<'py, PyAny>>>;

/// A fast method.
pub struct Method<C> {
    pub name: &'static CStr,
    /// Whether it takes arguments at all.
    pub takes_arguments: bool,
    pub call: for<'a, 'py> fn(&Arguments<'a, 'py, C>) -> FastResult<'py>,
}

/// Puts the fast methods into the type in place of PyO3's.
pub fn install<C: FastMethods>(class: &Bound<'_, PyType>) -> PyResult<()> {
    let py = class.py();
    C::originals().get_or_try_init(py, || {
        let mut originals = Vec::with_capacity(COUNT);
        for (method, entry) in C::METHODS.iter().zip(entries::<C>()) {
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
    // Python keeps pointers to these as long as the type exists, which is forever.
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
unsafe extern "C" fn enter_without_arguments<C: FastMethods, const N: usize>(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls us with an object that lives while the call lasts, and there are no arguments.
    unsafe { enter::<C, N>(object, std::ptr::null(), 0, null_mut()) }
}

/// What Python calls for the method number `N`.
#[inline]
unsafe extern "C" fn enter<C: FastMethods, const N: usize>(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls us attached.
    let py = unsafe { Python::assume_attached() };
    if names.is_null() {
        // SAFETY: the method descriptor has checked that the object is of its type, and it lives while the call lasts.
        let object = unsafe { Borrowed::from_ptr(py, object).cast_unchecked::<C>() };
        let given = Arguments {
            py,
            object,
            start: arguments,
            count: usize::try_from(count).unwrap_or(0),
        };
        #[allow(clippy::indexing_slicing)] // evaluated at compile time
        let call = const { C::METHODS[N].call };
        match catch_unwind(AssertUnwindSafe(|| call(&given))) {
            Ok(Ok(Some(result))) => return result.into_ptr(),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return raise(error),
            Err(_) => return raise(PySystemError::new_err("panic in a call of polysock")),
        }
    }
    // SAFETY: the arguments that Python gave us are alive while the call lasts.
    unsafe { call_original::<C>(N, object, arguments, count, names) }
}

/// Raises an exception.
#[cold]
fn raise(error: PyErr) -> *mut ffi::PyObject {
    Python::attach(|py| error.restore(py));
    null_mut()
}

/// Makes the call through PyO3's method.
///
/// # Safety
/// The arguments must be those that Python gave to an entry.
#[cold]
unsafe fn call_original<C: FastMethods>(
    method: usize,
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let called = Python::attach(|py| {
        let original = C::originals().get(py).and_then(|originals| originals.get(method));
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

/// The function that Python calls, and its calling convention.
type Entry = (ffi::PyMethodDefPointer, c_int);

/// The entry of the method number `N`.
fn entry<C: FastMethods, const N: usize>() -> Entry {
    #[allow(clippy::indexing_slicing)] // evaluated at compile time
    let takes_arguments = const { C::METHODS[N].takes_arguments };
    if takes_arguments {
        let function = ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: enter::<C, N>,
        };
        (function, ffi::METH_FASTCALL | ffi::METH_KEYWORDS)
    } else {
        let function = ffi::PyMethodDefPointer {
            PyCFunction: enter_without_arguments::<C, N>,
        };
        (function, ffi::METH_NOARGS)
    }
}

fn entries<C: FastMethods>() -> [Entry; COUNT] {
    [
        entry::<C, 0>(),
        entry::<C, 1>(),
        entry::<C, 2>(),
        entry::<C, 3>(),
        entry::<C, 4>(),
        entry::<C, 5>(),
        entry::<C, 6>(),
        entry::<C, 7>(),
        entry::<C, 8>(),
        entry::<C, 9>(),
        entry::<C, 10>(),
        entry::<C, 11>(),
        entry::<C, 12>(),
        entry::<C, 13>(),
        entry::<C, 14>(),
        entry::<C, 15>(),
    ]
}
