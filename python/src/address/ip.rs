//! Python's address tuples and paths, and the core's addresses.

use super::families;
use super::families::layout::Reader;
use crate::arguments::{self as convert, field, wrong_type, CInt};
use crate::errors::notes::{self, About};
use crate::lock::caller as gil;
use crate::names::tables::decode_path;
use crate::raw::buffer::Readable;
use polysock::{resolve, Address, Family, Hints, Protocol, Socket, SocketType};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString, PyTuple};
use pyo3::IntoPyObjectExt;
use std::ffi::CString;
use std::mem::{offset_of, size_of};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

pub const MAX_FLOW: u32 = 0xf_ffff;
/// What `sun_path` has room for.
const PATH_ROOM: usize = size_of::<libc::sockaddr_un>() - offset_of!(libc::sockaddr_un, sun_path);

/// The address that a Python object names, for this socket; host names are looked up.
pub fn from_python(caller: &str, socket: &Socket, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    read(caller, socket, object).map_err(|error| notes::of_address(error, socket.family(), object))
}

fn read(caller: &str, socket: &Socket, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    match socket.family() {
        Family::IPV4 => ipv4(caller, object),
        Family::IPV6 => ipv6(caller, object),
        Family::UNIX => unix(object),
        Family(families::NETLINK) => families::netlink::from_python(caller, object),
        Family(families::PACKET) => families::packet::from_python(caller, object),
        Family(families::CAN) => families::can::from_python(caller, socket.protocol(), object),
        Family(families::TIPC) => families::tipc::from_python(caller, object),
        Family(families::BLUETOOTH) => families::bluetooth::from_python(caller, socket.protocol(), object),
        Family(families::ALG) => families::alg::from_python(caller, object),
        Family(families::VSOCK) => families::vsock::from_python(object),
        Family(families::QIPCRTR) => families::qipcrtr::from_python(object),
        _ => Err(PyOSError::new_err(format!("{caller}(): bad family"))),
    }
}

/// An address as Python shows it: `(host, port)`, `(host, port, flowinfo, scope_id)`, a path, an abstract name's
/// bytes, None for no address, the tuples of [`families`], and the family with its bytes for all others.
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
        (Some(path), _) => decode_path(py, path),
        (None, []) => Ok(py.None().into_bound(py)),
        (None, bytes) => other_to_python(py, protocol, &Reader(bytes)),
    }
}

fn other_to_python<'py>(
    py: Python<'py>,
    protocol: Protocol,
    address: &Reader<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    match address.family() {
        Family(families::NETLINK) => families::netlink::to_python(py, address),
        Family(families::PACKET) => families::packet::to_python(py, address),
        Family(families::CAN) => families::can::to_python(py, protocol, address),
        Family(families::TIPC) => families::tipc::to_python(py, address),
        Family(families::BLUETOOTH) => families::bluetooth::to_python(py, protocol, address),
        Family(families::ALG) => families::alg::to_python(py, address),
        Family(families::VSOCK) => families::vsock::to_python(py, address),
        Family(families::QIPCRTR) => families::qipcrtr::to_python(py, address),
        family => {
            let payload = PyBytes::new(py, address.0.get(2..).unwrap_or(&[]));
            (family.0, payload).into_bound_py_any(py)
        }
    }
}

/// The bytes of a host name: text is encoded for the domain name system, in look-ups always, else where it is not
/// ASCII already.
pub fn host_name(object: &Bound<'_, PyAny>, always_encode: bool) -> PyResult<CString> {
    let with_nul = |bytes: &[u8]| {
        let refused = || PyTypeError::new_err("host name must not contain null character");
        convert::c_string(bytes, refused)
    };
    let bytes = if let Ok(text) = object.cast::<PyString>() {
        match text.to_str() {
            Ok(ascii) if ascii.is_ascii() && !always_encode => return with_nul(ascii.as_bytes()),
            _ if always_encode => encode_idna(text)?,
            // CPython says no more of it here, unlike in look-ups.
            _ => encode_idna(text).map_err(|_| PyTypeError::new_err("encoding of hostname failed"))?,
        }
    } else if let Ok(bytes) = object.cast::<PyBytes>() {
        return with_nul(bytes.as_bytes());
    } else if object.cast::<PyByteArray>().is_ok() {
        Readable::of(object)?.to_vec()?
    } else {
        return Err(wrong_type("str, bytes or bytearray expected", object));
    };
    with_nul(&bytes)
}

