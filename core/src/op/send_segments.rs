//! send_segments.

use super::attempt::{Attempt, Plan, Progress};
use super::segmentation::{Segmentation, MOST_BYTES, MOST_SEGMENTS};
use super::send::{add_sent, send_plan};
use crate::address::Address;
use crate::buffer::SendBuf;
use crate::domain::SocketKind;
use crate::error::{Error, Kind, Operation};
use crate::handle::Direction;
use crate::memory;
use crate::sys::unix::{self, Blocking, ToSend, MOST_MESSAGES};
use crate::trace::Line;
use std::io;
use std::num::NonZeroU16;
use std::os::fd::BorrowedFd;

/// Sends one buffer as datagrams of equal length; the last one may be shorter.
pub(crate) struct SendSegments<'a> {
    kind: SocketKind,
    data: SendBuf<'a>,
    size: NonZeroU16,
    to: Option<&'a Address>,
    done: usize,
    segmentation: Segmentation,
}

impl<'a> SendSegments<'a> {
    pub(crate) fn new(
        kind: SocketKind,
        data: SendBuf<'a>,
        size: NonZeroU16,
        to: Option<&'a Address>,
    ) -> Self {
        Self {
            kind,
            data,
            size,
            to,
            done: 0,
            segmentation: Segmentation::new(kind),
        }
    }

    /// How many bytes go into one message: those of one datagram, or of as many as travel together.
    fn message_length(&mut self, fd: BorrowedFd<'_>) -> usize {
        let size = usize::from(self.size.get());
        let most = (MOST_BYTES / size).clamp(1, MOST_SEGMENTS);
        if most > 1 && self.data.len() - self.done > size && self.segmentation.is_on(fd) {
            most * size
        } else {
            size
        }
    }
}

impl Attempt for SendSegments<'_> {
    /// How many bytes were sent.
    type Output = usize;

    const OPERATION: Operation = Operation::SendSegments;
    const DIRECTION: Direction = Direction::Send;

    fn plan(&self) -> Plan {
        send_plan(self.kind, self.data.len())
    }

    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<usize>> {
        let length = self.message_length(fd);
        let left = self.data.len() - self.done;
        let parts = (0..left)
            .step_by(length)
            .take(MOST_MESSAGES)
            .map(|offset| self.data.after(self.done + offset).first(length));
        let parts = memory::collect(parts).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let messages = parts.iter().map(|part| ToSend {
            parts: std::slice::from_ref(part),
            to: self.to,
            segment_size: (part.len() > self.size.get().into()).then_some(self.size.get()),
        });
        let messages = memory::collect(messages).map_err(|_| io::ErrorKind::OutOfMemory)?;
        match unix::send_batch(fd, &messages, blocking) {
            Ok(sent) => self.done += parts.iter().take(sent).map(SendBuf::len).sum::<usize>(),
            Err(error) if self.segmentation.was_refused(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(if self.done < self.data.len() {
            Progress::More
        } else {
            Progress::Done(self.done)
        })
    }

    fn done(&self) -> usize {
        self.done
    }

    fn arguments(&self, line: &mut Line) {
        line.number("asked", self.data.len());
        line.number("segment", self.size.get());
        if let Some(to) = self.to {
            line.text("to", to);
        }
    }

    fn outcome(&self, _: Option<&usize>, line: &mut Line) {
        add_sent(line, std::slice::from_ref(&self.data), self.done);
    }

    fn outlasts_close(sent: &usize) -> bool {
        *sent > 0
    }

    fn partial(&mut self, _: Kind) -> Option<usize> {
        (self.done > 0).then_some(self.done)
    }

    fn explain(&self, error: Error) -> Error {
        match self.to {
            Some(to) => error.with_detail(to),
            None => error,
        }
    }
}
