//! Messages: several pieces at once, control messages, addresses (sendmsg, recvmsg, sendto, recvfrom).

use super::recv::{end_if_shut, may_fill, Arrived};
use super::{moved_counts, Call, Socket};
use crate::address::Address;
use crate::ancillary::{codec, Ancillary, Control};
use crate::buffer::{RecvBuf, SendBuf};
use crate::caller::Caller;
use crate::domain::Family;
use crate::error::{Error, Kind, Operation, Result};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::memory;
use crate::sys::{os, unix};
use crate::wait::{run, Progress, Step};
use std::io;
use std::os::fd::OwnedFd;

/// `SCM_MAX_FD` of Linux.
const MOST_DESCRIPTORS: usize = 253;

/// What one receive brought.
#[derive(Debug)]
#[non_exhaustive]
pub struct Received {
    /// How many bytes were stored; with [`Flags::TRUNCATE`] how many the datagram had, of which the room holds the first.
    pub count: usize,
    /// Who sent them; empty where the sender has no name and on streams.
    pub address: Address,
    /// What the kernel said of them: `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_EOR`, `MSG_OOB`, `MSG_ERRQUEUE`.
    pub flags: Flags,
    /// What came beside them.
    pub ancillary: Vec<Ancillary>,
    /// The system wrote a control message that is not as long as it says: the last one may be cut, or some are missing.
    /// Linux does not do that.
    pub malformed: bool,
}

impl Received {
    /// Whether the datagram was longer than the room; the rest of it is lost.
    pub fn truncated(&self) -> bool {
        self.flags.contains(Flags::TRUNCATE)
    }

    /// Whether control messages were cut or left out for want of room; descriptors that did not fit are closed.
    pub fn control_truncated(&self) -> bool {
        self.flags.contains(Flags::CONTROL_TRUNCATED)
    }

    /// Takes the descriptors that came along out of [`ancillary`](Self::ancillary) (`SCM_RIGHTS`; Python `recv_fds`).
    pub fn take_descriptors(&mut self) -> Vec<OwnedFd> {
        let taken = self.ancillary.iter_mut().map(|message| match message {
            Ancillary::Rights(descriptors) => std::mem::take(descriptors),
            Ancillary::Other { .. } => Vec::new(),
        });
        taken.flatten().collect()
    }
}

/// What [`Call::recv_message`] came to, beside what is too large to hand around.
#[derive(Clone, Copy)]
struct Came {
    count: usize,
    flags: Flags,
    malformed: bool,
    has_ancillary: bool,
}

impl Progress for Came {
    fn progressed(&self) -> bool {
        self.count > 0 || self.has_ancillary
    }
}

