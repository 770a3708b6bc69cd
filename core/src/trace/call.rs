//! The record of a call.

use super::details::{add_state, Moved};
use super::line::Line;
use super::places::number_of_place;
use super::socket::Traced;
use super::thread::{add_place, begin_line, pop, push, record_trace_name, write};
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
    let has_place = operation != Operation::Drop;
    begin_named(operation.name(), has_place, on, timeout, arguments);
}

/// The same for a call of any name. `has_place` says whether the program makes it at some place.
pub(super) fn begin_named(
    name: &'static str,
    has_place: bool,
    on: Option<On<'_>>,
    timeout: Option<Timeout>,
    arguments: impl FnOnce(&mut Line),
) {
    if let Some(on) = on {
        on.socket.number(on.fd); // described in a separate record, before this one
    }
    record_trace_name(); // likewise
    let place = has_place.then(number_of_place).flatten();
    let (mut line, began) = begin_line("call", name);
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
    push(name, began, line);
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
    let kind = error.map(Error::kind);
    let shows = Shows {
        addresses: shows_addresses(operation, kind),
        state: changes_state(operation, kind, moved),
    };
    end_named(
        operation.name(),
        clock::monotonic_ns(),
        on,
        error,
        moved,
        shows,
        outcome,
    );
}

/// Forgets a call that was not made after all.
pub(super) fn forget(name: &str) {
    drop(pop(name));
}

/// What the record of a call shows of its socket at the end.
#[derive(Clone, Copy)]
pub(super) struct Shows {
    pub(super) addresses: bool,
    pub(super) state: bool,
}

/// The same for a call of any name, which has ended at this time.
pub(super) fn end_named(
    name: &str,
    ended: u64,
    on: Option<On<'_>>,
    error: Option<&Error>,
    moved: Moved,
    shows: Shows,
    outcome: impl FnOnce(&mut Line),
) {
    let Some(mut call) = pop(name) else { return };
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
        if shows.addresses {
            socket.add_addresses(line, fd);
        } else if matches!(moved, Moved::Sent(_)) {
            socket.add_chosen_address(line, fd);
        }
        if shows.state {
            add_state(line, fd);
        }
    }
    write(line);
}

/// Whether the socket may have addresses from now on that it did not have before.
pub(super) fn shows_addresses(operation: Operation, error: Option<Kind>) -> bool {
    let begun = error.is_none_or(|kind| matches!(kind, Kind::InProgress | Kind::TimedOut));
    begun
        && matches!(
            operation,
            Operation::Bind | Operation::Connect | Operation::Listen
        )
}

/// Whether the call may have changed the state of a TCP connection, or shows that it has changed.
pub(super) fn changes_state(operation: Operation, error: Option<Kind>, moved: Moved) -> bool {
    match error {
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
