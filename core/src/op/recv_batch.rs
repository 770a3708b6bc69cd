//! recv_batch.

use super::attempt::{Attempt, Plan, Progress};
use super::receiving::Receiving;
use super::recording::MOST_SHOWN;
use crate::buffer::RecvBuf;
use crate::datagram::IncomingDatagram;
use crate::domain::{Family, SocketKind};
use crate::error::Operation;
use crate::flags::Flags;
use crate::handle::{Direction, Handle};
use crate::sys::unix::{self, Blocking, MOST_MESSAGES};
use crate::sys::wakeable_poll::has_more;
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// Waits for one datagram, and receives all that have arrived.
pub(crate) struct RecvBatch<'a> {
    receiving: Receiving<'a>,
    /// Control messages come from the kernel, never from the sender, and so do the addresses of all datagrams.
    is_ip: bool,
    rooms: &'a [RecvBuf<'a>],
    arrived: &'a mut [IncomingDatagram],
    bytes: usize,
}

impl<'a> RecvBatch<'a> {
    pub(crate) fn new(
        handle: &'a Handle,
        kind: SocketKind,
        rooms: &'a [RecvBuf<'a>],
        arrived: &'a mut [IncomingDatagram],
    ) -> Self {
        let capacity = rooms.iter().map(RecvBuf::len).fold(0, usize::saturating_add);
        Self {
            receiving: Receiving::new(handle, kind, Flags::NONE, capacity),
            is_ip: matches!(kind.family, Family::IPV4 | Family::IPV6),
            rooms,
            arrived,
            bytes: 0,
        }
    }

    /// Receives into the buffers from `first` on.
    fn receive(&mut self, fd: BorrowedFd<'_>, first: usize, blocking: Blocking) -> io::Result<usize> {
        let rooms = self.rooms.get(first..).unwrap_or(&[]);
        let arrived = self.arrived.get_mut(first..).unwrap_or(&mut []);
        unix::recv_batch(fd, rooms, arrived, self.is_ip, blocking)
    }

    /// How many of the datagrams from `first` to `end` are datagrams: what a receive returns after the end, when a
    /// shutdown woke it or the peer of a seqpacket socket is gone, looks like an empty one. In doubt it is one: nothing
    /// that was received must be lost to an error.
    fn before_end(&mut self, fd: BorrowedFd<'_>, first: usize, end: usize) -> usize {
        for (index, datagram) in self.arrived.iter().enumerate().take(end).skip(first) {
            let has_sender = !datagram.address.as_bytes().is_empty();
            let may_be_end = datagram.count == 0 && !has_sender;
            if may_be_end && (self.is_ip || !self.receiving.was_empty_message(fd).unwrap_or(true)) {
                return index;
            }
            self.bytes += datagram.count;
        }
        end
    }
}

impl Attempt for RecvBatch<'_> {
    /// How many were received; 0 at the end.
    type Output = usize;

    const OPERATION: Operation = Operation::RecvBatch;
    const DIRECTION: Direction = Direction::Receive;

    fn plan(&self) -> Plan {
        self.receiving.plan()
    }

    /// Everything that is there is received in one attempt: what was received must not be lost to what ends a later one.
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<usize>> {
        let received = self.receive(fd, 0, blocking);
        let received = self.receiving.end_if_shut(fd, received)?;
        let mut count = self.before_end(fd, 0, received);
        if count == 0 {
            self.receiving.check_end(0)?;
        }
        let mut is_full = count == MOST_MESSAGES;
        while is_full && count < self.rooms.len() {
            // An error that is pending is left to the next call.
            if !has_more(fd) {
                break;
            }
            let Ok(more) = self.receive(fd, count, Blocking::Forbidden) else {
                break;
            };
            let end = self.before_end(fd, count, count + more);
            is_full = end == count + MOST_MESSAGES;
            count = end;
        }
        Ok(Progress::Done(count))
    }

    fn moved(&self) -> usize {
        self.bytes
    }

    fn arguments(&self, line: &mut Line) {
        self.receiving.add_arguments(line);
    }

    fn outcome(&self, output: Option<&usize>, line: &mut Line) {
        let count = output.map_or(0, |count| *count);
        line.number("datagrams", count);
        let arrived = self.arrived.iter().zip(self.rooms).take(count.min(MOST_SHOWN));
        line.list("received", arrived, |line, (datagram, room)| {
            line.number("bytes", datagram.count);
            if !datagram.address.as_bytes().is_empty() {
                line.text("from", datagram.address);
            }
            line.count("segment", datagram.segment_size);
            self.receiving
                .add_payload(line, std::slice::from_ref(room), datagram.count);
        });
    }

    fn outlasts_close(count: &usize) -> bool {
        *count > 0
    }
}
