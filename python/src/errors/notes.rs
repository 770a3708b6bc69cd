//! What exceptions say in addition to the standard module's text, as notes (PEP 678): the subject of the call, its time
//! limit, how far it got, and the common mistake behind it.
//!
//! The text itself (`str()`) and `args` remain the standard module's. Calls that would have to wait get no note: programs
//! that poll make thousands of such exceptions a second and look at none.

#![allow(clippy::wildcard_enum_match_arm)] // a kind without a note needs no arm

use super::attributes::moves_bytes;
use super::Context;
use polysock::{hint, Address, Counted, Error, Kind, Operation};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::fmt::{self, Write};
use std::time::Duration;

/// Adds the notes of a core error to the exception that was made of it.
pub fn add_notes(py: Python<'_>, raised: &PyErr, error: &Error, context: Context<'_>) {
    if matches!(
        error.kind(),
        Kind::WouldBlock | Kind::InProgress | Kind::Interrupted | Kind::Os(libc::EALREADY)
    ) {
        return;
    }
    let facts = facts(error, context);
    let hint = hint(error, context.socket, context.address).map(|hint| format!("hint: {hint}"));
    // The exception is new and has no notes yet. If memory runs out it gets none.
    let list = match (&facts, &hint) {
        (Some(facts), Some(hint)) => PyList::new(py, [facts, hint]),
        (Some(note), None) | (None, Some(note)) => PyList::new(py, [note]),
        (None, None) => return,
    };
    let _ = list.and_then(|list| raised.value(py).setattr(intern!(py, "__notes__"), list));
}

/// The address, the time limit and the bytes done; `None` if nothing is known.
fn facts(error: &Error, context: Context<'_>) -> Option<String> {
    let mut text = String::with_capacity(80);
    let (doing, address) = subject(error.operation(), context);
    // A closed socket can't be asked anything.
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
    if let Some(limit) = error.time_limit() {
        add(format_args!("time limit {} s", Seconds(limit)))?;
    }
    let operation = error.operation();
    let is_about_messages = matches!(operation, Operation::RecvFrame | Operation::SendFrame);
    match error.detail() {
        Some(detail) if matches!(error.kind(), Kind::MessageTooLarge { .. }) => {
            add(format_args!("{detail}: {}", error.kind()))?;
        }
        // The length of the message and the limit, how much of it was sent, what is in the way.
        Some(detail) if is_about_messages || error.kind() == Kind::Busy => add(format_args!("{detail}"))?,
        None if matches!(error.kind(), Kind::MessageTooLarge { .. }) => {
            add(format_args!("{}", error.kind()))?
        }
        _ => {}
    }
    if error.done() > 0 || moves_bytes(operation) {
        add(format_args!("{} done", Counted(error.done(), operation.counts())))?;
    }
    (!text.is_empty()).then_some(text)
}

/// A verb for the call, and the address it was about.
fn subject(operation: Operation, context: Context<'_>) -> (&'static str, Option<Address>) {
    let given = || context.address.copied();
    // The ends of a Unix socket pair have no addresses.
    let named = |address: &Address| {
        *address != Address::EMPTY && address.unix_name().is_none_or(|name| !name.is_empty())
    };
    let peer = || {
        context
            .socket
            .and_then(|socket| socket.peer_address().ok())
            .filter(named)
    };
    let own = || {
        context
            .socket
            .and_then(|socket| socket.local_address().ok())
            .filter(named)
    };
    match operation {
        Operation::Bind => ("binding to", given()),
        Operation::Listen => ("listening on", own()),
        Operation::Accept => ("accepting on", own()),
        Operation::Connect | Operation::CreateConnection => ("connecting to", given()),
        Operation::Send
        | Operation::SendAll
        | Operation::SendTo
        | Operation::SendMsg
        | Operation::SendFile
        | Operation::SendBatch
        | Operation::SendSegments
        | Operation::SendFrame => ("sending to", given().or_else(peer)),
        Operation::Recv
        | Operation::RecvExact
        | Operation::RecvFrom
        | Operation::RecvMsg
        | Operation::RecvBatch
        | Operation::RecvFrame => match peer() {
            Some(peer) => ("receiving from", Some(peer)),
            None => ("receiving on", own()),
        },
        _ => ("", None),
    }
}

/// Seconds as people write them: 5, 0.25; to the millisecond, unless that would be 0. Written by hand, since formatting
/// a float takes as long as the rest of a note.
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
