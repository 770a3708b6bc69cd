//! QIPCRTR: `(node, port)`, `struct sockaddr_qrtr`.

use super::items::{arguments, uint, QIPCRTR};
use super::layout::{Reader, Writer};
use polysock::Address;
use pyo3::prelude::*;
use pyo3::IntoPyObjectExt;

const LENGTH: usize = 12;
const NODE: usize = 4;
const PORT: usize = 8;

pub fn from_python(address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let not_tuple = "getsockaddrarg: AF_QIPCRTR address must be tuple";
    let tuple = arguments(address, not_tuple, 2, "getsockaddrarg()")?;
    Writer::new(QIPCRTR, LENGTH)
        .put(NODE, uint(tuple, 0)?.to_ne_bytes())
        .put(PORT, uint(tuple, 1)?.to_ne_bytes())
        .finish()
}

pub fn to_python<'py>(py: Python<'py>, address: &Reader<'_>) -> PyResult<Bound<'py, PyAny>> {
    (address.u32(NODE), address.u32(PORT)).into_bound_py_any(py)
}
