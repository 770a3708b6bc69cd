//! recv and peek.

use super::attempt::{Attempt, Plan, Progress};
use super::receiving::Receiving;
use crate::buffer::RecvBuf;
use crate::error::{Kind, Operation};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::sys::unix::{self, Blocking};
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// Receives what is there, at least one byte.
pub(crate) struct Recv<'a> {
    pub(crate) receiving: Receiving<'a>,
    pub(crate) buf: RecvBuf<'a>,
    pub(crate) empty_messages: EmptyMessages,
}

/// What a receive does with an empty message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmptyMessages {
    Returned,
    Skipped,
}

impl Attempt for Recv<'_> {
    type Output = usize;

    const OPERATION: Operation = Operation::Recv;
    const DIRECTION: Direction = Direction::Receive;

    #[inline]
    fn plan(&self) -> Plan {
        self.receiving.plan()
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<usize>> {
        let receiving = &mut self.receiving;
        let rest = self.buf.after(receiving.taken());
        let received = unix::recv(fd, &rest, receiving.flags().0, blocking);
        let count = receiving.end_if_shut(fd, received)?;
        let may_be_empty = count == 0 && self.empty_messages == EmptyMessages::Skipped;
        if may_be_empty && receiving.was_empty_message(fd)? {
            return Ok(Progress::More);
        }
        receiving.check_end(count)?;
        receiving.note(count);
        if receiving.goes_on(fd, count)? {
            return Ok(Progress::More);
        }
        Ok(Progress::Done(receiving.arrived()))
    }

    fn done(&self) -> usize {
        self.receiving.taken()
    }

    fn advances(&self) -> bool {
        self.receiving.advances()
    }

    fn arguments(&self, line: &mut Line) {
        self.receiving.add_arguments(line);
    }

    fn outcome(&self, _: Option<&usize>, line: &mut Line) {
        let count = self.receiving.arrived();
        self.receiving.add_found(line, count, Flags::NONE);
        self.receiving
            .add_payload(line, std::slice::from_ref(&self.buf), count);
    }

    fn outlasts_close(count: &usize) -> bool {
        *count > 0
    }

    fn partial(&mut self, ended_by: Kind) -> Option<usize> {
        self.receiving.partial(ended_by)
    }
}
