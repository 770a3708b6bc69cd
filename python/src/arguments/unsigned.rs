//! Unsigned numbers, and which bits CPython takes of numbers out of range.

use super::signed::too_large;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

/// A C `unsigned int`, converted as C does: the number modulo its range.
#[derive(Clone, Copy)]
pub struct CUint(pub u32);

impl<'py> FromPyObject<'_, 'py> for CUint {
    type Error = PyErr;

    #[allow(clippy::cast_possible_truncation)] // as documented
    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        low_bits(&object).map(|wide| Self(wide as u32))
    }
}

/// The low 64 bits of a number of any size, as C's unsigned types take them.
fn low_bits(object: &Bound<'_, PyAny>) -> PyResult<u64> {
    match object.extract::<i64>() {
        #[allow(clippy::cast_sign_loss)] // as documented
        Ok(number) => Ok(number as u64),
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            let number = object.py().import("operator")?.call_method1("index", (object,))?;
            number.call_method1("__and__", (u64::MAX,))?.extract()
        }
        Err(error) => Err(error),
    }
}

/// A number for an unsigned field of the C type `kind`: a value that the field can hold, or the negative number with
/// the same bits. OverflowError for all others. CPython takes their low bits, so they silently become another port,
/// another interface, another channel.
pub fn field<T: TryFrom<u64>>(object: &Bound<'_, PyAny>, kind: &str) -> PyResult<T> {
    let out_of_range = || PyOverflowError::new_err(format!("Python int out of range of C {kind}"));
    let bits = 8 * std::mem::size_of::<T>();
    #[allow(clippy::cast_sign_loss)] // the bits are what is wanted
    let number = match object.extract::<i64>() {
        Ok(number) if number < 0 && number >> (bits - 1) == -1 => number as u64 & (u64::MAX >> (64 - bits)),
        Ok(number) => u64::try_from(number).map_err(|_| out_of_range())?,
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            object.extract().map_err(|_| out_of_range())?
        }
        Err(error) => return Err(error),
    };
    T::try_from(number).map_err(|_| out_of_range())
}

/// A C `unsigned long` within its range.
pub fn unsigned(number: &Bound<'_, PyAny>) -> PyResult<u64> {
    if number.lt(0)? {
        let text = "can't convert negative value to unsigned int";
        return Err(PyOverflowError::new_err(text));
    }
    let text = "Python int too large to convert to C unsigned long";
    too_large(number.as_borrowed(), text, |number| number.extract())
}

/// An unsigned number of the C type named `c_type`, as CPython converts it from 3.14 on: anything with `__index__`.
pub fn sized<'py, T: TryFrom<u64>>(number: &Bound<'py, PyAny>, c_type: &str) -> PyResult<T> {
    let number = number.py().import("operator")?.call_method1("index", (number,))?;
    if number.lt(0)? {
        return Err(PyValueError::new_err("Cannot convert negative int"));
    }
    let sized = number
        .extract::<u64>()
        .ok()
        .and_then(|wide| T::try_from(wide).ok());
    sized.ok_or_else(|| PyOverflowError::new_err(format!("Python int too large for C {c_type}")))
}
