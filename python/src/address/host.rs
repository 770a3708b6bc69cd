//! Host names: their bytes, and their addresses.

use crate::arguments::{c_string, wrong_type};
use crate::core_call::CoreCall;
use crate::raw::buffer::Readable;
use polysock::{resolve, Address, Family, Hints, Protocol, SocketType};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};
use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The bytes of a host name: text is encoded for the domain name system: always in look-ups, otherwise only if it is
/// not already ASCII.
pub fn host_name(object: &Bound<'_, PyAny>, always_encode: bool) -> PyResult<CString> {
    let with_nul = |bytes: &[u8]| {
        let refused = || PyTypeError::new_err("host name must not contain null character");
        c_string(bytes, refused)
    };
    let bytes = if let Ok(text) = object.cast::<PyString>() {
        match text.to_str() {
            Ok(ascii) if ascii.is_ascii() && !always_encode => return with_nul(ascii.as_bytes()),
            _ if always_encode => encode_idna(text)?,
            // CPython gives no reason here, unlike in look-ups.
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

/// Whether Python's codec would return the name unchanged. The codec is Python code, and its first use imports it,
/// which takes milliseconds.
fn encodes_to_itself(name: &str) -> bool {
    let (inner_labels_fit, last) = match name.rsplit_once('.') {
        Some((inner, last)) => (inner.split('.').all(|label| (1..64).contains(&label.len())), last),
        None => (true, name),
    };
    name.is_ascii() && inner_labels_fit && last.len() < 64
}

/// The address of a host in one family, by CPython's rules: "" is every interface, "<broadcast>" the broadcast address.
pub fn look_up(py: Python<'_>, host: &CString, family: Family) -> PyResult<Address> {
    let text = host.to_str().unwrap_or_default();
    let numeric: Option<IpAddr> = match (host.as_bytes(), family) {
        // For any family the resolver chooses.
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
    let found = CoreCall::new(py).run_detached(|| resolve(name, service, &hints))?;
    if any && found.len() > 1 {
        return Err(PyOSError::new_err("wildcard resolved to multiple address"));
    }
    let first = found.first().map(|answer| answer.address);
    first.ok_or_else(|| PyOSError::new_err("unknown address family"))
}
