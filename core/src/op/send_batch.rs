//! send_batch.

use super::attempt::{Attempt, Plan, Progress};
use super::recording::MOST_SHOWN;
use super::segmentation::{Segmentation, MOST_BYTES, MOST_SEGMENTS};
use super::send::{add_sent, send_plan};
use crate::address::Address;
use crate::datagram::OutgoingDatagram;
use crate::domain::SocketKind;
use crate::error::{Error, Kind, Operation};
use crate::handle::Direction;
use crate::memory;
use crate::sys::unix::{self, Blocking, ToSend, MOST_MESSAGES};
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// The most datagrams of one attempt.
const MOST_DATAGRAMS: usize = 4 * MOST_SEGMENTS;

/// Sends datagrams in their order. One that is refused is noted, and those after it are sent.
pub(crate) struct SendBatch<'a, 'd> {
    kind: SocketKind,
    datagrams: &'a mut [OutgoingDatagram<'d>],
    /// How many were sent or refused.
    settled: usize,
    sent: usize,
    /// How many bytes those had.
    bytes: usize,
    /// The first one that was refused.
    refused: Option<(usize, Kind)>,
    segmentation: Segmentation,
}

impl<'a, 'd> SendBatch<'a, 'd> {
    pub(crate) fn new(kind: SocketKind, datagrams: &'a mut [OutgoingDatagram<'d>]) -> Self {
        for datagram in &mut *datagrams {
            datagram.result = Err(Kind::WouldBlock);
        }
        Self {
            kind,
            datagrams,
            settled: 0,
            sent: 0,
            bytes: 0,
            refused: None,
            segmentation: Segmentation::new(kind),
        }
    }

    /// Sends the next ones: how many were sent.
    fn send_some(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<usize> {
        let rest = self.datagrams.get(self.settled..).unwrap_or(&[]);
        let rest = rest.get(..MOST_DATAGRAMS).unwrap_or(rest);
        let contents = memory::collect(rest.iter().map(|datagram| datagram.contents));
        let contents = contents.map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut messages =
            memory::list(rest.len().min(MOST_MESSAGES)).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut begin = 0;
        while let (Some(datagrams @ [first, ..]), true) = (rest.get(begin..), messages.len() < MOST_MESSAGES)
        {
            let together = travel_together(datagrams);
            let length = if together > 1 && self.segmentation.is_on(fd) {
                together
            } else {
                1
            };
            let size = u16::try_from(first.contents.len()).ok();
            messages.push(ToSend {
                parts: contents.get(begin..begin + length).unwrap_or(&[]),
                to: first.destination,
                segment_size: size.filter(|_| length > 1),
            });
            begin += length;
        }
        match unix::send_batch(fd, &messages, blocking) {
            Ok(sent) => Ok(messages
                .iter()
                .take(sent)
                .map(|message| message.parts.len())
                .sum()),
            Err(error) => {
                let first_is_whole = messages
                    .first()
                    .is_some_and(|message| message.segment_size.is_none());
                if !first_is_whole && self.segmentation.was_refused(&error) {
                    return Ok(0);
                }
                Err(error)
            }
        }
    }

    /// Notes that the next ones were sent.
    fn note_sent(&mut self, count: usize) {
        for datagram in self.datagrams.iter_mut().skip(self.settled).take(count) {
            let length = datagram.contents.len();
            datagram.result = Ok(length);
            self.bytes += length;
        }
        self.settled += count;
        self.sent += count;
    }

    /// Notes that the next one was refused.
    fn note_refused(&mut self, kind: Kind) {
        if let Some(datagram) = self.datagrams.get_mut(self.settled) {
            datagram.result = Err(kind);
        }
        self.refused.get_or_insert((self.settled, kind));
        self.settled += 1;
    }
}

