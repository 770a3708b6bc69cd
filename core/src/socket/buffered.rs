//! Bytes received ahead by calls that receive messages, and how all other calls on the socket find them.

use super::{Call, Received, Socket};
use crate::address::Address;
use crate::ancillary::Ancillary;
use crate::buffer::RecvBuf;
use crate::caller::Caller;
use crate::error::{Error, Kind, Operation, Result};
use crate::flags::Flags;
use crate::framing::read_ahead::ReadAhead;
use crate::framing::Framing;
use crate::handle::{Ahead, Direction};
use crate::memory;
use crate::op::{EmptyMessages, Receiving, Recv, RecvExact, MOST_CONTROL};
use crate::sys::unix;
use crate::time::{LazyDeadline, Timeout};
use std::os::fd::{OwnedFd, RawFd};

impl Socket {
    /// How many received bytes no call has returned yet: those that came with a message and belong to the next ones
    /// (as a TLS library counts decrypted bytes). 0 for a closed socket.
    pub fn pending(&self) -> usize {
        if self.is_closed() {
            0
        } else {
            self.handle.ahead()
        }
    }

    /// Takes out the [`pending`](Self::pending) bytes, for code that continues with the descriptor itself: before
    /// [`detach`](Self::detach), [`duplicate`](Self::duplicate) or TLS.
    ///
    /// # Errors
    /// `Busy` while a call receives messages; `Closed`.
    pub fn take_buffered(&self) -> Result<Vec<u8>> {
        self.take_out(ReadAhead::take_all)
    }

    /// Takes out as many of the [`pending`](Self::pending) bytes as `buf` has room for, and returns how many.
    ///
    /// # Errors
    /// See [`take_buffered`](Self::take_buffered).
    pub fn take_buffered_into<'b>(&self, buf: impl Into<RecvBuf<'b>>) -> Result<usize> {
        let buf = buf.into();
        self.take_out(|ahead| ahead.give(&buf))
    }

    /// Takes out the descriptors that came with the bytes of messages on a Unix socket (`SCM_RIGHTS`). They are kept
    /// until a [`recv_message`](Call::recv_message) with room for control messages, or this, hands them out.
    ///
    /// # Errors
    /// `Busy` while a call receives messages; `Closed`.
    pub fn take_descriptors(&self) -> Result<Vec<OwnedFd>> {
        self.take_out(|ahead| ahead.take_descriptors(usize::MAX))
    }

    /// Takes out the first `most` of these descriptors. See [`take_descriptors`](Self::take_descriptors).
    ///
    /// # Errors
    /// See [`take_descriptors`](Self::take_descriptors).
    pub fn take_descriptors_up_to(&self, most: usize) -> Result<Vec<OwnedFd>> {
        self.take_out(|ahead| ahead.take_descriptors(most))
    }

    fn take_out<T: Default>(&self, take: impl FnOnce(&mut ReadAhead) -> T) -> Result<T> {
        let failed = |kind| Error::new(Operation::TakeBuffered, kind);
        if !self.handle.may_be_ahead() {
            return if self.is_closed() {
                Err(failed(Kind::Closed))
            } else {
                Ok(T::default())
            };
        }
        let mut limit = LazyDeadline::new(Timeout::NonBlocking);
        let taken = self
            .call()
            .take_ahead(Operation::TakeBuffered, Timeout::NonBlocking, &mut limit);
        match taken {
            Ok(mut ahead) => Ok(take(&mut ahead)),
            Err(error) if error.kind() == Kind::WouldBlock => {
                Err(failed(Kind::Busy).with_detail("another thread is receiving messages"))
            }
            Err(error) => Err(error),
        }
    }

    /// Adds to an error that bytes received ahead are in the way, if they are.
    pub(super) fn explain_pending(&self, error: Error) -> Error {
        let (busy, pending) = (error.kind() == Kind::Busy, self.pending());
        if !busy || pending == 0 {
            return error;
        }
        error.with_detail(format_args!(
            "{pending} received bytes are pending: take_buffered() hands them out"
        ))
    }
}

