//! Records of calls that run no operation: making and closing sockets, look-ups, steps of a server.

use super::call::{self, On};
use super::details::{add_state, add_unread, Moved};
use super::line::Line;
use super::settings::trace_number;
use super::socket::Traced;
use super::thread::{begin_line, line_at, write};
use crate::error::{Error, Kind, Operation, Result};
use crate::sys::clock;
use std::os::fd::BorrowedFd;

/// Makes a call that is on no socket, or not on one yet, and records it. `outcome` adds what it returned.
#[inline]
pub(crate) fn recorded<T>(
    operation: Operation,
    arguments: impl FnOnce(&mut Line),
    call: impl FnOnce() -> Result<T>,
    outcome: impl FnOnce(&mut Line, &T),
) -> Result<T> {
    if !super::is_on() {
        return call();
    }
    call::begin(operation, None, None, arguments);
    let result = call();
    call::end(operation, None, result.as_ref().err(), Moved::Nothing, |line| {
        if let Ok(value) = &result {
            outcome(line, value);
        }
    });
    result
}

/// Records a socket that was made, `how`, and from which other socket, while calls are recorded.
pub(crate) fn made(socket: &Traced, fd: BorrowedFd<'_>, how: &'static str, from: Option<&Traced>) {
    socket.describe(how, Some(fd), from);
}

/// Records something that is not a call.
#[inline]
pub(crate) fn event(name: &'static str, fields: impl FnOnce(&mut Line)) {
    if super::is_on() {
        let (mut line, _) = begin_line("event", name);
        fields(&mut line);
        write(&mut line);
    }
}

/// When something began that is not a call; [`event`](Self::event) records it at its end.
pub(crate) struct Since {
    time: u64,
    trace: u64,
}

impl Since {
    pub(crate) fn now() -> Self {
        Self {
            time: clock::monotonic_ns(),
            trace: trace_number(),
        }
    }

    /// Records it with its duration, if it began in the present trace.
    pub(crate) fn event(&self, name: &'static str, fields: impl FnOnce(&mut Line)) {
        if !super::is_on() || self.trace != trace_number() {
            return;
        }
        let mut line = line_at(self.time, "event", name);
        fields(&mut line);
        line.number("duration", clock::monotonic_ns().saturating_sub(self.time));
        write(&mut line);
    }
}

/// Begins to record a close, which wakes `woken` other calls.
#[cold]
#[inline(never)]
pub(crate) fn close_begins(operation: Operation, on: On<'_>, woken: usize) {
    call::begin(operation, Some(on), None, |line| {
        line.count("woken", woken);
        if let Some(fd) = on.fd {
            add_unread(line, fd);
            add_state(line, fd);
        }
    });
}

/// Records how a close ended.
#[cold]
#[inline(never)]
pub(crate) fn close_ended(operation: Operation, socket: &Traced, result: std::result::Result<(), Kind>) {
    let error = result.err().map(|kind| Error::new(operation, kind));
    let on = On { socket, fd: None };
    call::end(operation, Some(on), error.as_ref(), Moved::Nothing, |_| {});
}