fn encode_idna(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    match text.to_str() {
        Ok(name) if encodes_to_itself(name) => Ok(name.as_bytes().to_vec()),
        _ => text.call_method1("encode", ("idna",))?.extract(),
    }
}

/// Whether Python's codec would return the name as it is. The codec is Python code, and its first use an import, which
/// takes milliseconds.
fn encodes_to_itself(name: &str) -> bool {
    let (inner_labels_fit, last) = match name.rsplit_once('.') {
        Some((inner, last)) => (inner.split('.').all(|label| (1..64).contains(&label.len())), last),
        None => (true, name),
    };
    name.is_ascii() && inner_labels_fit && last.len() < 64
}

fn ipv4(caller: &str, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    let tuple = tuple(caller, "AF_INET", object)?;
    let (2, Ok(host), Ok(port)) = (tuple.len(), tuple.get_item(0), tuple.get_item(1)) else {
        return Err(PyTypeError::new_err(
            "AF_INET address must be a pair (host, port)",
        ));
    };
    let host = match numeric(&host) {
        Some(ip) => Ok(ip),
        None => Err(host_name(&host, false)?),
    };
    let port = c_port(caller, &port)?;
    let address = match host {
        Ok(ip) => (ip.into(), 0).into(),
        Err(name) => look_up(object.py(), &name, Family::IPV4)?,
    };
    Ok(address.with_port(port.try_into().map_err(|_| port_range(caller))?))
}

/// The address that text writes out, which most programs give: nothing is encoded and nothing looked up.
fn numeric(host: &Bound<'_, PyAny>) -> Option<Ipv4Addr> {
    host.cast::<PyString>().ok()?.to_str().ok()?.parse().ok()
}

fn ipv6(caller: &str, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    let tuple = tuple(caller, "AF_INET6", object)?;
    if !(2..=4).contains(&tuple.len()) {
        return Err(PyTypeError::new_err(
            "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])",
        ));
    }
    let number = |at: usize| -> PyResult<Option<u32>> {
        let item = tuple.get_item(at).ok();
        item.map(|item| field(&item, "unsigned int")).transpose()
    };
    let host = host_name(&tuple.get_item(0)?, false)?;
    let port = c_port(caller, &tuple.get_item(1)?)?;
    let (flow, scope) = (number(2)?.unwrap_or(0), number(3)?);
    let address = look_up(object.py(), &host, Family::IPV6)?;
    let port = port.try_into().map_err(|_| port_range(caller))?;
    if flow > MAX_FLOW {
        let text = format!("{caller}(): flowinfo must be 0-1048575.");
        return Err(PyOverflowError::new_err(text));
    }
    match address.as_socket_addr() {
        Some(SocketAddr::V6(found)) => {
            let scope = scope.unwrap_or(found.scope_id());
            Ok(SocketAddrV6::new(*found.ip(), port, flow, scope).into())
        }
        _ => Err(PyOSError::new_err("unknown address family")),
    }
}

fn unix(object: &Bound<'_, PyAny>) -> PyResult<Address> {
    let encoded = match object.cast::<PyString>() {
        Ok(_) => object.py().import("os")?.call_method1("fsencode", (object,))?,
        Err(_) => object.clone(),
    };
    let name = Readable::of(&encoded)?.to_vec()?;
    let too_long = || {
        let length = name.len();
        let hint =
            format!("the path has {length} bytes, and the limit is 107: a relative path may be shorter");
        notes::add_hint(object.py(), PyOSError::new_err("AF_UNIX path too long"), &hint)
    };
    let is_path = name.first().is_some_and(|&first| first != 0);
    if !is_path {
        return Address::unix(&name).map_err(|_| too_long());
    }
    // CPython wants room for the NUL that ends the path; the kernel reads no further than the first.
    if name.len() >= PATH_ROOM {
        return Err(too_long());
    }
    let path = name.split(|&byte| byte == 0).next().unwrap_or_default();
    Address::unix(path).map_err(|_| too_long())
}

