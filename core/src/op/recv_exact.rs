//! recv_exact.

use super::attempt::{Attempt, Plan, Progress};
use super::receiving::Receiving;
use crate::buffer::RecvBuf;
use crate::error::{Kind, Operation};
use crate::handle::Direction;
use crate::sys::unix::{self, Blocking};
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// Fills the whole of a buffer, which is not empty; skips empty messages.
pub(crate) struct RecvExact<'a> {
    pub(crate) receiving: Receiving<'a>,
    pub(crate) buf: RecvBuf<'a>,
}

impl Attempt for RecvExact<'_> {
    type Output = ();

    const OPERATION: Operation = Operation::RecvExact;
    const DIRECTION: Direction = Direction::Receive;

    #[inline]
    fn plan(&self) -> Plan {
        self.receiving.plan()
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<()>> {
        // If the kernel may wait, it waits for the whole: only a signal ends that early.
        let flags = if blocking == Blocking::Allowed {
            libc::MSG_WAITALL
        } else {
            0
        };
        let receiving = &mut self.receiving;
        let received = unix::recv(fd, &self.buf.after(receiving.taken()), flags, blocking);
        let count = receiving.end_if_shut(fd, received)?;
        receiving.note(count);
        if receiving.is_full() {
            return Ok(Progress::Done(()));
        }
        if count > 0 || receiving.was_empty_message(fd)? {
            return Ok(Progress::More);
        }
        receiving.check_end(count)?;
        Ok(Progress::Failed(match receiving.taken() {
            0 => Kind::EndOfStream,
            done => Kind::Truncated {
                missing: self.buf.len() - done,
            },
        }))
    }

    fn done(&self) -> usize {
        self.receiving.taken()
    }

    fn arguments(&self, line: &mut Line) {
        self.receiving.add_arguments(line);
    }

    fn outcome(&self, _: Option<&()>, line: &mut Line) {
        let count = self.receiving.taken();
        self.receiving
            .add_payload(line, std::slice::from_ref(&self.buf), count);
    }
}
