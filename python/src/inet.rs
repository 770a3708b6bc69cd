//! Numbers and text of IP: byte order, addresses as text and as bytes.

use crate::arguments::{since, sized, text, unsigned, AsInt, CInt};
use crate::raw::buffer::Readable;
use crate::{address, errors};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A 16-bit number from network to host byte order.
#[pyfunction]
#[pyo3(signature = (x, /))]
pub fn ntohs(x: &Bound<'_, PyAny>) -> PyResult<u16> {
    short("ntohs", x).map(u16::from_be)
}

/// A 16-bit number from host to network byte order.
#[pyfunction]
#[pyo3(signature = (x, /))]
pub fn htons(x: &Bound<'_, PyAny>) -> PyResult<u16> {
    short("htons", x).map(u16::to_be)
}

/// A 32-bit number from network to host byte order.
#[pyfunction]
#[pyo3(signature = (x, /), text_signature = "(object, /)")]
pub fn ntohl(x: &Bound<'_, PyAny>) -> PyResult<u32> {
    long(x).map(u32::from_be)
}

/// A 32-bit number from host to network byte order.
#[pyfunction]
#[pyo3(signature = (x, /), text_signature = "(object, /)")]
pub fn htonl(x: &Bound<'_, PyAny>) -> PyResult<u32> {
    long(x).map(u32::to_be)
}

fn short(caller: &str, number: &Bound<'_, PyAny>) -> PyResult<u16> {
    if since(number.py(), 14) {
        return sized(number, "uint16_t");
    }
    let number = if since(number.py(), 13) {
        number.extract::<AsInt>()?.0
    } else {
        number.extract::<CInt>()?.0
    };
    u16::try_from(number).map_err(|_| {
        PyOverflowError::new_err(if number < 0 {
            format!("{caller}: can't convert negative Python int to C 16-bit unsigned integer")
        } else {
            format!("{caller}: Python int too large to convert to C 16-bit unsigned integer")
        })
    })
}

fn long(number: &Bound<'_, PyAny>) -> PyResult<u32> {
    if since(number.py(), 14) {
        return sized(number, "uint32_t");
    }
    if !number.is_instance_of::<PyInt>() {
        let name = number.get_type().name()?;
        return Err(PyTypeError::new_err(format!("expected int, {name} found")));
    }
    u32::try_from(unsigned(number)?).map_err(|_| PyOverflowError::new_err("int larger than 32 bits"))
}

/// The bytes of an IPv4 address in any of the old forms: `127.0.0.1`, `127.1`, `0x7f.1`, `2130706433`.
#[pyfunction]
#[pyo3(signature = (ip_addr, /))]
pub fn inet_aton<'py>(py: Python<'py>, ip_addr: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let wanted = if since(py, 13) {
        "inet_aton() argument must be str"
    } else {
        "inet_aton() argument 1 must be str"
    };
    let text = text(ip_addr, wanted)?;
    let address = text.to_str().ok().and_then(old_form);
    address
        .map(|address| PyBytes::new(py, &address.to_be_bytes()))
        .ok_or_else(|| PyOSError::new_err("illegal IP address string passed to inet_aton"))
}

/// One to four numbers, the last of which fills the remaining bytes; white space ends the address.
fn old_form(text: &str) -> Option<u32> {
    let white = |byte: char| matches!(byte, ' ' | '\t'..='\r');
    let address = text.split(white).next()?;
    let parts: Vec<u32> = address.split('.').map(old_number).collect::<Option<_>>()?;
    let (&last, high) = parts.split_last()?;
    if high.len() > 3 || high.iter().any(|&part| part > 0xff) {
        return None;
    }
    let (mut sum, mut left) = (0, 32);
    for part in high {
        left -= 8;
        sum |= part << left;
    }
    let fits = left == 32 || last >> left == 0;
    fits.then_some(sum | last)
}

/// A number as C writes it: decimal, octal after 0, hexadecimal after 0x.
fn old_number(text: &str) -> Option<u32> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match (hexadecimal, text.strip_prefix('0')) {
        (Some(digits), _) => u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| !digits.starts_with('+')),
        (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8)
            .ok()
            .filter(|_| !digits.starts_with('+')),
        _ => text.parse().ok(),
    }
}

/// The text of an IPv4 address of four bytes.
#[pyfunction]
#[pyo3(signature = (packed_ip, /))]
pub fn inet_ntoa(packed_ip: &Bound<'_, PyAny>) -> PyResult<String> {
    let bytes = Readable::of(packed_ip)?.to_vec()?;
    <[u8; 4]>::try_from(bytes)
        .map(|octets| Ipv4Addr::from(octets).to_string())
        .map_err(|_| PyOSError::new_err("packed IP wrong length for inet_ntoa"))
}

/// The bytes of an IP address.
#[pyfunction]
#[pyo3(signature = (address_family, ip_string, /))]
pub fn inet_pton<'py>(
    py: Python<'py>,
    address_family: CInt,
    ip_string: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let text = text(ip_string, "inet_pton() argument 2 must be str")?;
    let text = text.to_str().unwrap_or_default();
    let illegal = |_| PyOSError::new_err("illegal IP address string passed to inet_pton");
    match address_family.0 {
        libc::AF_INET => {
            let ip: Ipv4Addr = text.parse().map_err(illegal)?;
            Ok(PyBytes::new(py, &ip.octets()))
        }
        libc::AF_INET6 => {
            let ip: Ipv6Addr = text.parse().map_err(illegal)?;
            Ok(PyBytes::new(py, &ip.octets()))
        }
        _ => Err(errors::os_error(py, libc::EAFNOSUPPORT)),
    }
}

/// The text of an IP address.
#[pyfunction]
#[pyo3(signature = (address_family, packed_ip, /))]
pub fn inet_ntop(address_family: CInt, packed_ip: &Bound<'_, PyAny>) -> PyResult<String> {
    let bytes = Readable::of(packed_ip)?.to_vec()?;
    let length = |_| PyValueError::new_err("invalid length of packed IP address string");
    match address_family.0 {
        libc::AF_INET => {
            let octets: [u8; 4] = bytes.try_into().map_err(length)?;
            Ok(Ipv4Addr::from(octets).to_string())
        }
        libc::AF_INET6 => {
            let octets: [u8; 16] = bytes.try_into().map_err(length)?;
            Ok(address::ipv6_text(octets.into()))
        }
        family => Err(PyValueError::new_err(format!("unknown address family {family}"))),
    }
}
