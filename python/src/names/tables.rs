//! The tables of names: hosts, services, protocols, interfaces, this machine.

use crate::address;
use crate::arguments::{since, sized, text, unsigned, wrong_argument, Argument, CInt, Object};
use crate::audit;
use crate::errors::exception as error;
use crate::errors::notes::About;
use crate::lock::caller as gil;
use polysock::{Family, HostEntry, HostError};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyInt, PyString, PyType};
use pyo3::IntoPyObjectExt;
use std::ffi::{CString, OsStr};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;

/// Text of the system, such as a path, as Python shows it: what `os.fsdecode` makes of it, at shutdown as well.
pub fn decode_path<'py>(py: Python<'py>, path: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    OsStr::from_bytes(path).into_bound_py_any(py)
}

type HostAnswer<'py> = (Bound<'py, PyAny>, Vec<Bound<'py, PyAny>>, Vec<String>);

/// The IPv4 address of a host, as text.
#[pyfunction]
#[pyo3(signature = (host, /))]
pub fn gethostbyname(py: Python<'_>, host: &Bound<'_, PyAny>) -> PyResult<String> {
    let name = host_argument("gethostbyname", host)?;
    audit::tell(py, ("socket.gethostbyname", host))?;
    let found = address::look_up(py, &name, Family::IPV4)?;
    Ok(found
        .as_socket_addr()
        .map_or_else(String::new, |found| found.ip().to_string()))
}

/// The name, the aliases and the IPv4 addresses of a host.
#[pyfunction]
#[pyo3(signature = (host, /))]
pub fn gethostbyname_ex<'py>(py: Python<'py>, host: &Bound<'py, PyAny>) -> PyResult<HostAnswer<'py>> {
    let name = host_argument("gethostbyname_ex", host)?;
    audit::tell(py, ("socket.gethostbyname", host))?;
    address::look_up(py, &name, Family::IPV4)?;
    answer(
        py,
        gil::detach(py, || polysock::host_by_name(&name, Family::IPV4)),
    )
}

/// The name, the aliases and the addresses of the host that has this address.
#[pyfunction]
#[pyo3(signature = (host, /))]
pub fn gethostbyaddr<'py>(py: Python<'py>, host: &Bound<'py, PyAny>) -> PyResult<HostAnswer<'py>> {
    let name = host_argument("gethostbyaddr", host)?;
    audit::tell(py, ("socket.gethostbyaddr", host))?;
    let found = address::look_up(py, &name, Family::UNSPECIFIED)?.as_socket_addr();
    let Some(ip) = found.map(|found| found.ip()) else {
        return Err(PyOSError::new_err("unsupported address family"));
    };
    answer(py, gil::detach(py, || polysock::host_by_address(ip)))
}

/// The port of a service.
#[pyfunction]
#[pyo3(signature = (servicename, protocolname = Argument::Missing, /))]
pub fn getservbyname<'py>(
    py: Python<'py>,
    servicename: &Bound<'py, PyAny>,
    protocolname: Argument<Object<'py>>,
) -> PyResult<u16> {
    let name = text(servicename, "getservbyname() argument 1 must be str")?;
    let (protocolname, protocol) = protocol(protocolname, "getservbyname() argument 2 must be str")?;
    audit::tell(py, ("socket.getservbyname", servicename, protocolname))?;
    gil::detach(py, || polysock::service_port(&name, protocol.as_deref()))
        .ok_or_else(|| PyOSError::new_err("service/proto not found"))
}

/// The name of the service at a port.
#[pyfunction]
#[pyo3(signature = (port, protocolname = Argument::Missing, /))]
pub fn getservbyport<'py>(
    py: Python<'py>,
    port: CInt,
    protocolname: Argument<Object<'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (protocolname, protocol) = protocol(protocolname, "getservbyport() argument 2 must be str")?;
    let number = u16::try_from(port.0)
        .map_err(|_| PyOverflowError::new_err("getservbyport: port must be 0-65535."))?;
    audit::tell(py, ("socket.getservbyport", number, protocolname))?;
    let found = gil::detach(py, || polysock::service_name(number, protocol.as_deref()));
    let name = found.ok_or_else(|| PyOSError::new_err("port/proto not found"))?;
    decode_path(py, name.to_bytes())
}

