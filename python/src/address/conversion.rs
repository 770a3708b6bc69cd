//! From Python's addresses to the core's, and back.

use super::families::{self, Reader};
use super::text::{decode, ipv4_text, ipv6_text};
use super::{ip, unix};
use crate::errors;
use polysock::{Address, Family, Protocol, Socket};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::IntoPyObjectExt;
use std::net::SocketAddr;

/// The address that a Python object stands for, for this socket; host names are looked up.
pub fn from_python(caller: &str, socket: &Socket, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    read(caller, socket, object).map_err(|error| errors::hint_at_address(error, socket.family(), object))
}

fn read(caller: &str, socket: &Socket, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    match socket.family() {
        Family::IPV4 => ip::v4(caller, object),
        Family::IPV6 => ip::v6(caller, object),
        Family::UNIX => unix::from_python(object),
        _ => families::from_python(caller, socket, object),
    }
}

/// An address as Python shows it: `(host, port)`, `(host, port, flowinfo, scope_id)`, a path, an abstract name's
/// bytes, None for no address, the tuples of [`families`], and `(family, bytes)` for all others.
pub fn to_python<'py>(py: Python<'py>, protocol: Protocol, address: &Address) -> PyResult<Bound<'py, PyAny>> {
    match address.as_socket_addr() {
        Some(SocketAddr::V4(v4)) => return (ipv4_text(*v4.ip()), v4.port()).into_bound_py_any(py),
        Some(SocketAddr::V6(v6)) => {
            let tuple = (ipv6_text(*v6.ip()), v6.port(), v6.flowinfo(), v6.scope_id());
            return tuple.into_bound_py_any(py);
        }
        None => {}
    }
    match (address.unix_name(), address.as_bytes()) {
        (Some(abstract_name @ [0, ..]), _) => Ok(PyBytes::new(py, abstract_name).into_any()),
        (Some(path), _) => decode(py, path),
        (None, []) => Ok(py.None().into_bound(py)),
        (None, bytes) => families::to_python(py, protocol, address.family(), &Reader(bytes)),
    }
}
