//! The record of a call.

use super::details::{add_state, Moved};
use super::line::Line;
use super::socket::Traced;
use super::thread::{add_place, begin_line, number_of_place, pop, push, record_trace_name, write};
use crate::error::{Error, Kind, Operation};
use crate::sys::clock;
use crate::time::Timeout;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The socket that a call is made on: what the trace knows about it, and its descriptor while it has one.
#[derive(Clone, Copy)]
pub(crate) struct On<'a> {
    pub(crate) socket: &'a Traced,
    pub(crate) fd: Option<BorrowedFd<'a>>,
}

impl Line {
    /// Adds the socket and its descriptor.
    pub(crate) fn socket(&mut self, on: On<'_>) {
        self.number("socket", on.socket.number(on.fd));
        if let Some(fd) = on.fd {
            self.number("fd", fd.as_raw_fd());
        }
    }
}

/// Begins to record a call, with its arguments. Called outside every lock.
#[cold]
#[inline(never)]
pub(crate) fn begin(
    operation: Operation,
    on: Option<On<'_>>,
    timeout: Option<Timeout>,
    arguments: impl FnOnce(&mut Line),
) {
    if let Some(on) = on {
        on.socket.number(on.fd); // described in a separate record, before this one
    }
    record_trace_name(); // likewise
    let has_place = operation != Operation::Drop;
    let place = has_place.then(number_of_place).flatten();
    let (mut line, began) = begin_line("call", operation.name());
    if let Some(on) = on {
        line.socket(on);
    }
    match timeout {
        None | Some(Timeout::Never) => {}
        Some(Timeout::NonBlocking) => line.number("timeout", 0),
        Some(Timeout::After(limit)) => line.number("timeout", limit.as_nanos()),
    }
    arguments(&mut line);
    if let Some(place) = place {
        line.number("place", place);
    } else if has_place {
        add_place(&mut line);
    }
    push(operation, began, line);
}

/// Records a call that has ended, successfully or not. Called outside every lock.
#[cold]
#[inline(never)]
pub(crate) fn end(
    operation: Operation,
    on: Option<On<'_>>,
    error: Option<&Error>,
    moved: Moved,
    outcome: impl FnOnce(&mut Line),
) {
    let ended = clock::monotonic_ns();
    let Some(mut call) = pop(operation) else { return };
    let line = &mut call.line;
    line.number("duration", ended.saturating_sub(call.began));
    line.count("waits", call.waits);
    if call.waits > 0 {
        line.number("waited", call.waited);
    }
    line.count("signals", call.signals);
    match moved {
        Moved::Nothing => {}
        Moved::Sent(bytes) | Moved::Received(bytes) => line.number("bytes", bytes),
    }
    if let Some(on) = on {
        on.socket.moved(line, moved);
    }
    if let Some(error) = error {
        line.error(error);
    }
    outcome(line);
    if let Some(On { socket, fd: Some(fd) }) = on {
        if shows_addresses(operation, error) {
            socket.add_addresses(line, fd);
        } else if matches!(moved, Moved::Sent(_)) {
            socket.add_chosen_address(line, fd);
        }
        if changes_state(operation, error, moved) {
            add_state(line, fd);
        }
    }
    write(line);
}

/// Whether the socket may have addresses from now on that it did not have before.
fn shows_addresses(operation: Operation, error: Option<&Error>) -> bool {
    let begun = error.is_none_or(|error| matches!(error.kind(), Kind::InProgress | Kind::TimedOut));
    begun
        && matches!(
            operation,
            Operation::Bind | Operation::Connect | Operation::Listen
        )
}

/// Whether the call may have changed the state of a TCP connection, or shows that it has changed.
fn changes_state(operation: Operation, error: Option<&Error>, moved: Moved) -> bool {
    match error.map(Error::kind) {
        Some(Kind::WouldBlock | Kind::TimedOut | Kind::Closed | Kind::Interrupted) => false,
        Some(_) => true,
        None => {
            moved == Moved::Received(0)
                || matches!(
                    operation,
                    Operation::Connect | Operation::Listen | Operation::Shutdown
                )
        }
    }
}
