//! The table of hosts: gethostbyname and its relatives.

use crate::address::{decode, host_name, ipv6_text, look_up};
use crate::arguments::wrong_argument;
use crate::{audit, lock};
use polysock::{Family, HostEntry, HostError};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString, PyType};
use std::ffi::CString;
use std::net::IpAddr;

/// A name, aliases, addresses.
type HostAnswer<'py> = (Bound<'py, PyAny>, Vec<Bound<'py, PyAny>>, Vec<String>);

/// The IPv4 address of a host, as text.
#[pyfunction]
#[pyo3(signature = (host, /))]
pub fn gethostbyname(py: Python<'_>, host: &Bound<'_, PyAny>) -> PyResult<String> {
    let name = host_argument("gethostbyname", host)?;
    audit::report(py, ("socket.gethostbyname", host))?;
    let found = look_up(py, &name, Family::IPV4)?;
    Ok(found
        .as_socket_addr()
        .map_or_else(String::new, |found| found.ip().to_string()))
}

/// The name, the aliases and the IPv4 addresses of a host.
#[pyfunction]
#[pyo3(signature = (host, /))]
pub fn gethostbyname_ex<'py>(py: Python<'py>, host: &Bound<'py, PyAny>) -> PyResult<HostAnswer<'py>> {
    let name = host_argument("gethostbyname_ex", host)?;
    audit::report(py, ("socket.gethostbyname", host))?;
    look_up(py, &name, Family::IPV4)?;
    answer(
        py,
        lock::detach(py, || polysock::host_by_name(&name, Family::IPV4)),
    )
}

/// The name, the aliases and the addresses of the host that has this address.
#[pyfunction]
#[pyo3(signature = (host, /))]
pub fn gethostbyaddr<'py>(py: Python<'py>, host: &Bound<'py, PyAny>) -> PyResult<HostAnswer<'py>> {
    let name = host_argument("gethostbyaddr", host)?;
    audit::report(py, ("socket.gethostbyaddr", host))?;
    let found = look_up(py, &name, Family::UNSPECIFIED)?.as_socket_addr();
    let Some(ip) = found.map(|found| found.ip()) else {
        return Err(PyOSError::new_err("unsupported address family"));
    };
    answer(py, lock::detach(py, || polysock::host_by_address(ip)))
}

fn host_argument(caller: &str, host: &Bound<'_, PyAny>) -> PyResult<CString> {
    host_name(host, true).map_err(|error| {
        if !error.is_instance_of::<PyTypeError>(host.py()) {
            return error;
        }
        let is_text = host.is_instance_of::<PyString>();
        if is_text || host.is_instance_of::<PyBytes>() {
            let wanted = format!("{caller}() argument 1 must be encoded string without null bytes");
            return wrong_argument(&wanted, host);
        }
        let wanted = format!("{caller}() argument 1 must be str, bytes or bytearray");
        wrong_argument(&wanted, host)
    })
}

fn answer(py: Python<'_>, found: Result<HostEntry, HostError>) -> PyResult<HostAnswer<'_>> {
    let entry = found.map_err(|code| herror(py, code))?;
    let aliases = entry.aliases.iter();
    let addresses = entry.addresses.iter().map(|ip| match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => ipv6_text(*v6),
    });
    Ok((
        decode(py, entry.name.to_bytes())?,
        aliases
            .map(|alias| decode(py, alias.to_bytes()))
            .collect::<PyResult<_>>()?,
        addresses.collect(),
    ))
}

/// The standard module's `herror`, so that programs which catch that catch ours.
fn herror(py: Python<'_>, code: HostError) -> PyErr {
    static HERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match HERROR.import(py, "_socket", "herror") {
        Ok(class) => PyErr::from_type(class.clone(), (code.0, code.to_string())),
        Err(error) => error,
    }
}
