//! Look-ups: getaddrinfo.

use crate::convert::{wrong_type, CInt};
use crate::{address, audit, gil};
use polysock_core::{resolve, Family, Hints, Protocol, SocketType};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyString};
use std::ffi::CString;

/// Looks up a host and a service: a list of (family, type, proto, canonname, sockaddr), the numbers as plain ints.
#[pyfunction]
#[pyo3(
    signature = (host, port, family = CInt(0), r#type = CInt(0), proto = CInt(0), flags = CInt(0)),
    text_signature = "(host, port, family=0, type=0, proto=0, flags=0)"
)]
pub fn getaddrinfo<'py>(
    py: Python<'py>,
    host: &Bound<'py, PyAny>,
    port: &Bound<'py, PyAny>,
    family: CInt,
    r#type: CInt,
    proto: CInt,
    flags: CInt,
) -> PyResult<Bound<'py, PyList>> {
    let name = host_argument(host)?;
    let service = service_argument(port)?;
    audit::tell(
        py,
        ("socket.getaddrinfo", host, port, family.0, r#type.0, proto.0),
    )?;
    let hints = Hints {
        family: Family(family.0),
        socket_type: SocketType(r#type.0),
        protocol: Protocol(proto.0),
        flags: flags.0,
    };
    let found = gil::detached(py, || resolve(name.as_deref(), service.as_deref(), &hints))?;
    let answers = PyList::empty(py);
    for answer in &found {
        let canonical = answer.canonical_name.as_deref().unwrap_or_default();
        answers.append((
            answer.family.0,
            answer.socket_type.0,
            answer.protocol.0,
            canonical.to_string_lossy(),
            address::to_python(py, &answer.address)?,
        ))?;
    }
    Ok(answers)
}

fn host_argument(host: &Bound<'_, PyAny>) -> PyResult<Option<CString>> {
    if host.is_none() {
        return Ok(None);
    }
    if !host.is_instance_of::<PyString>() && !host.is_instance_of::<PyBytes>() {
        return Err(PyTypeError::new_err(
            "getaddrinfo() argument 1 must be string or None",
        ));
    }
    address::host_name(host, true).map(Some)
}

fn service_argument(port: &Bound<'_, PyAny>) -> PyResult<Option<CString>> {
    let bytes = if port.is_none() {
        return Ok(None);
    } else if port.is_instance_of::<PyInt>() {
        // Of any size, as from CPython 3.12 on: what a port may be is the resolver's business.
        port.str()?.to_str()?.as_bytes().to_vec()
    } else if let Ok(text) = port.cast::<PyString>() {
        text.to_str()?.as_bytes().to_vec()
    } else if let Ok(bytes) = port.cast::<PyBytes>() {
        bytes.as_bytes().to_vec()
    } else {
        return Err(PyOSError::new_err("Int or String expected"));
    };
    CString::new(bytes)
        .map(Some)
        .map_err(|_| wrong_type("a service without null characters is required", port))
}
