//! send_all.

use super::attempt::{Attempt, KernelWaits, Plan, Progress};
use super::send::{add_send_arguments, add_sent, send_plan};
use crate::buffer::SendBuf;
use crate::domain::SocketKind;
use crate::error::Operation;
use crate::flags::Flags;
use crate::handle::Direction;
use crate::sys::unix::{self, Blocking};
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// Sends everything, one thread at a time.
pub(crate) struct SendAll<'a> {
    kind: SocketKind,
    data: SendBuf<'a>,
    flags: Flags,
    done: usize,
}

impl<'a> SendAll<'a> {
    pub(crate) fn new(kind: SocketKind, data: SendBuf<'a>, flags: Flags) -> Self {
        Self {
            kind,
            data,
            flags,
            done: 0,
        }
    }
}

impl Attempt for SendAll<'_> {
    type Output = ();

    const OPERATION: Operation = Operation::SendAll;
    const DIRECTION: Direction = Direction::Send;
    const TAKES_TURN: bool = true;

    #[inline]
    fn plan(&self) -> Plan {
        let plan = send_plan(self.kind, self.data.len());
        if self.kind.is_tcp() {
            Plan {
                kernel_waits: KernelWaits::Always,
                ..plan
            }
        } else {
            plan // the limit of a Unix socket begins anew with each piece that the kernel makes of the bytes
        }
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<()>> {
        let count = unix::send(fd, self.data.after(self.done), self.flags.0, blocking)?;
        self.done += count;
        Ok(if count > 0 && self.done < self.data.len() {
            Progress::More
        } else {
            Progress::Done(())
        })
    }

    fn done(&self) -> usize {
        self.done
    }

    fn arguments(&self, line: &mut Line) {
        add_send_arguments(line, self.data.len(), self.flags);
    }

    fn outcome(&self, _: Option<&()>, line: &mut Line) {
        add_sent(line, std::slice::from_ref(&self.data), self.done);
    }
}
