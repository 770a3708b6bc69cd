//! Waiting for several sockets and descriptors at once.

use crate::caller::{look_then_block, Caller, Interruptible, NativeCaller};
use crate::debug::debug_bits_by_name;
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Handle, Inside, Registration};
use crate::memory;
use crate::socket::Socket;
use crate::sys::kernel;
use crate::sys::wakeable_poll::{ManyPoll, NO_FD};
use crate::time::{Deadline, Timeout};
use crate::trace::{self, Line, Moved};
use crate::wait::{look, wait_any, WaitOutcome};
use std::ops::BitOr;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

/// What a socket is ready for, or should be waited for: the `POLL…` bits of poll(2), any the kernel may know.
///
/// `ERROR`, `HANGUP` and `INVALID` are always reported, whether asked for or not.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Events(pub i16);

impl Events {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `POLLIN`: receiving or accepting finds something: bytes, a connection, the end of the stream, an error.
    pub const READABLE: Self = Self(libc::POLLIN);
    /// `POLLOUT`: there is room to send, or a connect has ended.
    pub const WRITABLE: Self = Self(libc::POLLOUT);
    /// `POLLPRI`: an urgent byte.
    pub const PRIORITY: Self = Self(libc::POLLPRI);
    /// `POLLERR`: an error waits to be fetched.
    pub const ERROR: Self = Self(libc::POLLERR);
    /// `POLLHUP`: both directions are over.
    pub const HANGUP: Self = Self(libc::POLLHUP);
    /// `POLLRDHUP`: the peer ended its stream. No bit at all on a system without this event.
    pub const PEER_CLOSED: Self = Self(kernel::PEER_ENDED);
    /// `POLLNVAL`: the socket is closed, or the number is no open descriptor.
    pub const INVALID: Self = Self(libc::POLLNVAL);

    /// Whether all bits of `other` are set, and it has at least one.
    pub const fn contains(self, other: Self) -> bool {
        other.0 != 0 && self.0 & other.0 == other.0
    }

    /// Whether no bit is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

debug_bits_by_name!(Events:
    "POLLIN" = libc::POLLIN,
    "POLLOUT" = libc::POLLOUT,
    "POLLPRI" = libc::POLLPRI,
    "POLLERR" = libc::POLLERR,
    "POLLHUP" = libc::POLLHUP,
    "POLLRDHUP" = kernel::PEER_ENDED,
    "POLLNVAL" = libc::POLLNVAL,
);

impl BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What can be waited for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum PollTarget<'a> {
    /// A socket; closing it during the wait is reported.
    Socket(&'a Socket),
    /// A descriptor of another kind.
    Descriptor(BorrowedFd<'a>),
    /// A number as poll(2) takes it: a negative one is ignored, one that is not open is `INVALID`.
    Number(RawFd),
}

impl<'a> From<&'a Socket> for PollTarget<'a> {
    fn from(socket: &'a Socket) -> Self {
        Self::Socket(socket)
    }
}

impl<'a> From<BorrowedFd<'a>> for PollTarget<'a> {
    fn from(fd: BorrowedFd<'a>) -> Self {
        Self::Descriptor(fd)
    }
}

impl<'a> PollTarget<'a> {
    fn handle(&self) -> Option<&'a Handle> {
        match self {
            Self::Socket(socket) => Some(&socket.handle),
            Self::Descriptor(_) | Self::Number(_) => None,
        }
    }
}

/// One of the things [`poll`] waits for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PollEntry<'a> {
    /// What to wait for.
    pub target: PollTarget<'a>,
    /// The events wanted.
    pub events: Events,
    /// The events found by the last [`poll`].
    pub revents: Events,
}

impl<'a> PollEntry<'a> {
    /// Waits for `events` of a socket or descriptor.
    pub fn new(target: impl Into<PollTarget<'a>>, events: Events) -> Self {
        Self {
            target: target.into(),
            events,
            revents: Events::NONE,
        }
    }

    /// The events known without asking the system.
    #[inline]
    fn known(&self) -> Events {
        match self.target.handle() {
            Some(handle) if handle.is_closed() => Events::INVALID,
            Some(handle) if self.events.contains(Events::READABLE) && handle.is_readable_ahead() => {
                Events::READABLE
            }
            Some(_) | None => Events::NONE,
        }
    }
}