/// How many datagrams at the beginning may travel through the kernel together: those to the same address and of the same
/// length, and a shorter one at the end.
fn travel_together(datagrams: &[OutgoingDatagram<'_>]) -> usize {
    let Some((first, others)) = datagrams.split_first() else {
        return 0;
    };
    let size = first.contents.len();
    if size == 0 {
        return 1;
    }
    let most = (MOST_BYTES / size).clamp(1, MOST_SEGMENTS) - 1;
    let mut ended = false;
    let others = others.iter().take(most).take_while(|other| {
        let length = other.contents.len();
        let belongs = !ended && 0 < length && length <= size && is_same(first.destination, other.destination);
        ended = length < size;
        belongs
    });
    1 + others.count()
}

/// Whether an error is not about the first datagram: it could not be sent yet, or there was no memory for the call.
fn concerns_all(error: &io::Error) -> bool {
    error.raw_os_error().is_none_or(|errno| errno == libc::EINTR) || Kind::from_io(error) == Kind::WouldBlock
}

fn is_same(one: Option<&Address>, other: Option<&Address>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => std::ptr::eq(one, other) || one.as_bytes() == other.as_bytes(),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl Attempt for SendBatch<'_, '_> {
    /// How many were sent.
    type Output = usize;

    const OPERATION: Operation = Operation::SendBatch;
    const DIRECTION: Direction = Direction::Send;

    fn plan(&self) -> Plan {
        let bytes = self.datagrams.iter().map(|datagram| datagram.contents.len());
        send_plan(self.kind, bytes.fold(0, usize::saturating_add))
    }

    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<usize>> {
        match self.send_some(fd, blocking) {
            Ok(sent) => self.note_sent(sent),
            Err(error) if concerns_all(&error) => return Err(error),
            Err(error) => self.note_refused(Kind::from_io(&error)),
        }
        Ok(match self.refused {
            _ if self.settled < self.datagrams.len() => Progress::More,
            Some((_, kind)) if self.sent == 0 => Progress::Failed(kind),
            _ => Progress::Done(self.sent),
        })
    }

    fn done(&self) -> usize {
        self.sent
    }

    fn moved(&self) -> usize {
        self.bytes
    }

    fn arguments(&self, line: &mut Line) {
        line.number("asked", self.plan().bytes);
        line.number("datagrams", self.datagrams.len());
    }

    fn outcome(&self, _: Option<&usize>, line: &mut Line) {
        let sent = self.datagrams.iter().filter(|datagram| datagram.result.is_ok());
        line.list("sent", sent.take(MOST_SHOWN), |line, datagram| {
            line.number("bytes", datagram.contents.len());
            if let Some(to) = datagram.destination {
                line.text("to", to);
            }
            add_sent(
                line,
                std::slice::from_ref(&datagram.contents),
                datagram.contents.len(),
            );
        });
    }

    fn outlasts_close(sent: &usize) -> bool {
        *sent > 0
    }

    fn partial(&mut self, ended_by: Kind) -> Option<usize> {
        for datagram in self.datagrams.iter_mut().skip(self.settled) {
            datagram.result = Err(ended_by);
        }
        (self.sent > 0).then_some(self.sent)
    }

    fn explain(&self, error: Error) -> Error {
        let Some((index, _)) = self.refused.filter(|(_, kind)| *kind == error.kind()) else {
            return error;
        };
        match self
            .datagrams
            .get(index)
            .and_then(|datagram| datagram.destination)
        {
            Some(to) => error.with_detail(format_args!("datagram {index} to {to}")),
            None => error.with_detail(format_args!("datagram {index}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_datagrams_of_one_length_to_one_address_travel_together() {
        let [one, same, other]: [Address; 3] =
            ["127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:2"].map(|text| text.parse().unwrap());
        let bytes = [0; 40_000];
        let together = |lengths: &[usize], to: &[&Address]| {
            let all: Vec<_> = lengths
                .iter()
                .zip(to.iter().cycle())
                .map(|(length, to)| OutgoingDatagram::new(&bytes[..*length], *to))
                .collect();
            travel_together(&all)
        };
        assert_eq!(together(&[], &[&one]), 0);
        assert_eq!(together(&[0, 0], &[&one]), 1, "there are no empty segments");
        assert_eq!(together(&[5, 5, 5], &[&one, &same]), 3);
        assert_eq!(together(&[5, 5, 5], &[&one, &other]), 1);
        assert_eq!(together(&[5, 5, 3, 5], &[&one]), 3, "a shorter one is the last");
        assert_eq!(together(&[5, 5, 3, 2], &[&one]), 3);
        assert_eq!(together(&[5, 5, 0], &[&one]), 2);
        assert_eq!(together(&[5, 6], &[&one]), 1);
        assert_eq!(together(&[1; 100], &[&one]), 64);
        assert_eq!(together(&[20_000; 5], &[&one]), 3, "64 KiB in all");
        assert_eq!(together(&[40_000; 2], &[&one]), 1);
        let connected = [OutgoingDatagram::new("a", None), OutgoingDatagram::new("b", None)];
        assert_eq!(travel_together(&connected), 2);
        let mixed = [OutgoingDatagram::new("a", None), OutgoingDatagram::new("b", &one)];
        assert_eq!(travel_together(&mixed), 1);
    }
}
