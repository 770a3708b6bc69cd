//! The type that the module exports, and what the class made from it in Python gets.

use super::{close, create, finalize, NativeSocket};
use crate::arguments::CInt;
use crate::raw::slots::{self, Slots};
use crate::raw::{fastcall, int};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// The type that the module exports.
pub fn native_type(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let doc = c"A socket object: empty after `__new__`, with the core's socket after `__init__`.";
    slots::type_with_slots::<NativeSocket>(py, c"polysock._native.socket", doc)
}

/// Gives the class of Python's sockets the methods that programs call most often, in a form that the interpreter calls
/// without detours.
#[pyfunction]
#[pyo3(signature = (socket_class, /))]
pub fn complete_class(socket_class: &Bound<'_, PyType>) -> PyResult<()> {
    close::remember_real_close(socket_class)?;
    fastcall::install::<NativeSocket>(socket_class)
}

impl Slots for NativeSocket {
    /// See [`create::init`]: -1 stands for a number that is not given.
    fn init(object: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<Option<()>> {
        let mut numbers = [CInt(-1); 3];
        let mut given = arguments.iter_borrowed();
        for (number, argument) in numbers.iter_mut().zip(given.by_ref()) {
            match int::exact(argument).map(i32::try_from) {
                Some(Ok(exact)) => *number = CInt(exact),
                _ => return Ok(None),
            }
        }
        let fileno = given.next().filter(|fileno| !fileno.is_none());
        if given.next().is_some() {
            let text = format!(
                "socket.__init__() takes from 1 to 5 positional arguments but {} were given",
                arguments.len() + 1
            );
            return Err(PyTypeError::new_err(text)); // that of a method written in Python
        }
        create::init(object, numbers, fileno.as_deref()).map(Some)
    }

    fn finalize(object: &Bound<'_, Self>) {
        finalize::finalize(object);
    }
}
