//! Look-ups: getaddrinfo and getnameinfo.

use crate::address::{self, decode};
use crate::arguments::{c_string, field, since, text, wrong_type, CInt};
use crate::core_call::CoreCall;
use crate::{audit, errors};
use polysock::{name_of, resolve, Address, Family, Hints, Protocol, SocketType};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyString, PyTuple};
use std::ffi::CString;
use std::net::{SocketAddr, SocketAddrV6};

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
    audit::report(
        py,
        ("socket.getaddrinfo", host, port, family.0, r#type.0, proto.0),
    )?;
    let hints = Hints {
        family: Family(family.0),
        socket_type: SocketType(r#type.0),
        protocol: Protocol(proto.0),
        flags: flags.0,
    };
    let found = CoreCall::new(py)
        .run_detached(|| resolve(name.as_deref(), service.as_deref(), &hints))
        .map_err(|error| errors::hint_at_host(error, host))?;
    let answers = PyList::empty(py);
    for answer in &found {
        let canonical = answer.canonical_name.as_deref().unwrap_or_default();
        answers.append((
            answer.family.0,
            answer.socket_type.0,
            answer.protocol.0,
            canonical.to_string_lossy(),
            address::to_python(py, answer.protocol, &answer.address)?,
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
    let refused = || wrong_type("a service without null characters is required", port);
    let service = |bytes: &[u8]| c_string(bytes, refused).map(Some);
    if port.is_none() {
        Ok(None)
    } else if port.is_exact_instance_of::<PyInt>() {
        // Numbers of any size, as from CPython 3.12 on: the resolver decides which ports are valid.
        service(port.str()?.to_str()?.as_bytes())
    } else if let Ok(text) = port.cast::<PyString>() {
        service(text.to_str()?.as_bytes())
    } else if let Ok(bytes) = port.cast::<PyBytes>() {
        service(bytes.as_bytes())
    } else if since(port.py(), 14) && port.get_type().hasattr("__index__")? {
        let number = port.py().import("operator")?.call_method1("index", (port,))?;
        service(number.str()?.to_str()?.as_bytes())
    } else {
        Err(PyOSError::new_err("Int or String expected"))
    }
}

/// The host name and the service name of an address.
#[pyfunction]
#[pyo3(signature = (sockaddr, flags, /))]
pub fn getnameinfo<'py>(
    py: Python<'py>,
    sockaddr: &Bound<'py, PyAny>,
    flags: CInt,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let address = name_info_address(sockaddr)?;
    let (host, service) = CoreCall::new(py).run_detached(|| name_of(&address, flags.0))?;
    Ok((decode(py, host.to_bytes())?, decode(py, service.to_bytes())?))
}

/// The address of a numeric `(host, port[, flowinfo[, scope_id]])` of either family.
fn name_info_address(sockaddr: &Bound<'_, PyAny>) -> PyResult<Address> {
    const MALFORMED: &str = "getnameinfo(): illegal sockaddr argument";
    let py = sockaddr.py();
    let Ok(tuple) = sockaddr.cast::<PyTuple>() else {
        return Err(PyTypeError::new_err("getnameinfo() argument 1 must be a tuple"));
    };
    if !(2..=4).contains(&tuple.len()) {
        return Err(PyTypeError::new_err(MALFORMED));
    }
    let host = tuple.get_item(0)?;
    if !host.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(MALFORMED));
    }
    let host = text(&host, MALFORMED)?;
    let CInt(port) = tuple.get_item(1)?.extract()?;
    let number = |at: usize| -> PyResult<u32> {
        let item = tuple.get_item(at).ok();
        item.map_or(Ok(0), |item| field(&item, "unsigned int"))
    };
    let (flow, scope) = (number(2)?, number(3)?);
    if flow > address::MAX_FLOW {
        let text = "getnameinfo(): flowinfo must be 0-1048575.";
        return Err(PyOverflowError::new_err(text));
    }
    audit::report(py, ("socket.getnameinfo", sockaddr))?;
    let hints = Hints {
        family: Family::UNSPECIFIED,
        socket_type: SocketType::DATAGRAM,
        protocol: Protocol::DEFAULT,
        flags: libc::AI_NUMERICHOST,
    };
    let service = CString::new(port.to_string()).unwrap_or_default();
    let found = CoreCall::new(py).run_detached(|| resolve(Some(&host), Some(&service), &hints))?;
    let [answer] = found.as_slice() else {
        return Err(PyOSError::new_err("sockaddr resolved to multiple addresses"));
    };
    match answer.address.as_socket_addr() {
        Some(SocketAddr::V4(_)) if tuple.len() != 2 => {
            Err(PyOSError::new_err("IPv4 sockaddr must be 2 tuple"))
        }
        Some(SocketAddr::V6(v6)) => Ok(SocketAddrV6::new(*v6.ip(), v6.port(), flow, scope).into()),
        _ => Ok(answer.address),
    }
}
