//! Signed numbers: C's `int`, `long` and `Py_ssize_t`.

use super::since;
use crate::raw::int;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

/// A C `int`: anything with `__index__`, and OverflowError beyond its range.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CInt(pub i32);

impl<'py> FromPyObject<'_, 'py> for CInt {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let wide = match int::exact(object) {
            Some(number) => number as i64,
            None => object.extract()?,
        };
        i32::try_from(wide).map(Self).map_err(|_| {
            PyOverflowError::new_err(if wide < 0 {
                "signed integer is less than minimum"
            } else {
                "signed integer is greater than maximum"
            })
        })
    }
}

/// A C `int` with CPython's other text for the range (`_PyLong_AsInt`).
#[derive(Clone, Copy)]
pub struct AsInt(pub i32);

impl<'py> FromPyObject<'_, 'py> for AsInt {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let CInt(number) = too_large(object, "Python int too large to convert to C int", CInt::extract)?;
        Ok(Self(number))
    }
}

/// The flags of a call that sends: a C `int`, for which CPython has a different range error from 3.15 on.
#[derive(Clone, Copy)]
pub struct SendFlags(pub CInt);

impl<'py> FromPyObject<'_, 'py> for SendFlags {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if since(object.py(), 15) {
            object.extract::<AsInt>().map(|number| Self(CInt(number.0)))
        } else {
            object.extract().map(Self)
        }
    }
}

/// Extracts a number, with this error text when it is out of range.
pub fn too_large<'a, 'py, T>(
    object: Borrowed<'a, 'py, PyAny>,
    text: &'static str,
    extract: impl FnOnce(Borrowed<'a, 'py, PyAny>) -> PyResult<T>,
) -> PyResult<T> {
    extract(object).map_err(|error| {
        if error.is_instance_of::<PyOverflowError>(object.py()) {
            PyOverflowError::new_err(text)
        } else {
            error
        }
    })
}

/// A C `Py_ssize_t`.
#[derive(Clone, Copy)]
pub struct Size(isize);

impl Size {
    pub const ZERO: Self = Self(0);
    /// What the length field of UDP allows.
    pub const LARGEST_DATAGRAM: Self = Self(65_535);

    /// The size as a count; ValueError with this text when it is negative.
    pub fn count(self, negative: &str) -> PyResult<usize> {
        self.count_or(|| negative.to_owned())
    }

    /// The same with a text that is made when needed.
    pub fn count_or(self, negative: impl FnOnce() -> String) -> PyResult<usize> {
        usize::try_from(self.0).map_err(|_| PyValueError::new_err(negative()))
    }
}

impl<'py> FromPyObject<'_, 'py> for Size {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = "Python int too large to convert to C ssize_t";
        too_large(object, text, |object| object.extract()).map(Self)
    }
}

/// A C `long`, such as an offset in a file.
#[derive(Clone, Copy)]
pub struct CLong(pub i64);

impl<'py> FromPyObject<'_, 'py> for CLong {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = "Python int too large to convert to C long";
        too_large(object, text, |object| object.extract()).map(Self)
    }
}
