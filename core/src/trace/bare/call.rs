//! The record of a call.

use super::fields::Fields;
use super::observing::{is_observed, observe};
use super::sending::{block_sigpipe, note_left, unblock_sigpipe};
use super::sockets::{enter, find, leave, Descriptor};
use super::waiting::Waits;
use crate::error::{Error, Kind, Operation};
use crate::sys::clock;
use crate::sys::undisturbed::pending_sigpipe;
use crate::trace::call::{begin_named, changes_state, end_named, shows_addresses, On, Shows};
use crate::trace::thread::{add_sleep, note_wait};
use crate::trace::Moved;
use std::io;
use std::os::fd::RawFd;

/// A call whose record was begun. It owns nothing, because it may never end.
#[derive(Clone, Copy)]
pub struct Call {
    pub(super) name: &'static str,
    pub(super) socket: Option<(RawFd, u64)>,
    /// When the wait began that the call was expected to have.
    waits_since: Option<u64>,
    /// SIGPIPE is blocked until the record is written: it may end the process.
    blocks_sigpipe: bool,
}

/// How a call has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With this errno.
    Failed(i32),
    /// Successfully, without moving bytes out of or into the stream.
    Done,
    /// This many bytes were sent.
    Sent(usize),
    /// This many bytes were received.
    Received(usize),
    /// With this error of the resolver (`EAI_…`).
    Unresolved(i32),
}

impl Call {
    pub(super) fn new(name: &'static str, socket: Option<(RawFd, u64)>) -> Self {
        Self {
            name,
            socket,
            waits_since: None,
            blocks_sigpipe: false,
        }
    }

    fn wait(&mut self) {
        note_wait();
        self.waits_since = Some(clock::monotonic_ns());
    }
}

/// Begins the record of a call on a descriptor; `None` if it is not a socket or nothing is recorded. `raises_sigpipe` says
/// whether the call raises SIGPIPE when the peer has gone.
#[cold]
#[inline(never)]
pub fn begin(
    name: &'static str,
    number: RawFd,
    waits: Waits,
    raises_sigpipe: bool,
    arguments: impl FnOnce(&mut Fields<'_>),
) -> Option<Call> {
    if !is_observed() {
        return None;
    }
    note_left();
    // If it fails, so will the call: errno may change.
    let descriptor = Descriptor::of(number)?;
    observe(|mask| {
        let socket = find(descriptor);
        enter(&socket);
        let on = On {
            socket: &socket.traced,
            fd: Some(descriptor.fd),
        };
        let wait = waits.on(descriptor.fd);
        begin_named(name, true, Some(on), wait.timeout, |line| {
            arguments(&mut Fields {
                line,
                socket: Some(&socket),
            });
        });
        let mut call = Call::new(name, Some((number, descriptor.inode)));
        if wait.expected {
            call.wait();
        }
        call.blocks_sigpipe = raises_sigpipe && block_sigpipe(mask);
        Some(call)
    })
}

/// Begins the record of a call that is on no descriptor, or on several.
#[cold]
#[inline(never)]
pub fn begin_without_socket(name: &'static str, arguments: impl FnOnce(&mut Fields<'_>)) -> Option<Call> {
    if !is_observed() {
        return None;
    }
    observe(|_| {
        begin_named(name, true, None, None, |line| {
            arguments(&mut Fields { line, socket: None })
        });
        Some(Call::new(name, None))
    })
}

/// Records that the call is about to wait.
#[cold]
#[inline(never)]
pub fn wait(call: Call) -> Call {
    let mut waiting = call;
    observe(|_| {
        waiting.wait();
        Some(())
    });
    waiting
}

/// Ends the record of a call.
#[cold]
#[inline(never)]
pub fn end(call: Call, outcome: Outcome, fields: impl FnOnce(&mut Fields<'_>)) {
    let ended = clock::monotonic_ns();
    let recorded = observe(|mask| {
        if let Some(since) = call.waits_since {
            let interrupted = outcome == Outcome::Failed(libc::EINTR);
            add_sleep(ended.saturating_sub(since), interrupted);
        }
        let socket = call.socket.and_then(|(number, inode)| leave(number, inode));
        let descriptor = call
            .socket
            .and_then(|(number, inode)| Descriptor::of(number).filter(|now| now.inode == inode));
        let on = socket.as_ref().map(|socket| On {
            socket: &socket.traced,
            fd: descriptor.map(|descriptor| descriptor.fd),
        });
        let kind = match outcome {
            Outcome::Failed(errno) => Some(Kind::from_io(&io::Error::from_raw_os_error(errno))),
            Outcome::Unresolved(code) => Some(Kind::Resolve(code)),
            Outcome::Done | Outcome::Sent(_) | Outcome::Received(_) => None,
        };
        let moved = match outcome {
            Outcome::Failed(_) | Outcome::Unresolved(_) | Outcome::Done => Moved::Nothing,
            Outcome::Sent(bytes) => Moved::Sent(bytes),
            Outcome::Received(bytes) => Moved::Received(bytes),
        };
        let (operation, error) = (
            operation(call.name),
            kind.map(|kind| Error::new(Operation::Trace, kind)),
        );
        let shows = Shows {
            addresses: shows_addresses(operation, kind),
            state: changes_state(operation, kind, moved),
        };
        end_named(call.name, ended, on, error.as_ref(), moved, shows, |line| {
            if call.blocks_sigpipe && kind == Some(Kind::Os(libc::EPIPE)) {
                if let Some(what) = pending_sigpipe() {
                    line.text("sigpipe", what);
                }
            }
            fields(&mut Fields {
                line,
                socket: socket.as_deref(),
            });
        });
        if call.blocks_sigpipe {
            unblock_sigpipe(mask);
        }
        Some(())
    });
    if recorded.is_none() {
        note_left();
    }
}

/// The operation that shows of its socket what this call shows.
fn operation(name: &str) -> Operation {
    match name {
        "bind" => Operation::Bind,
        "connect" => Operation::Connect,
        "listen" => Operation::Listen,
        "shutdown" => Operation::Shutdown,
        _ => Operation::Trace,
    }
}
