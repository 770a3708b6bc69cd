//! VSOCK: `(cid, port)`, `struct sockaddr_vm`.

use super::items::{arguments, uint, VSOCK};
use super::layout::{Reader, Writer};
use polysock::Address;
use pyo3::prelude::*;
use pyo3::IntoPyObjectExt;

const LENGTH: usize = 16;
const CID: usize = 8;
const PORT: usize = 4;

pub fn from_python(address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let not_tuple = "getsockaddrarg: AF_VSOCK address must be tuple";
    let tuple = arguments(address, not_tuple, 2, "getsockaddrarg()")?;
    Writer::new(VSOCK, LENGTH)
        .put(CID, uint(tuple, 0)?.to_ne_bytes())
        .put(PORT, uint(tuple, 1)?.to_ne_bytes())
        .finish()
}

pub fn to_python<'py>(py: Python<'py>, address: &Reader<'_>) -> PyResult<Bound<'py, PyAny>> {
    (address.u32(CID), address.u32(PORT)).into_bound_py_any(py)
}