fn tuple<'a, 'py>(
    caller: &str,
    family: &str,
    object: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyTuple>> {
    object
        .cast::<PyTuple>()
        .map_err(|_| wrong_type(&format!("{caller}(): {family} address must be tuple"), object))
}

/// A port as C reads it; it is checked against its range after the look-up, as CPython does.
fn c_port(caller: &str, object: &Bound<'_, PyAny>) -> PyResult<i32> {
    match object.extract::<CInt>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => Err(port_range(caller)),
        result => result.map(|port| port.0),
    }
}

fn port_range(caller: &str) -> PyErr {
    PyOverflowError::new_err(format!("{caller}(): port must be 0-65535."))
}

/// The address of a host in one family, by CPython's rules: "" is every interface, "<broadcast>" is that.
pub fn look_up(py: Python<'_>, host: &CString, family: Family) -> PyResult<Address> {
    let text = host.to_str().unwrap_or_default();
    let numeric: Option<IpAddr> = match (host.as_bytes(), family) {
        // Of any family: the resolver chooses.
        (b"", Family::UNSPECIFIED) => None,
        (b"", Family::IPV4) => Some(Ipv4Addr::UNSPECIFIED.into()),
        (b"", _) => Some(Ipv6Addr::UNSPECIFIED.into()),
        (b"<broadcast>" | b"255.255.255.255", Family::IPV4 | Family::UNSPECIFIED) => {
            Some(Ipv4Addr::BROADCAST.into())
        }
        (b"<broadcast>" | b"255.255.255.255", _) => {
            return Err(PyOSError::new_err("address family mismatched"));
        }
        (_, Family::IPV4) => text.parse::<Ipv4Addr>().ok().map(Into::into),
        (_, Family::UNSPECIFIED) => text.parse::<IpAddr>().ok(),
        _ => text.parse::<Ipv6Addr>().ok().map(Into::into),
    };
    if let Some(ip) = numeric {
        return Ok((ip, 0).into());
    }
    let any = host.as_bytes().is_empty();
    let hints = Hints {
        family,
        socket_type: if any { SocketType::DATAGRAM } else { SocketType(0) },
        protocol: Protocol::DEFAULT,
        flags: if any { libc::AI_PASSIVE } else { 0 },
    };
    let (name, service) = if any {
        (None, Some(c"0"))
    } else {
        (Some(host.as_c_str()), None)
    };
    let found = gil::detached(py, About::default(), || resolve(name, service, &hints))?;
    if any && found.len() > 1 {
        return Err(PyOSError::new_err("wildcard resolved to multiple address"));
    }
    let first = found.first().map(|answer| answer.address);
    first.ok_or_else(|| PyOSError::new_err("unknown address family"))
}

/// An IPv4 address in dotted form, without the machinery of `format!`: programs see one with every connection.
fn ipv4_text(ip: Ipv4Addr) -> String {
    let mut text = String::with_capacity("255.255.255.255".len());
    for octet in ip.octets() {
        if !text.is_empty() {
            text.push('.');
        }
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let leading = digits.iter().take(2).take_while(|digit| **digit == 0).count();
        text.extend(digits.iter().skip(leading).map(|digit| char::from(b'0' + digit)));
    }
    text
}

/// An IPv6 address as inet_ntop(3) writes it, which shows an IPv4 address in the last 32 bits of ::/96 as such.
pub fn ipv6_text(ip: Ipv6Addr) -> String {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            let [.., a, b, c, d] = ip.octets();
            format!("::{}", Ipv4Addr::new(a, b, c, d))
        }
        _ => ip.to_string(),
    }
}