impl Socket {
    /// Sends one datagram to an address. See [`Call::send_to`].
    ///
    /// # Errors
    /// As [`Call::send_message`].
    pub fn send_to<'b>(&self, data: impl Into<SendBuf<'b>>, to: &Address) -> Result<usize> {
        self.call().send_to(data, to)
    }

    /// Receives one datagram and says who sent it. See [`Call::recv_from`].
    ///
    /// # Errors
    /// As [`Call::recv_message`].
    pub fn recv_from<'b>(&self, room: impl Into<RecvBuf<'b>>) -> Result<Received> {
        self.call().recv_from(room)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends one datagram to an address (sendto(2); Python `sendto`, Java `DatagramSocket.send`).
    ///
    /// # Errors
    /// As [`send_message`](Self::send_message).
    pub fn send_to<'b>(&mut self, data: impl Into<SendBuf<'b>>, to: &Address) -> Result<usize> {
        self.send_to_with(data, to, Flags::NONE)
    }

    /// Sends one datagram to an address with flags.
    ///
    /// # Errors
    /// As [`send_message`](Self::send_message).
    pub fn send_to_with<'b>(
        &mut self,
        data: impl Into<SendBuf<'b>>,
        to: &Address,
        flags: Flags,
    ) -> Result<usize> {
        self.send_message(&[data.into()], &[], Some(to), flags)
    }

    /// Receives one datagram and says who sent it, and whether it was cut (recvfrom(2); Python `recvfrom`, Java
    /// `DatagramSocket.receive`). An empty datagram has a count of 0.
    ///
    /// # Errors
    /// As [`recv_message`](Self::recv_message).
    pub fn recv_from<'b>(&mut self, room: impl Into<RecvBuf<'b>>) -> Result<Received> {
        self.recv_from_with(room, Flags::NONE)
    }

    /// Receives one datagram with flags.
    ///
    /// # Errors
    /// As [`recv_message`](Self::recv_message).
    pub fn recv_from_with<'b>(&mut self, room: impl Into<RecvBuf<'b>>, flags: Flags) -> Result<Received> {
        self.recv_message(&[room.into()], 0, flags)
    }

    /// Sends several pieces as one message or stretch of stream (writev(2)).
    ///
    /// # Errors
    /// As [`send_message`](Self::send_message).
    pub fn send_vectored(&mut self, parts: &[SendBuf<'_>]) -> Result<usize> {
        self.send_message(parts, &[], None, Flags::NONE)
    }

    /// Receives into several pieces of room, one after the other (readv(2)).
    ///
    /// # Errors
    /// As [`recv_message`](Self::recv_message).
    pub fn recv_vectored(&mut self, parts: &[RecvBuf<'_>]) -> Result<usize> {
        self.recv_message(parts, 0, Flags::NONE)
            .map(|received| received.count)
    }

    /// Sends pieces, control messages and an address in one call (sendmsg(2)) and says how many bytes went out.
    ///
    /// On a stream it behaves as [`send_with`](Self::send_with): without a time limit it waits until everything is
    /// on its way. Control messages travel with the first byte.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with); `EMSGSIZE` for a datagram that is too long, `EDESTADDRREQ` without an
    /// address; `EINVAL` for more than 253 descriptors, on Linux. The address, or the number of descriptors, is in the
    /// detail.
    pub fn send_message(
        &mut self,
        parts: &[SendBuf<'_>],
        messages: &[Control<'_>],
        to: Option<&Address>,
        flags: Flags,
    ) -> Result<usize> {
        let control = Control::encode(messages).map_err(|kind| Error::new(Operation::SendMsg, kind))?;
        let total = parts.iter().map(SendBuf::len).fold(0, usize::saturating_add);
        let limit = self.send_limit(flags);
        let whole = limit.is_never() && self.socket.is_stream();
        let plan = self.send_plan(total, limit);
        let mut done = 0;
        let result = run(&self.socket.handle, &mut self.caller, plan, |fd, waiting| {
            done += if done == 0 {
                unix::sendmsg(fd, parts, &control, to, flags.0, waiting)?
            } else {
                unix::sendmsg(fd, &data_after(parts, done)?, &[], to, flags.0, waiting)?
            };
            Ok(if whole && 0 < done && done < total {
                Step::More
            } else {
                Step::Done(done)
            })
        });
        match result {
            Err(kind) if moved_counts(done, kind) => Ok(done),
            result => self
                .named((Operation::SendMsg, Direction::Send), done, result)
                .map_err(
                    |error| match (to, messages.iter().map(Control::descriptors).sum::<usize>()) {
                        // The kernel's EINVAL says nothing of the reason.
                        (_, count) if error.kind() == Kind::Os(libc::EINVAL) && count > MOST_DESCRIPTORS => {
                            error.with_detail(format_args!(
                                "{count} descriptors, a message takes {MOST_DESCRIPTORS}"
                            ))
                        }
                        (Some(to), _) => error.with_detail(to),
                        (None, _) => error,
                    },
                ),
        }
    }

    /// Receives into pieces of room, with up to `control_room` bytes of control messages and the sender's address
    /// (recvmsg(2)). Descriptors that come along are close-on-exec.
    ///
    /// # Errors
    /// As [`recv_with`](Self::recv_with).
    pub fn recv_message(
        &mut self,
        parts: &[RecvBuf<'_>],
        control_room: usize,
        flags: Flags,
    ) -> Result<Received> {
        let total = parts.iter().map(RecvBuf::len).fold(0, usize::saturating_add);
        let stream = self.socket.is_stream();
        let plan = self.recv_plan(total, flags);
        let fill = stream && may_fill(flags);
        let unix = self.socket.family() == Family::UNIX;
        let given = flags.0 | if unix { os::CLOEXEC_RIGHTS } else { 0 };
        let mut control = memory::zeros(control_room).map_err(|kind| Error::new(Operation::RecvMsg, kind))?;
        let (mut from, mut ancillary) = (Address::EMPTY, Vec::new());
        let mut arrived = Arrived::new(flags);
        let mut fruitless = 0;
        let result = run(&self.socket.handle, &mut self.caller, plan, |fd, waiting| {
            let got = if arrived.taken() == 0 {
                unix::recvmsg(fd, parts, &mut control, &mut from, given, waiting)
            } else {
                let rest = room_after(parts, arrived.taken())?;
                unix::recvmsg(fd, &rest, &mut control, &mut from, given, waiting)
            };
            let got = if stream || flags.contains(Flags::ERROR_QUEUE) {
                got?
            } else {
                end_if_shut(fd, got, &mut fruitless, unix::Received::default)?
            };
            if got.control == 0 {
                self.socket.check_end(total, got.count, flags)?;
            }
            arrived.note(got.count);
            let unfinished = fill && got.count > 0 && got.control == 0 && arrived.count < total;
            if unfinished && arrived.goes_on(fd)? {
                return Ok(Step::More);
            }
            let control = control.get(..got.control).unwrap_or(&[]);
            let malformed = !codec::is_well_formed(control);
            let lost;
            (ancillary, lost) = unix::take_ancillary(control);
            Ok(Step::Done(Came {
                count: arrived.count,
                flags: Flags(got.flags | if lost { libc::MSG_CTRUNC } else { 0 }),
                malformed,
                has_ancillary: !ancillary.is_empty(),
            }))
        });
        let result = arrived.unless_ended(result, |count| Came {
            count,
            flags: Flags::NONE,
            malformed: false,
            has_ancillary: false,
        });
        let came = self.named((Operation::RecvMsg, Direction::Receive), arrived.taken(), result)?;
        Ok(Received {
            count: came.count,
            address: from,
            flags: came.flags,
            ancillary,
            malformed: came.malformed,
        })
    }
}

fn data_after<'a>(parts: &[SendBuf<'a>], mut done: usize) -> io::Result<Vec<SendBuf<'a>>> {
    let rest = parts.iter().map(|part| {
        let left = part.after(done);
        done -= done.min(part.len());
        left
    });
    memory::collect(rest.filter(|part| !part.is_empty())).map_err(|_| io::ErrorKind::OutOfMemory.into())
}

fn room_after<'a>(parts: &[RecvBuf<'a>], mut done: usize) -> io::Result<Vec<RecvBuf<'a>>> {
    let rest = parts.iter().map(|part| {
        let left = part.after(done);
        done -= done.min(part.len());
        left
    });
    memory::collect(rest.filter(|part| !part.is_empty())).map_err(|_| io::ErrorKind::OutOfMemory.into())
}
