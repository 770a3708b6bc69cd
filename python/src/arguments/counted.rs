//! Arguments that are counted by hand, to raise CPython's texts when one is missing.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// An argument that may be missing.
pub enum Argument<T> {
    Missing,
    Given(T),
}

impl<'a, 'py, T: FromPyObject<'a, 'py, Error = PyErr>> FromPyObject<'a, 'py> for Argument<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        T::extract(object).map(Self::Given)
    }
}

impl<T> Argument<T> {
    /// The argument; TypeError with this text if it is missing.
    pub fn or(self, missing: &'static str) -> PyResult<T> {
        match self {
            Self::Given(argument) => Ok(argument),
            Self::Missing => Err(PyTypeError::new_err(missing)),
        }
    }
}

/// Any object, as an [`Argument`].
pub struct Object<'py>(pub Bound<'py, PyAny>);

impl<'py> FromPyObject<'_, 'py> for Object<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(object.to_owned()))
    }
}
