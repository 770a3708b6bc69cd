//! recv, peek, recv_exact.

use super::{moved_counts, Call, Socket};
use crate::buffer::RecvBuf;
use crate::caller::Caller;
use crate::domain::SocketType;
use crate::error::{Error, Kind, Operation, Result};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::sys::unix::Blocking;
use crate::sys::{os, unix};
use crate::time::{LazyDeadline, Timeout};
use crate::wait::{entry, run, Plan, Step};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

impl Socket {
    /// Receives what is there, at least one byte; 0 is the end of the stream. See [`Call::recv_with`].
    ///
    /// # Errors
    /// As [`Call::recv_with`].
    pub fn recv<'b>(&self, room: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.call().recv(room)
    }

    /// Receives without taking away.
    ///
    /// # Errors
    /// As [`Call::recv_with`].
    pub fn peek<'b>(&self, room: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.call().peek(room)
    }

    /// Fills the whole of `room`. See [`Call::recv_exact`].
    ///
    /// # Errors
    /// As [`Call::recv_exact`].
    pub fn recv_exact<'b>(&self, room: impl Into<RecvBuf<'b>>) -> Result<()> {
        self.call().recv_exact(room)
    }

    /// How many bytes a receive would find without waiting; of a datagram socket, how long the next datagram is
    /// (`FIONREAD`, tcp(7), udp(7), unix(7); Java `InputStream.available`). 0 says nothing of the end of the stream.
    ///
    /// # Errors
    /// `Closed`; `EINVAL` for a socket that listens.
    pub fn available(&self) -> Result<usize> {
        self.immediate(Operation::Available, unix::available)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Receives what is there, at least one byte; 0 is the end of the stream.
    ///
    /// # Errors
    /// As [`recv_with`](Self::recv_with).
    pub fn recv<'b>(&mut self, room: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.recv_with(room, Flags::NONE)
    }

    /// Receives without taking away.
    ///
    /// # Errors
    /// As [`recv_with`](Self::recv_with).
    pub fn peek<'b>(&mut self, room: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.recv_with(room, Flags::PEEK)
    }

    /// Receives with flags (recv(2)). With `WAIT_ALL` it fills the room unless something ends it sooner, and then
    /// returns what came; an empty room of a stream is full at once. With `TRUNCATE` the count may be larger than the
    /// room: see [`Flags::TRUNCATE`].
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`, `Closed` when another thread closed the socket; the system's, such as
    /// `ECONNRESET` or `ENOTCONN`.
    pub fn recv_with<'b>(&mut self, room: impl Into<RecvBuf<'b>>, flags: Flags) -> Result<usize> {
        self.receive(room.into(), flags, Empty::Counts)
    }

    /// Receives at least one byte, as from a stream: empty messages of a datagram or seqpacket socket are skipped,
    /// and 0 is the end.
    ///
    /// # Errors
    /// As [`recv_with`](Self::recv_with).
    pub fn read<'b>(&mut self, room: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.receive(room.into(), Flags::NONE, Empty::PassedOver)
    }

    fn receive(&mut self, room: RecvBuf<'_>, flags: Flags, empty: Empty) -> Result<usize> {
        let stream = self.socket.is_stream();
        if room.is_empty() && stream {
            return self.socket.immediate(Operation::Recv, |_| Ok(0));
        }
        let plan = self.recv_plan(room.len(), flags);
        let fill = stream && may_fill(flags);
        let mut arrived = Arrived::new(flags);
        let mut fruitless = 0;
        let result = run(&self.socket.handle, &mut self.caller, plan, |fd, waiting| {
            let received = unix::recv(fd, &room.after(arrived.taken()), flags.0, waiting);
            let count = if stream || flags.contains(Flags::ERROR_QUEUE) {
                received?
            } else {
                end_if_shut(fd, received, &mut fruitless, || 0)?
            };
            if count == 0 && empty == Empty::PassedOver && self.socket.was_empty_message(fd)? {
                return Ok(Step::More);
            }
            self.socket.check_end(room.len(), count, flags)?;
            arrived.note(count);
            if fill && count > 0 && arrived.count < room.len() && arrived.goes_on(fd)? {
                return Ok(Step::More);
            }
            Ok(Step::Done(arrived.count))
        });
        let result = arrived.unless_ended(result, |count| count);
        self.named((Operation::Recv, Direction::Receive), arrived.taken(), result)
    }

    /// Fills the whole of `room`; empty messages of a datagram or seqpacket socket are skipped.
    ///
    /// # Errors
    /// `EndOfStream` when the stream ends before the first byte, `Truncated` when it ends in the middle, and all of
    /// [`recv_with`](Self::recv_with). [`Error::done`] says how many bytes came; they are in `room`.
    pub fn recv_exact<'b>(&mut self, room: impl Into<RecvBuf<'b>>) -> Result<()> {
        let room = room.into();
        if room.is_empty() {
            return self.socket.immediate(Operation::RecvExact, |_| Ok(()));
        }
        let plan = self.recv_plan(room.len(), Flags::NONE);
        let stream = self.socket.is_stream();
        let (mut done, mut fruitless) = (0, 0);
        let filled = run(&self.socket.handle, &mut self.caller, plan, |fd, waiting| {
            // A kernel that may wait waits for all of it: only a signal ends that early.
            let flags = if waiting == Blocking::Allowed {
                libc::MSG_WAITALL
            } else {
                0
            };
            let received = unix::recv(fd, &room.after(done), flags, waiting);
            let count = if stream {
                received?
            } else {
                end_if_shut(fd, received, &mut fruitless, || 0)?
            };
            done += count;
            let full = done == room.len();
            if full || count == 0 && !self.socket.was_empty_message(fd)? {
                self.socket.check_end(room.len(), count, Flags::NONE)?;
                return Ok(Step::Done(full));
            }
            Ok(Step::More)
        });
        if self.named((Operation::RecvExact, Direction::Receive), done, filled)? {
            return Ok(());
        }
        let kind = match done {
            0 => Kind::EndOfStream,
            _ => Kind::Truncated {
                missing: room.len() - done,
            },
        };
        Err(Error::new(Operation::RecvExact, kind).with_done(done))
    }

    pub(super) fn recv_plan(&self, bytes: usize, flags: Flags) -> Plan {
        let (errors, mut limit) = (flags.contains(Flags::ERROR_QUEUE), self.limit(Direction::Receive));
        // Without a limit errors are not waited for, as recv(2) does not.
        if flags.contains(Flags::DONT_WAIT) || errors && limit.is_never() {
            limit = LazyDeadline::new(Timeout::NonBlocking);
        }
        let events = if errors {
            0 // POLLERR comes unasked
        } else if flags.contains(Flags::OUT_OF_BAND) {
            libc::POLLPRI
        } else {
            libc::POLLIN
        };
        Plan {
            direction: Direction::Receive,
            events,
            bytes,
            limit,
            // A peek must not wait for the whole room: it would have to look again and again.
            kernel_may_wait: self.socket.is_woken_by_shutdown() && flags.0 & !libc::MSG_WAITALL == 0,
        }
    }
}

/// What a receive found so far: bytes taken out of the queue, or with `MSG_PEEK` seen there.
pub(super) struct Arrived {
    pub(super) count: usize,
    peek: bool,
}

impl Arrived {
    pub(super) const fn new(flags: Flags) -> Self {
        Self {
            count: 0,
            peek: flags.contains(Flags::PEEK),
        }
    }

    /// How many bytes are no longer in the queue, so that the next attempt finds what follows them.
    pub(super) const fn taken(&self) -> usize {
        if self.peek {
            0
        } else {
            self.count
        }
    }

    /// Takes note of what one more attempt found.
    pub(super) fn note(&mut self, count: usize) {
        self.count = self.taken() + count;
    }

    /// Whether to try at once for the rest, which a peek would find to be the same bytes again: it waits for more.
    pub(super) fn goes_on(&self, fd: BorrowedFd<'_>) -> io::Result<bool> {
        if !self.peek {
            Ok(true)
        } else if more_may_come(fd)? {
            Err(io::Error::from_raw_os_error(libc::EAGAIN))
        } else {
            Ok(false)
        }
    }

    /// The outcome, where what was found before something ended the call counts. Bytes that were only seen are still
    /// there for the next call, unless there is none because the socket is closed.
    pub(super) fn unless_ended<T>(
        &self,
        result: std::result::Result<T, Kind>,
        found: impl FnOnce(usize) -> T,
    ) -> std::result::Result<T, Kind> {
        match result {
            Err(kind) if moved_counts(self.count, kind) && !(self.peek && kind == Kind::Closed) => {
                Ok(found(self.count))
            }
            result => result,
        }
    }
}

/// What a receive does with an empty message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    Counts,
    PassedOver,
}

impl Socket {
    /// Whether a receive that brought nothing was one of an empty message, not of the end. A seqpacket socket whose peer
    /// is gone says the same of both: what counts then is whether bytes are behind it.
    fn was_empty_message(&self, fd: BorrowedFd<'_>) -> io::Result<bool> {
        Ok(!self.is_stream() && (more_may_come(fd)? || unix::available(fd)? > 0))
    }

    /// Refuses to take a dead connection for a stream that has ended. Asked of every receive, after it.
    pub(super) fn check_end(&self, wanted: usize, count: usize, flags: Flags) -> io::Result<()> {
        let connected = self.is_stream() || self.socket_type == SocketType::SEQPACKET;
        if count > 0 || wanted == 0 || !connected || flags.contains(Flags::ERROR_QUEUE) {
            return Ok(());
        }
        self.handle.ending.reached(self.is_stream())
    }
}

/// Whether a receive from a stream is to fill its room.
pub(super) fn may_fill(flags: Flags) -> bool {
    let not_waiting = Flags::DONT_WAIT | Flags::ERROR_QUEUE;
    flags.contains(Flags::WAIT_ALL) && flags.0 & not_waiting.0 == 0
}

/// Turns "nothing there" into an end when the socket was shut down for reading: Linux reports such a datagram socket
/// as ready, but only a receive that waits then returns 0. Asked from the second vain attempt of a call on.
pub(super) fn end_if_shut<T>(
    fd: BorrowedFd<'_>,
    received: io::Result<T>,
    fruitless: &mut u32,
    end: impl FnOnce() -> T,
) -> io::Result<T> {
    match received {
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {
            *fruitless += 1;
            if *fruitless > 1 && !more_may_come(fd)? {
                Ok(end())
            } else {
                Err(error)
            }
        }
        received => received,
    }
}

/// Whether the peer may still send: it has not ended its stream, nor did we shut down receiving. Errors are none of
/// this: a receive reports those that concern it, and the reports in an error queue concern sends.
fn more_may_come(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut set = [entry(fd.as_raw_fd(), os::PEER_ENDED)];
    os::poll(&mut set, Some(Duration::ZERO))?;
    let [entry] = set;
    Ok(entry.revents & (os::PEER_ENDED | libc::POLLHUP) == 0)
}
