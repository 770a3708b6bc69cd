//! TIPC: `(address type, v1, v2, v3[, scope])`, `struct sockaddr_tipc`.

use super::items::{byte, items, uint, TIPC};
use super::layout::{Reader, Writer};
use polysock::Address;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::IntoPyObjectExt;

const NAME_SEQUENCE: u32 = 1;
const NAME: u32 = 2;
const IDENTITY: u32 = 3;
/// `TIPC_CLUSTER_SCOPE`, the default.
const CLUSTER: u8 = 2;

const LENGTH: usize = 16;
const KIND: usize = 2;
const SCOPE: usize = 3;
const FIRST: usize = 4;
const SECOND: usize = 8;
const THIRD: usize = 12;

pub fn from_python(caller: &str, address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let not_tuple = format!("{caller}(): AF_TIPC address must be tuple");
    let malformed = "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])";
    let tuple = items(address, &not_tuple, 4..=5, malformed)?;
    let (kind, a, b, c) = (uint(tuple, 0)?, uint(tuple, 1)?, uint(tuple, 2)?, uint(tuple, 3)?);
    let scope = if tuple.len() > 4 { byte(tuple, 4)? } else { CLUSTER };
    let (first, second, third) = match kind {
        NAME_SEQUENCE => (a, b, c),
        NAME => (a, b, 0),
        // The kernel has the reference first, the tuple has the node first.
        IDENTITY => (b, a, 0),
        _ => return Err(PyTypeError::new_err("Invalid address type")),
    };
    let [kind, ..] = kind.to_le_bytes();
    Writer::new(TIPC, LENGTH)
        .put(KIND, [kind])
        .put(SCOPE, [scope])
        .put(FIRST, first.to_ne_bytes())
        .put(SECOND, second.to_ne_bytes())
        .put(THIRD, third.to_ne_bytes())
        .finish()
}

pub fn to_python<'py>(py: Python<'py>, address: &Reader<'_>) -> PyResult<Bound<'py, PyAny>> {
    let (kind, scope) = (address.u8(KIND).into(), address.u8(SCOPE));
    let (first, second, third) = (address.u32(FIRST), address.u32(SECOND), address.u32(THIRD));
    let (a, b, c) = match kind {
        NAME_SEQUENCE => (first, second, third),
        NAME => (first, second, second),
        IDENTITY => (second, first, 0),
        _ => return Err(PyValueError::new_err("Invalid address type")),
    };
    // A signed char, shown as an unsigned int.
    let scope = u32::from_ne_bytes(i32::from(i8::from_ne_bytes([scope])).to_ne_bytes());
    (kind, a, b, c, scope).into_bound_py_any(py)
}
