//! ALG, the kernel's cryptography: `(type, name[, features[, mask]])`, `struct sockaddr_alg`.

use super::items::{items, name, short, ALG};
use super::layout::{Reader, Writer};
use polysock::Address;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::IntoPyObjectExt;

const LENGTH: usize = 88;
const TYPE: usize = 2;
const TYPE_SIZE: usize = 14;
const FEATURES: usize = 16;
const MASK: usize = 20;
const NAME: usize = 24;
const NAME_SIZE: usize = 64;

pub fn from_python(caller: &str, address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let not_tuple = format!("{caller}(): AF_ALG address must be tuple");
    let malformed = "AF_ALG address must be a tuple (type, name[, feat[, mask]])";
    let tuple = items(address, &not_tuple, 2..=4, malformed)?;
    let (kind, name) = (name(tuple, 0, malformed)?, name(tuple, 1, malformed)?);
    let number = |at: usize| -> PyResult<u32> {
        if tuple.len() <= at {
            return Ok(0);
        }
        short(tuple, at).map(u32::from)
    };
    let (features, mask) = (number(2)?, number(3)?);
    if kind.len() >= TYPE_SIZE {
        return Err(PyValueError::new_err("AF_ALG type too long."));
    }
    if name.len() >= NAME_SIZE {
        return Err(PyValueError::new_err("AF_ALG name too long."));
    }
    Writer::new(ALG, LENGTH)
        .put(TYPE, kind)
        .put(FEATURES, features.to_ne_bytes())
        .put(MASK, mask.to_ne_bytes())
        .put(NAME, name)
        .finish()
}

pub fn to_python<'py>(py: Python<'py>, address: &Reader<'_>) -> PyResult<Bound<'py, PyAny>> {
    let kind = PyString::from_bytes(py, &address.text::<TYPE_SIZE>(TYPE))?;
    let name = PyString::from_bytes(py, &address.text::<NAME_SIZE>(NAME))?;
    (kind, name, address.u32(FEATURES), address.u32(MASK)).into_bound_py_any(py)
}
