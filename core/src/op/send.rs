//! send.

use super::attempt::{Attempt, KernelWaits, Plan, Progress};
use crate::buffer::SendBuf;
use crate::domain::SocketKind;
use crate::error::{Kind, Operation};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::sys::unix::{self, Blocking};
use crate::time::Timeout;
use crate::trace::{self, Line};
use std::io;
use std::os::fd::BorrowedFd;

/// Sends as much as the kernel takes, at least one byte; on a stream without a time limit it sends everything, like a
/// blocking send(2).
pub(crate) struct Send<'a> {
    kind: SocketKind,
    data: SendBuf<'a>,
    flags: Flags,
    all: bool,
    done: usize,
}

impl<'a> Send<'a> {
    pub(crate) fn new(kind: SocketKind, data: SendBuf<'a>, flags: Flags, timeout: Timeout) -> Self {
        Self {
            kind,
            data,
            flags,
            all: sends_all(kind, timeout),
            done: 0,
        }
    }

    /// What the next attempt sends.
    #[inline]
    pub(super) fn rest(&self) -> SendBuf<'a> {
        self.data.after(self.done)
    }

    pub(super) fn flags(&self) -> Flags {
        self.flags
    }

    /// Records what an attempt has sent.
    #[inline]
    pub(super) fn note(&mut self, count: usize) -> Progress<usize> {
        self.done += count;
        if self.all && count > 0 && self.done < self.data.len() {
            Progress::More
        } else {
            Progress::Done(self.done)
        }
    }
}

/// Whether a send goes on until everything is on its way.
pub(super) fn sends_all(kind: SocketKind, timeout: Timeout) -> bool {
    timeout == Timeout::Never && kind.is_stream()
}

/// What every send needs.
pub(super) fn send_plan(kind: SocketKind, bytes: usize) -> Plan {
    Plan {
        events: libc::POLLOUT,
        bytes,
        // With a time limit, a send is over when some bytes have moved; the kernel would wait for all of them.
        kernel_waits: if kind.shutdown_wakes() {
            KernelWaits::WithoutLimit
        } else {
            KernelWaits::Never
        },
    }
}

/// Adds the arguments of a send to its record.
pub(super) fn add_send_arguments(line: &mut Line, asked: usize, flags: Flags) {
    line.number("asked", asked);
    if flags != Flags::NONE {
        line.kernel_name("flags", flags);
    }
}

/// Adds the beginning of what was sent.
pub(super) fn add_sent(line: &mut Line, parts: &[SendBuf<'_>], count: usize) {
    trace::add_payload(line, count, |done, room| {
        let mut before = done;
        for part in parts {
            if before < part.len() {
                return part.after(before).first(count - done).copy_to(room);
            }
            before -= part.len();
        }
        0
    });
}

impl Attempt for Send<'_> {
    type Output = usize;

    const OPERATION: Operation = Operation::Send;
    const DIRECTION: Direction = Direction::Send;

    #[inline]
    fn plan(&self) -> Plan {
        send_plan(self.kind, self.data.len())
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<usize>> {
        let count = unix::send(fd, self.rest(), self.flags.0, blocking)?;
        Ok(self.note(count))
    }

    fn done(&self) -> usize {
        self.done
    }

    fn arguments(&self, line: &mut Line) {
        add_send_arguments(line, self.data.len(), self.flags);
    }

    fn outcome(&self, _: Option<&usize>, line: &mut Line) {
        add_sent(line, std::slice::from_ref(&self.data), self.done);
    }

    fn outlasts_close(count: &usize) -> bool {
        *count > 0
    }

    fn partial(&mut self, _: Kind) -> Option<usize> {
        (self.done > 0).then_some(self.done)
    }
}
