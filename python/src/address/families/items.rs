//! The items of address tuples, and the families' numbers.

use super::super::text::decode;
use crate::arguments::{self, CInt};
use crate::errors;
use polysock::{interface_index, interface_name};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};
use std::ffi::{CStr, CString};

/// The numbers of the families; `libc` has them only for some systems.
pub const NETLINK: i32 = 16;
pub const PACKET: i32 = 17;
pub const CAN: i32 = 29;
pub const TIPC: i32 = 30;
pub const BLUETOOTH: i32 = 31;
pub const ALG: i32 = 38;
pub const VSOCK: i32 = 40;
pub const QIPCRTR: i32 = 42;

/// The tuple of an address; its number of items must be in `lengths`. `malformed` is the error text otherwise.
pub fn items<'a, 'py>(
    address: &'a Bound<'py, PyAny>,
    not_tuple: &str,
    lengths: std::ops::RangeInclusive<usize>,
    malformed: &'static str,
) -> PyResult<&'a Bound<'py, PyTuple>> {
    let tuple = address
        .cast::<PyTuple>()
        .map_err(|_| arguments::wrong_type(not_tuple, address))?;
    if lengths.contains(&tuple.len()) {
        Ok(tuple)
    } else {
        Err(PyTypeError::new_err(malformed))
    }
}

/// The tuple of an address that CPython unpacks like the arguments of a function called `function`.
pub fn arguments<'a, 'py>(
    address: &'a Bound<'py, PyAny>,
    not_tuple: &str,
    length: usize,
    function: &str,
) -> PyResult<&'a Bound<'py, PyTuple>> {
    let tuple = address
        .cast::<PyTuple>()
        .map_err(|_| arguments::wrong_type(not_tuple, address))?;
    if tuple.len() == length {
        return Ok(tuple);
    }
    let text = format!(
        "{function} takes exactly {length} arguments ({} given)",
        tuple.len()
    );
    Err(PyTypeError::new_err(text))
}

/// A C `unsigned int`.
pub fn uint(tuple: &Bound<'_, PyTuple>, at: usize) -> PyResult<u32> {
    arguments::field(&tuple.get_item(at)?, "unsigned int")
}

pub fn int(tuple: &Bound<'_, PyTuple>, at: usize) -> PyResult<i32> {
    tuple.get_item(at)?.extract::<CInt>().map(|number| number.0)
}

/// A C `unsigned short`.
pub fn short(tuple: &Bound<'_, PyTuple>, at: usize) -> PyResult<u16> {
    arguments::field(&tuple.get_item(at)?, "unsigned short")
}

/// A C `unsigned char`.
pub fn byte(tuple: &Bound<'_, PyTuple>, at: usize) -> PyResult<u8> {
    arguments::field(&tuple.get_item(at)?, "unsigned char")
}

/// A C `unsigned long`, which CPython takes only from an int, in a field of type `T`.
pub fn long<T: TryFrom<u64>>(tuple: &Bound<'_, PyTuple>, at: usize) -> PyResult<T> {
    let item = tuple.get_item(at)?;
    if item.is_instance_of::<PyInt>() {
        return arguments::field(&item, "unsigned long");
    }
    let kind = match item.get_type().name()? {
        _ if item.is_none() => "None".to_owned(),
        name => name.to_string(),
    };
    let text = format!("argument {} must be int, not {kind}", at + 1);
    Err(PyTypeError::new_err(text))
}

/// Text within an address, without a NUL; `malformed` is the error text for anything else.
pub fn name(tuple: &Bound<'_, PyTuple>, at: usize, malformed: &'static str) -> PyResult<Vec<u8>> {
    let item = tuple.get_item(at)?;
    if !item.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(malformed));
    }
    arguments::text(&item, malformed).map(CString::into_bytes)
}

/// The number of an interface by its name; the kernel's ENODEV if there is none.
pub fn interface(py: Python<'_>, name: &CStr) -> PyResult<u32> {
    interface_index(name).ok_or_else(|| errors::os_error(py, libc::ENODEV))
}

/// The name of an interface, empty if there is none.
pub fn interface_text(py: Python<'_>, index: u32) -> PyResult<Bound<'_, PyAny>> {
    let name = match index {
        0 => None,
        index => interface_name(index).ok(),
    };
    decode(py, name.as_deref().unwrap_or_default().to_bytes())
}
