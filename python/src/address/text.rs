//! Addresses and names as text.

use pyo3::prelude::*;
use pyo3::IntoPyObjectExt;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;

/// Text from the system, such as a path or a name, as Python shows it: like `os.fsdecode`, but it works at shutdown too.
pub fn decode<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    OsStr::from_bytes(text).into_bound_py_any(py)
}

/// An IPv4 address in dotted form, without the cost of `format!`: programs see one with every connection.
pub fn ipv4_text(ip: Ipv4Addr) -> String {
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

/// An IPv6 address as inet_ntop(3) writes it: an IPv4 address in the last 32 bits of ::/96 is shown in dotted form.
pub fn ipv6_text(ip: Ipv6Addr) -> String {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            let [.., a, b, c, d] = ip.octets();
            format!("::{}", Ipv4Addr::new(a, b, c, d))
        }
        _ => ip.to_string(),
    }
}
