//! recv_frame: receives ahead, until the bytes begin with a whole message.

use super::attempt::{Attempt, Plan, Progress};
use super::receiving::Receiving;
use crate::address::Address;
use crate::ancillary::Ancillary;
use crate::buffer::{RecvBuf, SendBuf};
use crate::domain::SocketKind;
use crate::error::{Counted, Error, Kind, Operation};
use crate::flags::Flags;
use crate::framing::decode::{Decoded, Found, Refusal};
use crate::framing::read_ahead::ReadAhead;
use crate::framing::Framing;
use crate::handle::{Direction, Handle};
use crate::sys::os;
use crate::sys::unix::{self, Blocking};
use crate::trace::{self, Line};
use std::io;
use std::os::fd::BorrowedFd;

/// `SCM_MAX_FD` of Linux: the most descriptors that one receive may bring. When that many are waiting to be taken out, no
/// more are received.
const MOST_DESCRIPTORS: usize = 253;

/// Room for the control message with that many descriptors and one with the sender's credentials.
pub(crate) const MOST_CONTROL: usize = 1280;

/// Receives until the bytes ahead begin with a whole message. `None` is the end of the stream between two messages.
pub(crate) struct RecvFrame<'a> {
    /// The handle that keeps the bytes, unless they belong to a reader.
    keeper: Option<&'a Handle>,
    kind: SocketKind,
    receiving: Receiving<'a>,
    ahead: &'a mut ReadAhead,
    framing: &'a Framing,
    /// How many bytes of the message are missing, as far as is known.
    missing: usize,
    received: usize,
    refusal: Option<Refusal>,
}

impl<'a> RecvFrame<'a> {
    /// The bytes ahead do not hold a message; `missing` more are needed for one.
    pub(crate) fn new(
        handle: &'a Handle,
        kind: SocketKind,
        ahead: &'a mut ReadAhead,
        framing: &'a Framing,
        missing: usize,
        keeper: Option<&'a Handle>,
    ) -> Result<Self, Kind> {
        let room = ahead.room(missing)?.len();
        Ok(Self {
            keeper,
            kind,
            receiving: Receiving::new(handle, kind, Flags::NONE, room),
            ahead,
            framing,
            missing,
            received: 0,
            refusal: None,
        })
    }

    fn receive(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<usize> {
        let room = self.ahead.room(self.missing);
        let room = RecvBuf::from(room.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?);
        if !self.kind.is_unix() {
            return unix::recv(fd, &room, 0, blocking);
        }
        // recv(2) would close the descriptors that come with the bytes.
        let (mut control, mut from) = ([0; MOST_CONTROL], Address::EMPTY);
        let flags = os::CLOEXEC_RIGHTS;
        let received = unix::recvmsg(fd, &[room], &mut control, &mut from, flags, blocking)?;
        if received.control > 0 {
            let (messages, _) = unix::take_ancillary(control.get(..received.control).unwrap_or_default());
            for message in messages {
                if let Ancillary::Rights(descriptors) = message {
                    // Without memory for them they are closed, as by recvmsg(2) when no descriptor numbers are left.
                    let _ = self.ahead.keep(descriptors);
                }
            }
        }
        Ok(received.count)
    }

    /// What the call returns at the end of the stream.
    fn ended(&mut self) -> Progress<Option<Found>> {
        match self.framing.decode_last(self.ahead.bytes()) {
            Ok(None) if !self.ahead.is_empty() => Progress::Failed(Kind::Truncated {
                missing: self.missing,
            }),
            Ok(last) => Progress::Done(last),
            Err(refusal) => self.refused(refusal),
        }
    }

    fn refused(&mut self, refusal: Refusal) -> Progress<Option<Found>> {
        self.refusal = Some(refusal);
        Progress::Failed(refusal.kind())
    }
}

impl Attempt for RecvFrame<'_> {
    type Output = Option<Found>;

    const OPERATION: Operation = Operation::RecvFrame;
    const DIRECTION: Direction = Direction::Receive;
    const MOVES_IN_PARTS: bool = true;

    fn plan(&self) -> Plan {
        self.receiving.plan()
    }

    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<Self::Output>> {
        if self.ahead.descriptors() >= MOST_DESCRIPTORS {
            return Ok(Progress::Failed(Kind::Busy));
        }
        let count = self.receive(fd, blocking)?;
        self.receiving.check_end(count)?;
        if count == 0 {
            return Ok(self.ended());
        }
        self.ahead.came(count);
        self.received += count;
        Ok(match self.ahead.find(self.framing) {
            Ok(Decoded::Message(found)) => Progress::Done(Some(found)),
            Ok(Decoded::Missing(missing)) => {
                self.missing = missing;
                self.ahead.note_incomplete();
                if let Some(keeper) = self.keeper {
                    keeper.note_ahead(self.ahead);
                }
                Progress::More
            }
            Err(refusal) => self.refused(refusal),
        })
    }

    fn moved(&self) -> usize {
        self.received
    }

    fn outcome(&self, output: Option<&Self::Output>, line: &mut Line) {
        let bytes = self.ahead.bytes();
        let new = bytes.len().saturating_sub(self.received);
        let received = SendBuf::from(bytes.get(new..).unwrap_or_default());
        trace::add_payload(line, received.len(), |done, room| {
            received.after(done).copy_to(room)
        });
        if let Some(Some(found)) = output {
            line.number("message", found.body.len());
        }
    }

    fn outlasts_close(found: &Self::Output) -> bool {
        found.is_some()
    }

    fn explain(&self, error: Error) -> Error {
        match self.refusal {
            Some(refusal) => refusal.explain(error, self.framing),
            None if error.kind() == Kind::Busy => {
                let count = Counted(self.ahead.descriptors(), "descriptors");
                error.with_detail(format_args!(
                    "{count} came with the bytes and must be taken first"
                ))
            }
            None => error,
        }
    }
}
