//! What exceptions say beside the standard module's text, as notes (PEP 678): what the call was about, its time limit, how
//! far it came, and the usual mistake behind it.
//!
//! The text itself, `str()`, and `args` stay the standard module's. Calls that would have to wait get no note: programs
//! that poll make thousands of such exceptions a second and look at none.

#![allow(clippy::wildcard_enum_match_arm)] // what has nothing to say needs no arm

use crate::errors::exception as error;
use polysock::{hint, Address, Error, Family, Kind, Operation, Socket, Timeout};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyString, PyTuple};
use std::fmt::{self, Write};
use std::time::Duration;

/// What a call was about.
#[derive(Clone, Copy, Default)]
pub struct About<'a> {
    socket: Option<&'a Socket>,
    address: Option<&'a Address>,
}

impl<'a> About<'a> {
    /// A call on this socket.
    pub fn socket(socket: &'a Socket) -> Self {
        Self {
            socket: Some(socket),
            address: None,
        }
    }

    /// A call on a socket that may be gone.
    pub fn open<E>(socket: Result<&'a Socket, E>) -> Self {
        Self {
            socket: socket.ok(),
            address: None,
        }
    }

    /// That names this address, if it names one.
    pub fn to(self, address: impl Into<Option<&'a Address>>) -> Self {
        Self {
            address: address.into(),
            ..self
        }
    }
}

/// The exception for a core error, with notes.
pub fn exception(py: Python<'_>, error: &Error, about: About<'_>) -> PyErr {
    let raised = error::exception(py, error);
    add(py, &raised, error, about);
    raised
}

/// Adds the notes of a core error to the exception that was made of it.
pub fn add(py: Python<'_>, raised: &PyErr, error: &Error, about: About<'_>) {
    if matches!(
        error.kind(),
        Kind::WouldBlock | Kind::InProgress | Kind::Interrupted | Kind::Os(libc::EALREADY)
    ) {
        return;
    }
    let facts = facts(error, about);
    let hint = hint(error, about.socket, about.address).map(|hint| format!("hint: {hint}"));
    // A new exception, which has no notes yet. Where memory ran out it stays without.
    let list = match (&facts, &hint) {
        (Some(facts), Some(hint)) => PyList::new(py, [facts, hint]),
        (Some(note), None) | (None, Some(note)) => PyList::new(py, [note]),
        (None, None) => return,
    };
    let _ = list.and_then(|list| raised.value(py).setattr(intern!(py, "__notes__"), list));
}

/// Adds a hint to an exception that is not the core's.
pub fn add_hint(py: Python<'_>, raised: PyErr, hint: &str) -> PyErr {
    let note = format!("hint: {hint}");
    let raised = error::settled(py, raised);
    let _ = raised.value(py).call_method1(intern!(py, "add_note"), (note,));
    raised
}

/// The error of an address that Python gave, with a hint at what is wrong with it.
pub fn of_address(raised: PyErr, family: Family, object: &Bound<'_, PyAny>) -> PyErr {
    let py = object.py();
    let raised = error::settled(py, raised);
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
            if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
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
            Some(host) => of_host(raised, &host),
            None => raised,
        },
        _ => raised,
    }
}

/// The error of what can't be sent, or be received into, with a hint at what could.
pub fn of_data(raised: PyErr, object: &Bound<'_, PyAny>) -> PyErr {
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

/// The error of a look-up, with a hint where the host is written as it is elsewhere.
pub fn of_host(raised: PyErr, host: &Bound<'_, PyAny>) -> PyErr {
    let py = host.py();
    let raised = error::settled(py, raised);
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

/// Which address, time limit and bytes done; `None` where nothing is known.
fn facts(error: &Error, about: About<'_>) -> Option<String> {
    let mut text = String::with_capacity(80);
    let (doing, address) = subject(error.operation(), about);
    // Nothing can be asked of a closed socket.
    match (error.kind(), error.detail(), address) {
        (Kind::Resolve(_), Some(name), _) => write!(text, "looking up {name}"),
        (_, _, Some(address)) => write!(text, "{doing} {address}"),
        (_, Some(address), None) if error.operation() == Operation::CreateConnection => {
            write!(text, "{doing} {address}")
        }
        _ => Ok(()),
    }
    .ok()?;
    let mut add = |part: std::fmt::Arguments<'_>| {
        let comma = if text.is_empty() { "" } else { ", " };
        write!(text, "{comma}{part}").ok()
    };
    if error.kind() == Kind::TimedOut {
        if let Some(limit) = about.socket.and_then(time_limit) {
            add(format_args!("time limit {} s", Seconds(limit)))?;
        }
    }
    if error.done() > 0 || moves_all(error.operation()) {
        add(format_args!("{} bytes done", error.done()))?;
    }
    (!text.is_empty()).then_some(text)
}

/// What the call did, and with which address.
fn subject(operation: Operation, about: About<'_>) -> (&'static str, Option<Address>) {
    let given = || about.address.copied();
    // The ends of a Unix socket pair have no names.
    let named = |address: &Address| {
        *address != Address::EMPTY && address.unix_name().is_none_or(|name| !name.is_empty())
    };
    let peer = || {
        about
            .socket
            .and_then(|socket| socket.peer_address().ok())
            .filter(named)
    };
    let own = || {
        about
            .socket
            .and_then(|socket| socket.local_address().ok())
            .filter(named)
    };
    match operation {
        Operation::Bind => ("binding to", given()),
        Operation::Listen => ("listening on", own()),
        Operation::Accept => ("accepting on", own()),
        Operation::Connect | Operation::CreateConnection => ("connecting to", given()),
        Operation::Send | Operation::SendAll | Operation::SendMsg | Operation::SendFile => {
            ("sending to", given().or_else(peer))
        }
        Operation::Recv | Operation::RecvExact | Operation::RecvMsg => match peer() {
            Some(peer) => ("receiving from", Some(peer)),
            None => ("receiving on", own()),
        },
        _ => ("", None),
    }
}

/// Whether a call that moves everything says how much, even if it was nothing.
fn moves_all(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::SendAll | Operation::RecvExact | Operation::SendFile
    )
}

fn time_limit(socket: &Socket) -> Option<Duration> {
    match socket.recv_timeout() {
        Timeout::After(limit) => Some(limit),
        Timeout::Never | Timeout::NonBlocking => None,
    }
}

/// Seconds as people write them: 5, 0.25; to the millisecond, unless there are none. By hand, as for floats it takes as
/// long as all the rest of a note.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(time) = self;
        let (mut digits, mut part) = match time.subsec_millis() {
            0 if time.as_secs() == 0 => (9, time.subsec_nanos()),
            milliseconds => (3, milliseconds),
        };
        write!(f, "{}", time.as_secs())?;
        if part == 0 {
            return Ok(());
        }
        while part % 10 == 0 {
            (digits, part) = (digits - 1, part / 10);
        }
        write!(f, ".{part:0digits$}")
    }
}