impl<'s, C: Caller> Call<'s, C> {
    /// The same call with the caller borrowed: the code for it is compiled a second time, so that the common case, without
    /// bytes ahead, has its own and is inlined.
    fn apart(&mut self) -> Call<'s, &mut C> {
        self.socket.on(&mut self.caller)
    }

    /// recv where bytes may have been received ahead.
    #[cold]
    pub(super) fn recv_after_ahead(
        &mut self,
        buf: RecvBuf<'_>,
        flags: Flags,
        empty_messages: EmptyMessages,
    ) -> Result<usize> {
        let socket = self.socket;
        let timeout = Receiving::timeout(flags, self.timeout(Direction::Receive));
        let mut limit = LazyDeadline::new(timeout);
        let mut receiving = Receiving::new(&socket.handle, socket.kind(), flags, buf.len());
        let mut ahead = self.take_unless_empty(Operation::Recv, flags, timeout, &mut limit)?;
        if let Some(ahead) = ahead.as_mut().filter(|ahead| !ahead.is_empty()) {
            let count = self.copy_ahead(ahead, std::slice::from_ref(&buf), &receiving, limit.left())?;
            if count == buf.len() || receiving.peeks() || !receiving.fills() {
                return Ok(count);
            }
            receiving = receiving.after(count);
            socket.handle.note_ahead(ahead);
        }
        let mut receive = Recv {
            receiving,
            buf,
            empty_messages,
        };
        let received = self.apart().run(limit.left(), &mut receive);
        received.map_err(|error| error.within(timeout))
    }

    /// recv_exact where bytes may have been received ahead.
    #[cold]
    pub(super) fn recv_exact_after_ahead(&mut self, buf: RecvBuf<'_>) -> Result<()> {
        let timeout = self.timeout(Direction::Receive);
        let mut limit = LazyDeadline::new(timeout);
        let mut ahead = self.take_unless_empty(Operation::RecvExact, Flags::NONE, timeout, &mut limit)?;
        let count = ahead.as_mut().map_or(0, |ahead| ahead.give(&buf));
        if let Some(ahead) = &ahead {
            self.socket.handle.note_ahead(ahead);
        }
        let received = self.recv_exact_from(buf, count, limit.left());
        received.map_err(|error| error.within(timeout))
    }

    /// recv_exact after what a reader has received ahead.
    pub(crate) fn read_exact_ahead(
        &mut self,
        ahead: &mut ReadAhead,
        buf: RecvBuf<'_>,
        timeout: Timeout,
    ) -> Result<()> {
        self.socket.check_is_stream(Operation::RecvExact)?;
        if buf.is_empty() {
            return self.recv_exact(buf);
        }
        let limit = self.take_over(ahead, timeout)?;
        let count = ahead.give(&buf);
        let received = self.recv_exact_from(buf, count, limit.left());
        received.map_err(|error| error.within(timeout))
    }

    /// Fills what is left of a buffer.
    fn recv_exact_from(&mut self, buf: RecvBuf<'_>, done: usize, timeout: Timeout) -> Result<()> {
        if done == buf.len() {
            return Ok(());
        }
        let (handle, kind) = (&self.socket.handle, self.socket.kind());
        let receiving = Receiving::new(handle, kind, Flags::NONE, buf.len()).after(done);
        self.apart().run(timeout, &mut RecvExact { receiving, buf })
    }

    /// recvmsg where bytes or descriptors may have been received ahead.
    #[cold]
    pub(super) fn recv_message_after_ahead(
        &mut self,
        parts: &[RecvBuf<'_>],
        control_capacity: usize,
        flags: Flags,
    ) -> Result<Received> {
        let socket = self.socket;
        let timeout = Receiving::timeout(flags, self.timeout(Direction::Receive));
        let mut limit = LazyDeadline::new(timeout);
        let Some(mut ahead) = self.take_unless_empty(Operation::RecvMsg, flags, timeout, &mut limit)? else {
            return self
                .apart()
                .recv_message_from(parts, 0, control_capacity, flags, timeout);
        };
        let total = parts.iter().map(RecvBuf::len).fold(0, usize::saturating_add);
        let receiving = Receiving::new(&socket.handle, socket.kind(), flags, total);
        let count = self.copy_ahead(&mut ahead, parts, &receiving, limit.left())?;
        let ends = count == total || count > 0 && (receiving.peeks() || !receiving.fills());
        let mut received = if ends {
            Received::of(count, self.sender())
        } else {
            socket.handle.note_ahead(&ahead);
            // What has no place behind the descriptors that wait here is kept, too.
            let capacity = if ahead.descriptors() > 0 {
                MOST_CONTROL.max(control_capacity)
            } else {
                control_capacity
            };
            let mut apart = self.apart();
            let received = apart.recv_message_from(parts, count, capacity, flags, limit.left());
            received.map_err(|error| error.within(timeout))?
        };
        if !receiving.peeks() {
            // Behind those that came earlier.
            let kept = ahead.keep(received.take_descriptors());
            kept.map_err(|kind| Error::new(Operation::RecvMsg, kind))?;
            received
                .ancillary
                .retain(|message| !matches!(message, Ancillary::Rights(_)));
            let room = control_capacity.saturating_sub(received.control_space());
            let descriptors = ahead.take_descriptors(fitting_descriptors(room));
            if !descriptors.is_empty() {
                let pushed = memory::push(&mut received.ancillary, Ancillary::Rights(descriptors));
                pushed.map_err(|kind| Error::new(Operation::RecvMsg, kind))?;
            }
        }
        Ok(received)
    }

    /// What recvmsg(2) reports as the sender of bytes of a stream.
    fn sender(&self) -> Address {
        if !self.socket.kind().is_unix() {
            return Address::EMPTY;
        }
        let peer = self.socket.immediate(Operation::RecvMsg, unix::peer_address);
        peer.unwrap_or(Address::EMPTY)
    }

    /// Takes what was received ahead for a plain receive; `None` if there is nothing, or the flags ask for something else.
    fn take_unless_empty(
        &mut self,
        operation: Operation,
        flags: Flags,
        timeout: Timeout,
        limit: &mut LazyDeadline,
    ) -> Result<Option<Ahead<'s>>> {
        if flags.0 & (Flags::OUT_OF_BAND | Flags::ERROR_QUEUE).0 != 0 {
            return Ok(None);
        }
        let ahead = self.take_ahead(operation, timeout, limit)?;
        if ahead.is_empty() && ahead.descriptors() == 0 {
            ahead.note_empty();
            return Ok(None);
        }
        Ok(Some(ahead))
    }

    /// Copies bytes ahead, and removes them unless the receive only peeks. A peek that should see more waits for that.
    fn copy_ahead(
        &mut self,
        ahead: &mut Ahead<'_>,
        parts: &[RecvBuf<'_>],
        receiving: &Receiving<'_>,
        timeout: Timeout,
    ) -> Result<usize> {
        let wanted = parts.iter().map(RecvBuf::len).fold(0, usize::saturating_add);
        if receiving.peeks() && receiving.fills() && ahead.len() < wanted {
            let keeper = Some(&self.socket.handle);
            let found = self.find(ahead, keeper, &Framing::fixed(wanted)?, timeout);
            ahead.forget_search();
            match found {
                Err(error) if matches!(error.kind(), Kind::Interrupted | Kind::Closed) => {
                    return Err(error.with_operation(Operation::Recv));
                }
                _ => {} // what has arrived counts
            }
        }
        let mut count = 0;
        for part in parts {
            count += part.copy_from(ahead.get(count..ahead.len()));
        }
        if !receiving.peeks() {
            ahead.skip(count);
        }
        Ok(count)
    }
}

/// How many descriptors a control message of this size may have.
fn fitting_descriptors(room: usize) -> usize {
    let header = Ancillary::space(0).unwrap_or(0);
    room.saturating_sub(header) / size_of::<RawFd>()
}