/// The name of a protocol as it was given, and as C reads it.
fn protocol<'py>(
    argument: Argument<Object<'py>>,
    wanted: &str,
) -> PyResult<(Option<Bound<'py, PyAny>>, Option<CString>)> {
    match argument {
        Argument::Given(Object(name)) => {
            let protocol = text(&name, wanted)?;
            Ok((Some(name), Some(protocol)))
        }
        Argument::Missing => Ok((None, None)),
    }
}

/// The number of a protocol.
#[pyfunction]
#[pyo3(signature = (name, /))]
pub fn getprotobyname(py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<i32> {
    let name = text(name, "getprotobyname() argument 1 must be str")?;
    gil::detach(py, || polysock::protocol_by_name(&name))
        .map(|protocol| protocol.0)
        .ok_or_else(|| PyOSError::new_err("protocol not found"))
}

/// The name of this machine.
#[pyfunction]
pub fn gethostname(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    audit::tell(py, ("socket.gethostname",))?;
    let name = gil::detached(py, About::default(), polysock::host_name)?;
    decode_path(py, name.to_bytes())
}

/// Names this machine.
#[pyfunction]
#[pyo3(signature = (name = Argument::Missing, /), text_signature = "(name, /)")]
pub fn sethostname<'py>(py: Python<'py>, name: Argument<Object<'py>>) -> PyResult<()> {
    let name = name.or("sethostname() takes exactly 1 argument (0 given)")?;
    let bytes = path_argument(&name.0)?;
    audit::tell(py, ("socket.sethostname", &bytes))?;
    let name = bytes.as_bytes();
    gil::detached(py, About::default(), || polysock::set_host_name(name))
}

/// The numbers and names of all network interfaces.
#[pyfunction]
pub fn if_nameindex(py: Python<'_>) -> PyResult<Vec<(u32, Bound<'_, PyAny>)>> {
    let found = gil::detached(py, About::default(), polysock::interfaces)?;
    let named = found
        .iter()
        .map(|(index, name)| Ok((*index, decode_path(py, name.to_bytes())?)));
    named.collect()
}

/// The number of the network interface of this name.
#[pyfunction]
#[pyo3(signature = (oname, /))]
pub fn if_nametoindex(py: Python<'_>, oname: &Bound<'_, PyAny>) -> PyResult<u32> {
    let name = path_argument(oname)?;
    let name = CString::new(name.as_bytes()).unwrap_or_default();
    polysock::interface_index(&name).ok_or_else(|| {
        if since(py, 14) {
            error::os_error(py, libc::ENODEV)
        } else {
            PyOSError::new_err("no interface with this name")
        }
    })
}

/// The name of the network interface of this number.
#[pyfunction]
#[pyo3(signature = (index, /), text_signature = "(object, /)")]
pub fn if_indextoname<'py>(py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match polysock::interface_name(interface_number(py, index)?) {
        Ok(name) => decode_path(py, name.to_bytes()),
        Err(failed) => Err(error::exception(py, &failed)),
    }
}

fn interface_number(py: Python<'_>, index: &Bound<'_, PyAny>) -> PyResult<u32> {
    if since(py, 14) {
        return sized(index, "unsigned int");
    }
    if !index.is_instance_of::<PyInt>() {
        return Err(PyTypeError::new_err("an integer is required"));
    }
    // No interface has a number beyond that; only from CPython 3.13 on is asking for it another error.
    u32::try_from(unsigned(index)?).map_err(|_| {
        if since(py, 13) {
            PyOverflowError::new_err("index is too large")
        } else {
            error::os_error(py, libc::ENXIO)
        }
    })
}

fn host_argument(caller: &str, host: &Bound<'_, PyAny>) -> PyResult<CString> {
    address::host_name(host, true).map_err(|error| {
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

/// The bytes of a path argument: text, bytes, or anything with `__fspath__`.
fn path_argument<'py>(path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let encoded = path.py().import("os")?.call_method1("fsencode", (path,))?;
    let bytes = encoded.cast_into::<PyBytes>()?;
    if bytes.as_bytes().contains(&0) {
        return Err(pyo3::exceptions::PyValueError::new_err("embedded null byte"));
    }
    Ok(bytes)
}

fn answer(py: Python<'_>, found: Result<HostEntry, HostError>) -> PyResult<HostAnswer<'_>> {
    let entry = found.map_err(|code| herror(py, code))?;
    let aliases = entry.aliases.iter();
    let addresses = entry.addresses.iter().map(|ip| match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => address::ipv6_text(*v6),
    });
    Ok((
        decode_path(py, entry.name.to_bytes())?,
        aliases
            .map(|alias| decode_path(py, alias.to_bytes()))
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
