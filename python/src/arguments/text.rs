//! Text and paths, and the exceptions for other objects.

use crate::errors;
use polysock::{memory, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::ffi::CString;

/// The TypeError for an object of the wrong type.
pub fn wrong_type(wanted: &str, object: &Bound<'_, PyAny>) -> PyErr {
    match object.get_type().name() {
        Ok(name) => PyTypeError::new_err(format!("{wanted}, not {name}")),
        Err(error) => error,
    }
}

/// The same for an argument, for which CPython calls None by its name.
pub fn wrong_argument(wanted: &str, object: &Bound<'_, PyAny>) -> PyErr {
    if object.is_none() {
        PyTypeError::new_err(format!("{wanted}, not None"))
    } else {
        wrong_type(wanted, object)
    }
}

/// Text as C reads it; TypeError for any other object, ValueError for an embedded NUL.
pub fn text(object: &Bound<'_, PyAny>, wanted: &str) -> PyResult<CString> {
    let Ok(text) = object.cast::<PyString>() else {
        return Err(wrong_argument(wanted, object));
    };
    c_string(text.to_str()?.as_bytes(), || {
        PyValueError::new_err("embedded null character")
    })
}

/// Bytes as C reads them; `with_nul` when there is an embedded NUL.
pub fn c_string(bytes: &[u8], with_nul: impl FnOnce() -> PyErr) -> PyResult<CString> {
    memory::c_string(bytes, Kind::InvalidInput("text")).map_err(|kind| {
        if kind == Kind::OutOfMemory {
            errors::no_memory(kind)
        } else {
            with_nul()
        }
    })
}

/// The bytes of a path argument: text, bytes, or anything with `__fspath__`.
pub fn path<'py>(path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let encoded = path.py().import("os")?.call_method1("fsencode", (path,))?;
    let bytes = encoded.cast_into::<PyBytes>()?;
    if bytes.as_bytes().contains(&0) {
        return Err(PyValueError::new_err("embedded null byte"));
    }
    Ok(bytes)
}
