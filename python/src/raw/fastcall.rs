//! Methods that Python calls directly with plain arguments, without PyO3's preparations for each call.
//!
//! A fast method takes a call in its usual form. Every other form is passed on to PyO3's method of the same name, which
//! has the error texts. So wrong arguments are handled in one place, and correct ones take a short path.
//!
//! The interpreter calls a method straight from its bytecode only on objects of exactly the class that has it. So the fast
//! methods are put into the class whose objects programs use, not into PyO3's type, from which that inherits.

use super::int;
use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::PyClass;
use std::ffi::{c_int, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null_mut;

/// How many fast methods a class has.
pub const COUNT: usize = 15;

/// A type whose subclass has fast methods.
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

/// The result of a fast method. It fits into two registers, unlike one with a `PyErr`.
pub type FastResult<'py> = Result<Bound<'py, PyAny>, NoResult>;

/// Why a fast method has no result.
pub enum NoResult {
    /// The call has another form, which PyO3's method handles.
    OtherForm,
    /// An exception has been raised.
    Raised,
}

impl From<PyErr> for NoResult {
    #[cold]
    fn from(error: PyErr) -> Self {
        raise(error);
        Self::Raised
    }
}

/// A fast method.
pub struct Method<C> {
    pub name: &'static CStr,
    /// Whether it takes arguments at all.
    pub takes_arguments: bool,
    pub call: for<'a, 'py> fn(&Arguments<'a, 'py, C>) -> FastResult<'py>,
}

/// Puts the fast methods into a subclass of PyO3's type, whose methods they replace there.
pub fn install<C: FastMethods>(class: &Bound<'_, PyType>) -> PyResult<()> {
    let py = class.py();
    if !class.is_subclass_of::<C>()? {
        return Err(PyTypeError::new_err("not a subclass"));
    }
    let slow = py.get_type::<C>();
    let originals = C::originals().get_or_try_init(py, || {
        let mut originals = Vec::with_capacity(COUNT);
        for method in &C::METHODS {
            originals.push(slow.getattr(text(method.name))?.unbind());
        }
        originals
            .try_into()
            .map_err(|_| PySystemError::new_err("methods are missing"))
    })?;
    for ((method, original), entry) in C::METHODS.iter().zip(originals).zip(entries::<C>()) {
        add(class, method.name, original.bind(py), entry)?;
    }
    Ok(())
}

fn text(name: &'static CStr) -> &'static str {
    name.to_str().unwrap_or_default()
}

/// Puts one entry into the class, with the signature and the documentation of the method that it replaces.
fn add(
    class: &Bound<'_, PyType>,
    name: &'static CStr,
    original: &Bound<'_, PyAny>,
    (function, flags): Entry,
) -> PyResult<()> {
    let py = class.py();
    let text_name = text(name);
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
    // SAFETY: the type is alive, and the definition stays. Its function takes objects of PyO3's type and its subclasses, of
    // which `class` is one.
    let descriptor = unsafe { ffi::PyDescr_NewMethod(class.as_type_ptr(), definition) };
    // SAFETY: a new reference, or null with an exception set.
    let descriptor = unsafe { Bound::from_owned_ptr_or_err(py, descriptor) }?;
    class.setattr(text_name, descriptor)
}

/// What Python calls for the method number `N`, which takes no arguments. It is given those that a wrong call has: the
/// interpreter calls a function with this signature straight from its bytecode, even on a bound method.
unsafe extern "C" fn enter_without_names<C: FastMethods, const N: usize>(
    object: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls us with an object and arguments that live while the call lasts.
    unsafe { enter::<C, N>(object, arguments, count, null_mut()) }
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
            Ok(Ok(result)) => return result.into_ptr(),
            Ok(Err(NoResult::OtherForm)) => {}
            Ok(Err(NoResult::Raised)) => return null_mut(),
            Err(_) => return raise(PySystemError::new_err("panic in a call of polysock")),
        }
    }
    // SAFETY: the arguments that Python gave us are alive while the call lasts.
    unsafe { call_original::<C>(N, object, arguments, count, names) }
}

/// Raises an exception.
#[cold]
pub(super) fn raise(error: PyErr) -> *mut ffi::PyObject {
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
            PyCFunctionFast: enter_without_names::<C, N>,
        };
        (function, ffi::METH_FASTCALL)
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
    ]
}
