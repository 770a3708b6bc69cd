//! What all receives have in common: how much arrived, what counts as an end, and what they wait for.

use super::attempt::{KernelWaits, Plan};
use crate::buffer::RecvBuf;
use crate::domain::SocketKind;
use crate::error::Kind;
use crate::flags::Flags;
use crate::handle::Handle;
use crate::sys::wakeable_poll::events_now;
use crate::sys::{kernel, unix};
use crate::time::Timeout;
use crate::trace::{self, Line};
use std::io;
use std::os::fd::BorrowedFd;

/// The part of a receive that does not depend on where the bytes go.
pub(crate) struct Receiving<'a> {
    handle: &'a Handle,
    kind: SocketKind,
    flags: Flags,
    /// How many bytes there is space for.
    capacity: usize,
    /// Whether to go on until that many have arrived.
    fill: bool,
    /// How many bytes were taken out of the queue, or seen there with `MSG_PEEK`.
    arrived: usize,
    /// How many attempts found nothing.
    vain: u32,
}

impl<'a> Receiving<'a> {
    pub(crate) fn new(handle: &'a Handle, kind: SocketKind, flags: Flags, capacity: usize) -> Self {
        let does_not_wait = Flags::DONT_WAIT | Flags::ERROR_QUEUE;
        Self {
            handle,
            kind,
            flags,
            capacity,
            fill: kind.is_stream() && flags.contains(Flags::WAIT_ALL) && flags.0 & does_not_wait.0 == 0,
            arrived: 0,
            vain: 0,
        }
    }

    /// Counts bytes that the call has already found elsewhere.
    pub(crate) fn after(mut self, found: usize) -> Self {
        self.arrived = found;
        self
    }

    /// Whether the call goes on until the buffer is full.
    pub(crate) fn fills(&self) -> bool {
        self.fill
    }

    /// The time limit with these flags. Without one, a receive from the error queue does not wait, like recv(2).
    pub(crate) fn timeout(flags: Flags, timeout: Timeout) -> Timeout {
        let only_looks = flags.contains(Flags::DONT_WAIT)
            || flags.contains(Flags::ERROR_QUEUE) && timeout == Timeout::Never;
        if only_looks {
            Timeout::NonBlocking
        } else {
            timeout
        }
    }

    pub(super) fn plan(&self) -> Plan {
        let events = if self.flags.contains(Flags::ERROR_QUEUE) {
            0 // POLLERR is always reported
        } else if self.flags.contains(Flags::OUT_OF_BAND) {
            libc::POLLPRI
        } else {
            libc::POLLIN
        };
        Plan {
            events,
            bytes: self.capacity,
            // A peek must not wait for the whole: it would have to look again and again.
            kernel_waits: KernelWaits::always_if(
                self.kind.shutdown_wakes() && !self.flags.contains(Flags::WAIT_ALL),
            ),
        }
    }

    pub(super) fn is_datagram(&self) -> bool {
        self.kind.is_datagram()
    }

    pub(super) fn flags(&self) -> Flags {
        self.flags
    }

    pub(super) fn arrived(&self) -> usize {
        self.arrived
    }

    /// How many bytes are no longer in the queue, so that the next attempt finds what follows them.
    pub(super) fn taken(&self) -> usize {
        if self.peeks() {
            0
        } else {
            self.arrived
        }
    }

    pub(crate) fn peeks(&self) -> bool {
        self.flags.contains(Flags::PEEK)
    }

    /// What was found before counts more than what ended the call. Bytes that were only peeked at are still there for
    /// the next call, unless there can't be one because the socket is closed.
    pub(super) fn partial(&self, ended_by: Kind) -> Option<usize> {
        let lost = self.peeks() && ended_by == Kind::Closed;
        (self.arrived > 0 && !lost).then_some(self.arrived)
    }

    /// Records what one more attempt found.
    pub(super) fn note(&mut self, count: usize) {
        self.arrived = self.taken() + count;
    }

    pub(super) fn is_full(&self) -> bool {
        self.arrived >= self.capacity
    }

