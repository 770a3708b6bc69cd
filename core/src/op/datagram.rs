//! sendto and recvfrom.

use super::attempt::{Attempt, Plan, Progress};
use super::receiving::Receiving;
use super::send::Send;
use crate::address::Address;
use crate::buffer::RecvBuf;
use crate::error::{Error, Kind, Operation};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::sys::kernel;
use crate::sys::unix::{self, Blocking};
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// Sends to an address; how much is decided as for [`Send`].
pub(crate) struct SendTo<'a> {
    pub(crate) send: Send<'a>,
    pub(crate) to: &'a Address,
}

impl Attempt for SendTo<'_> {
    type Output = usize;

    const OPERATION: Operation = Operation::SendTo;
    const DIRECTION: Direction = Direction::Send;

    #[inline]
    fn plan(&self) -> Plan {
        self.send.plan()
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<usize>> {
        let count = unix::sendto(fd, self.send.rest(), self.to, self.send.flags().0, blocking)?;
        Ok(self.send.note(count))
    }

    fn done(&self) -> usize {
        self.send.done()
    }

    fn outlasts_close(count: &usize) -> bool {
        Send::outlasts_close(count)
    }

    fn partial(&mut self, ended_by: Kind) -> Option<usize> {
        self.send.partial(ended_by)
    }

    fn arguments(&self, line: &mut Line) {
        self.send.arguments(line);
        line.text("to", self.to);
    }

    fn outcome(&self, output: Option<&usize>, line: &mut Line) {
        self.send.outcome(output, line);
    }

    fn explain(&self, error: Error) -> Error {
        error.with_detail(self.to)
    }
}

/// Receives one datagram and the sender's address.
pub(crate) struct RecvFrom<'a> {
    pub(crate) receiving: Receiving<'a>,
    pub(crate) buf: RecvBuf<'a>,
    pub(crate) from: &'a mut Address,
}

impl RecvFrom<'_> {
    /// Whether recvfrom(2) reports all there is to know: unlike recvmsg(2) it returns no flags. Of a datagram it can
    /// be asked for the whole length, which shows whether it was cut.
    pub(crate) fn suffices(receiving: &Receiving<'_>) -> bool {
        let harmless = Flags::PEEK | Flags::DONT_WAIT | Flags::TRUNCATE;
        kernel::WHOLE_LENGTH.is_some() && receiving.is_datagram() && harmless.contains(receiving.flags())
    }
}

impl Attempt for RecvFrom<'_> {
    type Output = (usize, Flags);

    const OPERATION: Operation = Operation::RecvFrom;
    const DIRECTION: Direction = Direction::Receive;

    #[inline]
    fn plan(&self) -> Plan {
        self.receiving.plan()
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<(usize, Flags)>> {
        let asked = self.receiving.flags();
        let flags = asked.0 | kernel::WHOLE_LENGTH.unwrap_or(0);
        let received = unix::recvfrom(fd, &self.buf, self.from, flags, blocking);
        let length = self.receiving.end_if_shut(fd, received)?;
        let cut = length > self.buf.len();
        Ok(Progress::Done((
            if cut && !asked.contains(Flags::TRUNCATE) {
                self.buf.len()
            } else {
                length
            },
            if cut { Flags::TRUNCATE } else { Flags::NONE },
        )))
    }

    fn advances(&self) -> bool {
        self.receiving.advances()
    }

    fn transferred(&self, output: Option<&(usize, Flags)>) -> usize {
        output.map_or(0, |(count, _)| *count)
    }

    fn arguments(&self, line: &mut Line) {
        self.receiving.add_arguments(line);
    }

    fn outcome(&self, output: Option<&(usize, Flags)>, line: &mut Line) {
        if let Some((count, flags)) = output {
            self.receiving.add_found(line, *count, *flags);
            self.receiving
                .add_payload(line, std::slice::from_ref(&self.buf), *count);
            line.text("from", *self.from);
        }
    }

    /// A receive that was woken by a close returns nothing, like an empty datagram.
    fn outlasts_close(&(count, _): &(usize, Flags)) -> bool {
        count > 0
    }
}
