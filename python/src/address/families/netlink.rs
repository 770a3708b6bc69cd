//! NETLINK: `(pid, groups)`, `struct sockaddr_nl`.

use super::items::{items, uint, NETLINK};
use super::layout::{Reader, Writer};
use polysock::Address;
use pyo3::prelude::*;
use pyo3::IntoPyObjectExt;

const LENGTH: usize = 12;
const PID: usize = 4;
const GROUPS: usize = 8;

pub fn from_python(caller: &str, address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let not_tuple = format!("{caller}(): AF_NETLINK address must be tuple");
    let malformed = "AF_NETLINK address must be a pair (pid, groups)";
    let tuple = items(address, &not_tuple, 2..=2, malformed)?;
    Writer::new(NETLINK, LENGTH)
        .put(PID, uint(tuple, 0)?.to_ne_bytes())
        .put(GROUPS, uint(tuple, 1)?.to_ne_bytes())
        .finish()
}

pub fn to_python<'py>(py: Python<'py>, address: &Reader<'_>) -> PyResult<Bound<'py, PyAny>> {
    (address.u32(PID), address.u32(GROUPS)).into_bound_py_any(py)
}