    /// For the record of a call: whether it takes its bytes out of the stream or the queue of datagrams.
    pub(super) fn advances(&self) -> bool {
        let leaves_them = Flags::PEEK.0 | Flags::ERROR_QUEUE.0 | Flags::OUT_OF_BAND.0;
        self.flags.0 & leaves_them == 0
    }

    /// Adds the arguments to the record of a call.
    pub(super) fn add_arguments(&self, line: &mut Line) {
        line.number("asked", self.capacity);
        if self.flags != Flags::NONE {
            line.kernel_name("flags", self.flags);
        }
    }

    /// Adds what was found, and the flags that the kernel has set.
    pub(super) fn add_found(&self, line: &mut Line, count: usize, flags: Flags) {
        if !self.advances() {
            line.number("found", count);
        }
        if flags != Flags::NONE {
            line.kernel_name("flags_set", flags);
        }
    }

    /// Adds the beginning of what was stored in the buffers.
    pub(super) fn add_payload(&self, line: &mut Line, parts: &[RecvBuf<'_>], count: usize) {
        if self.kind.is_tcp() && self.flags.contains(Flags::TRUNCATE) {
            return; // nothing was stored
        }
        let stored = parts
            .iter()
            .map(RecvBuf::len)
            .fold(0, usize::saturating_add)
            .min(count);
        trace::add_payload(line, stored, |done, room| {
            let mut before = done;
            for part in parts {
                if before < part.len() {
                    return part.after(before).copy_received(stored - done, room);
                }
                before -= part.len();
            }
            0
        });
    }

    /// Whether to try for the rest at once after `count` bytes. A peek would find the same bytes again, so it waits for
    /// more.
    #[inline]
    pub(super) fn goes_on(&self, fd: BorrowedFd<'_>, count: usize) -> io::Result<bool> {
        if !self.fill || count == 0 || self.is_full() {
            Ok(false)
        } else if !self.peeks() {
            Ok(true)
        } else if more_may_come(fd)? {
            Err(io::Error::from_raw_os_error(libc::EAGAIN))
        } else {
            Ok(false)
        }
    }

    /// Turns "nothing there" into an end when the socket was shut down for reading: Linux reports such a datagram
    /// socket as ready, but only a blocking receive then returns 0. Called from a call's second attempt in vain
    /// onwards.
    #[inline]
    pub(super) fn end_if_shut<T: Default>(
        &mut self,
        fd: BorrowedFd<'_>,
        received: io::Result<T>,
    ) -> io::Result<T> {
        match received {
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {
                if self.kind.is_stream() || self.flags.contains(Flags::ERROR_QUEUE) {
                    return Err(error);
                }
                self.vain += 1;
                if self.vain > 1 && !more_may_come(fd)? {
                    Ok(T::default())
                } else {
                    Err(error)
                }
            }
            received => received,
        }
    }

    /// Whether a receive that returned nothing found an empty message, not the end. A seqpacket socket whose peer is
    /// gone reports both the same way; then it depends on whether more bytes follow.
    pub(super) fn was_empty_message(&self, fd: BorrowedFd<'_>) -> io::Result<bool> {
        Ok(!self.kind.is_stream() && (more_may_come(fd)? || unix::available(fd)? > 0))
    }

    /// Refuses to take a dead connection for a stream that has ended. Called after every receive.
    #[inline]
    pub(super) fn check_end(&self, count: usize) -> io::Result<()> {
        if count > 0
            || self.capacity == 0
            || !self.kind.has_connections()
            || self.flags.contains(Flags::ERROR_QUEUE)
        {
            return Ok(());
        }
        self.handle.connection_end.end_of_stream(self.kind.is_stream())
    }
}

/// Whether the peer may still send: it has not ended its stream, and we have not shut down receiving. Errors do not
/// matter here: a receive reports those that concern it, and the reports in an error queue concern sends.
fn more_may_come(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(events_now(fd, kernel::PEER_ENDED)? & (kernel::PEER_ENDED | libc::POLLHUP) == 0)
}
