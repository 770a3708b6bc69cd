//! Hints at common mistakes in arguments, as notes of the exceptions that refuse them.

use super::settled;
use polysock::Family;
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyString, PyTuple};

/// Adds a hint to an exception that is not the core's.
pub fn add_hint(py: Python<'_>, raised: PyErr, hint: &str) -> PyErr {
    add_note(py, raised, &format!("hint: {hint}"))
}

/// Adds a note to an exception, if there is memory for it.
pub fn add_note(py: Python<'_>, raised: PyErr, note: &str) -> PyErr {
    let raised = settled(py, raised);
    let _ = raised.value(py).call_method1(intern!(py, "add_note"), (note,));
    raised
}

/// Adds a hint to the exception for an address that is wrong for a socket of this family.
pub fn hint_at_address(raised: PyErr, family: Family, object: &Bound<'_, PyAny>) -> PyErr {
    let py = object.py();
    let raised = settled(py, raised);
    let is_type_error = raised.is_instance_of::<PyTypeError>(py);
    let tuple = object.cast::<PyTuple>().ok();
    let item = |at: usize| tuple.and_then(|tuple| tuple.get_item(at).ok());
    match family {
        Family::UNIX if is_type_error && tuple.is_some() => add_hint(
            py,
            raised,
            "an address of this socket is a path; (host, port) is for AF_INET",
        ),
        Family::IPV4 | Family::IPV6 if is_type_error => {
            if is_text(object) {
                add_hint(py, raised, "an address is a tuple, such as ('127.0.0.1', 80)")
            } else if object.is_instance_of::<PyList>() {
                add_hint(py, raised, "an address is a tuple, not a list")
            } else if item(0).is_some_and(|host| host.is_instance_of::<PyInt>()) {
                add_hint(
                    py,
                    raised,
                    "the host comes first, then the port: ('127.0.0.1', 80)",
                )
            } else if item(1).is_some_and(|port| port.is_instance_of::<PyString>()) {
                add_hint(py, raised, "the port is a string: convert it with int()")
            } else if family == Family::IPV4 && tuple.is_some_and(|tuple| tuple.len() == 4) {
                add_hint(
                    py,
                    raised,
                    "an address of four items is IPv6, and this socket is IPv4",
                )
            } else {
                raised
            }
        }
        Family::IPV4 | Family::IPV6 => match item(0) {
            Some(host) => hint_at_host(raised, &host),
            None => raised,
        },
        _ => raised,
    }
}

/// Adds a hint to the exception for two arguments if they are a host and a port, not one address.
pub fn hint_at_split_address(raised: PyErr, host: &Bound<'_, PyAny>, port: &Bound<'_, PyAny>) -> PyErr {
    if is_text(host) && (port.is_instance_of::<PyInt>() || is_text(port)) {
        let hint = "host and port are one argument, a tuple: ('127.0.0.1', 80)";
        add_hint(host.py(), raised, hint)
    } else {
        raised
    }
}

fn is_text(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>()
}

/// Adds a hint to the exception for the flags of `sendto(data, flags, address)`, which are not a number.
pub fn hint_at_flags(raised: PyErr, flags: &Bound<'_, PyAny>, address: &Bound<'_, PyAny>) -> PyErr {
    if flags.is_instance_of::<PyTuple>() {
        let hint = "flags come before the address: sendto(data, flags, address)";
        return add_hint(flags.py(), raised, hint);
    }
    hint_at_split_address(raised, flags, address)
}

/// Adds a hint to the exception for an object that can't be sent, or can't be received into.
pub fn hint_at_data(raised: PyErr, object: &Bound<'_, PyAny>) -> PyErr {
    if object.is_instance_of::<PyString>() {
        add_hint(object.py(), raised, "sockets send bytes, not text: text.encode()")
    } else if object.is_instance_of::<PyBytes>() {
        add_hint(
            object.py(),
            raised,
            "bytes are immutable: receive into a bytearray",
        )
    } else {
        raised
    }
}

/// Adds a hint to the exception of a look-up if the host is written as in a URL.
pub fn hint_at_host(raised: PyErr, host: &Bound<'_, PyAny>) -> PyErr {
    let py = host.py();
    let raised = settled(py, raised);
    let text = host.cast::<PyString>().ok().and_then(|host| host.to_str().ok());
    match text {
        Some(text) if !raised.is_instance_of::<PyOSError>(py) || text.is_empty() => raised,
        Some(text) if text.contains('/') => add_hint(
            py,
            raised,
            "the host is only a name or an address, without http:// and path",
        ),
        Some(text) if text.starts_with('[') => add_hint(
            py,
            raised,
            "an IPv6 address is written without brackets here: ('::1', 80)",
        ),
        Some(text) if text.matches(':').count() == 1 => {
            add_hint(py, raised, "host and port are separate items: ('localhost', 80)")
        }
        _ => raised,
    }
}
