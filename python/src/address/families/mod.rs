//! The address families besides IPv4, IPv6 and Unix: CPython's tuples, and the kernel headers' layouts.
//!
//! The layouts are written out, since no system has the headers of all of them: one file per family, with `from_python`
//! and `to_python` in each. They are Linux's, as are the numbers of the families, which mean others elsewhere.

mod alg;
mod bluetooth;
mod can;
mod items;
mod layout;
mod netlink;
mod packet;
mod qipcrtr;
mod tipc;
mod vsock;

pub use layout::Reader;

use items::{ALG, BLUETOOTH, CAN, NETLINK, PACKET, QIPCRTR, TIPC, VSOCK};
use polysock::{Address, Family, Protocol, Socket};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::IntoPyObjectExt;

/// The address that a Python object stands for, for this socket.
pub fn from_python(caller: &str, socket: &Socket, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    match socket.family() {
        _ if !cfg!(target_os = "linux") => Err(PyOSError::new_err(format!("{caller}(): bad family"))),
        Family(NETLINK) => netlink::from_python(caller, object),
        Family(PACKET) => packet::from_python(caller, object),
        Family(CAN) => can::from_python(caller, socket.protocol(), object),
        Family(TIPC) => tipc::from_python(caller, object),
        Family(BLUETOOTH) => bluetooth::from_python(caller, socket.protocol(), object),
        Family(ALG) => alg::from_python(caller, object),
        Family(VSOCK) => vsock::from_python(object),
        Family(QIPCRTR) => qipcrtr::from_python(object),
        _ => Err(PyOSError::new_err(format!("{caller}(): bad family"))),
    }
}

/// An address as Python shows it: the family's tuple, or the number of an unknown family with its bytes.
pub fn to_python<'py>(
    py: Python<'py>,
    protocol: Protocol,
    family: Family,
    address: &Reader<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    match family {
        _ if !cfg!(target_os = "linux") => unknown(py, family, address),
        Family(NETLINK) => netlink::to_python(py, address),
        Family(PACKET) => packet::to_python(py, address),
        Family(CAN) => can::to_python(py, protocol, address),
        Family(TIPC) => tipc::to_python(py, address),
        Family(BLUETOOTH) => bluetooth::to_python(py, protocol, address),
        Family(ALG) => alg::to_python(py, address),
        Family(VSOCK) => vsock::to_python(py, address),
        Family(QIPCRTR) => qipcrtr::to_python(py, address),
        family => unknown(py, family, address),
    }
}

fn unknown<'py>(py: Python<'py>, family: Family, address: &Reader<'_>) -> PyResult<Bound<'py, PyAny>> {
    let payload = PyBytes::new(py, address.0.get(2..).unwrap_or(&[]));
    (family.0, payload).into_bound_py_any(py)
}