/// Waits until at least one entry has an event, and returns how many have; 0 when time is up (poll(2); Python
/// `select.poll`, Java `Selector.select`).
///
/// A socket with [`pending`](Socket::pending) bytes is `READABLE`, unless they are known to be only the beginning of a
/// message. A closed socket is `INVALID` at once, and closing one in another thread ends the wait. For thousands of sockets
/// use a [`Poller`](crate::Poller).
///
/// # Errors
/// The system's, such as `ENOMEM`, or `EINVAL` for more entries than the process may have descriptors.
///
/// ```
/// use polysock::{create_server, poll, Events, PollEntry};
/// use std::time::Duration;
///
/// # fn main() -> polysock::Result<()> {
/// let server = create_server("127.0.0.1", 0, 1)?;
/// let mut entries = [PollEntry::new(&server, Events::READABLE)];
/// assert_eq!(poll(&mut entries, Duration::from_millis(1))?, 0);
///
/// server.close()?;
/// assert_eq!(poll(&mut entries, None)?, 1);
/// assert_eq!(entries[0].revents, Events::INVALID);
/// # Ok(())
/// # }
/// ```
pub fn poll(entries: &mut [PollEntry<'_>], timeout: impl Into<Timeout>) -> Result<usize> {
    poll_with(entries, timeout, &mut NativeCaller)
}

/// Polls as [`poll`] does, for another language.
///
/// # Errors
/// See [`poll`]; also `Interrupted` when the caller ends the call.
pub fn poll_with<C: Caller>(
    entries: &mut [PollEntry<'_>],
    timeout: impl Into<Timeout>,
    caller: &mut C,
) -> Result<usize> {
    let timeout = timeout.into();
    let recorded = trace::is_on();
    if recorded {
        begin_record(entries, timeout);
    }
    let deadline = Deadline::after(timeout);
    let found = look_then_block(caller, deadline, |deadline| wait(entries, deadline));
    let found = found
        .map(Option::unwrap_or_default)
        .map_err(|kind| Error::new(Operation::Poll, kind));
    if recorded {
        end_record(entries, &found);
    }
    found
}

/// How many entries a record shows.
const MOST_SHOWN: usize = 64;

#[cold]
fn begin_record(entries: &[PollEntry<'_>], timeout: Timeout) {
    trace::begin(Operation::Poll, None, Some(timeout), |line| {
        line.number("entries", entries.len());
        line.list("waits_for", entries.iter().take(MOST_SHOWN), |line, entry| {
            add_target(line, &entry.target);
            line.kernel_name("events", entry.events);
        });
    });
}

#[cold]
fn end_record(entries: &[PollEntry<'_>], found: &Result<usize>) {
    trace::end(
        Operation::Poll,
        None,
        found.as_ref().err(),
        Moved::Nothing,
        |line| {
            let Ok(found) = found else { return };
            line.number("found", *found);
            let ready = entries.iter().filter(|entry| !entry.revents.is_empty());
            line.list("ready", ready.take(MOST_SHOWN), |line, entry| {
                add_target(line, &entry.target);
                line.kernel_name("events", entry.revents);
            });
        },
    );
}

/// Adds what is waited for to a record.
pub(crate) fn add_target(line: &mut Line, target: &PollTarget<'_>) {
    let number = match target {
        PollTarget::Socket(socket) => {
            socket.handle.show(|on| line.socket(on));
            return;
        }
        PollTarget::Descriptor(fd) => fd.as_raw_fd(),
        PollTarget::Number(number) => *number,
    };
    line.number("fd", number);
}

/// Waits, sleeping, until there is something to report; returns how many entries have an event.
fn wait(
    entries: &mut [PollEntry<'_>],
    deadline: Deadline,
) -> std::result::Result<Interruptible<Option<usize>>, Kind> {
    let insides = memory::collect(entries.iter().map(|entry| enter(entry.target)))?;
    let mut poll = ManyPoll::with_capacity(entries.len())?;
    for (entry, inside) in entries.iter().zip(&insides) {
        poll.push(number(entry.target, inside.as_ref()), entry.events.0);
    }
    loop {
        if deadline != Deadline::NonBlocking {
            let handles = entries.iter().filter_map(|entry| entry.target.handle());
            let mut registrations = Registration::all(handles)?;
            // What becomes known from now on wakes this thread.
            while entries.iter().all(|entry| entry.known().is_empty()) {
                match wait_any(&mut poll, &mut registrations, deadline) {
                    WaitOutcome::Ready => match report(entries, &poll) {
                        None => {}
                        found => return Ok(Interruptible::Done(found)),
                    },
                    WaitOutcome::TimeUp | WaitOutcome::Closed => break,
                    WaitOutcome::Interrupted => return Ok(Interruptible::Interrupted),
                    WaitOutcome::Failed(kind) => return Err(kind),
                }
            }
        }
        match look(&mut poll) {
            WaitOutcome::Ready | WaitOutcome::TimeUp | WaitOutcome::Closed => {
                let found = report(entries, &poll);
                let may_wait = deadline != Deadline::NonBlocking && !deadline.passed();
                if found.is_some() || !may_wait {
                    return Ok(Interruptible::Done(found));
                }
                // Another thread has received the bytes that were known.
            }
            WaitOutcome::Interrupted => return Ok(Interruptible::Interrupted),
            WaitOutcome::Failed(kind) => return Err(kind),
        }
    }
}

fn enter<'a>(target: PollTarget<'a>) -> Option<Inside<'a>> {
    target.handle().and_then(|handle| handle.enter().ok())
}

/// The number to poll; none for a closed socket.
fn number(target: PollTarget<'_>, inside: Option<&Inside<'_>>) -> RawFd {
    match target {
        PollTarget::Socket(_) => inside.map_or(NO_FD, |inside| inside.fd().as_raw_fd()),
        PollTarget::Descriptor(fd) => fd.as_raw_fd(),
        PollTarget::Number(number) => number,
    }
}

/// Stores what was found; returns how many entries have an event, if any.
fn report(entries: &mut [PollEntry<'_>], poll: &ManyPoll) -> Option<usize> {
    for (entry, revents) in entries.iter_mut().zip(poll.revents()) {
        entry.revents = match entry.known() {
            Events::INVALID => Events::INVALID,
            known => Events(revents) | known,
        };
    }
    let found = entries.iter().filter(|entry| !entry.revents.is_empty()).count();
    (found > 0).then_some(found)
}
