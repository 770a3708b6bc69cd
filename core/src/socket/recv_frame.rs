//! recv_frame and its relatives: messages from a stream, received ahead for all calls on the socket.

use super::{Call, Socket};
use crate::buffer::RecvBuf;
use crate::caller::Caller;
use crate::error::{Counted, Error, Kind, Operation, Result};
use crate::framing::decode::{Decoded, Found};
use crate::framing::read_ahead::ReadAhead;
use crate::framing::Framing;
use crate::handle::{Ahead, Direction, Handle};
use crate::memory;
use crate::op::RecvFrame;
use crate::time::{LazyDeadline, Timeout};

const OPERATION: Operation = Operation::RecvFrame;

impl Socket {
    /// Receives one message. See [`Call::recv_frame`].
    ///
    /// # Errors
    /// See [`Call::recv_each_frame`].
    pub fn recv_frame(&self, framing: &Framing) -> Result<Option<Vec<u8>>> {
        self.call().recv_frame(framing)
    }

    /// Receives one message into a buffer. See [`Call::recv_frame_into`].
    ///
    /// # Errors
    /// See [`Call::recv_frame_into`].
    pub fn recv_frame_into<'b>(
        &self,
        buf: impl Into<RecvBuf<'b>>,
        framing: &Framing,
    ) -> Result<Option<usize>> {
        self.call().recv_frame_into(buf, framing)
    }

    /// Receives several messages. See [`Call::recv_frames`].
    ///
    /// # Errors
    /// See [`Call::recv_each_frame`].
    pub fn recv_frames(&self, most: usize, framing: &Framing) -> Result<Vec<Vec<u8>>> {
        self.call().recv_frames(most, framing)
    }

    /// Offers the messages that have arrived, in place. See [`Call::recv_each_frame`].
    ///
    /// # Errors
    /// See [`Call::recv_each_frame`].
    pub fn recv_each_frame(&self, framing: &Framing, accept: impl FnMut(&[u8]) -> bool) -> Result<usize> {
        self.call().recv_each_frame(framing, accept)
    }

    /// Receives one line. See [`Call::recv_line`].
    ///
    /// # Errors
    /// See [`Call::recv_each_frame`].
    pub fn recv_line(&self) -> Result<Option<Vec<u8>>> {
        self.call().recv_line()
    }

    /// Iterates over messages until the stream ends between two of them. Each step is a [`recv_frame`](Self::recv_frame):
    /// an error, such as a timeout, does not end the iteration, and other calls may come in between.
    pub fn frames(&self, framing: Framing) -> impl Iterator<Item = Result<Vec<u8>>> + '_ {
        std::iter::from_fn(move || self.recv_frame(&framing).transpose())
    }

    /// Iterates over lines until the stream ends. See [`frames`](Self::frames) and [`recv_line`](Self::recv_line).
    pub fn lines(&self) -> impl Iterator<Item = Result<Vec<u8>>> + '_ {
        self.frames(Framing::lines())
    }
}

impl<'s, C: Caller> Call<'s, C> {
    /// Receives one message from a stream, without its prefix or delimiter; `None` when the peer has ended the stream
    /// after the last one (Python `recv_frame`, C `polysock_recv_frame`).
    ///
    /// What arrives with the message and belongs to the next ones stays with the socket: [`pending`](Socket::pending)
    /// bytes, which every other receive on it finds first, and which [`poll`](crate::poll()) and
    /// [`Poller`](crate::Poller) count as readable. Code that uses the descriptor itself does not see them.
    ///
    /// ```
    /// use polysock::{Family, Framing, Protocol, Socket, SocketType};
    ///
    /// # fn main() -> polysock::Result<()> {
    /// let (a, b) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT)?;
    /// a.send_frames(&[b"hello".into(), b"world".into()], &Framing::default())?;
    /// a.close()?;
    ///
    /// assert_eq!(b.recv_frame(&Framing::default())?, Some(b"hello".to_vec()));
    /// assert_eq!(b.pending(), 9);
    /// assert_eq!(b.recv_frame(&Framing::default())?, Some(b"world".to_vec()));
    /// assert_eq!(b.recv_frame(&Framing::default())?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`recv_each_frame`](Self::recv_each_frame).
    pub fn recv_frame(&mut self, framing: &Framing) -> Result<Option<Vec<u8>>> {
        let mut failed = None;
        let message = self.recv_frame_with(framing, |message| {
            let copy = memory::copy(message);
            copy.map_err(|kind| failed = Some(kind)).ok()
        })?;
        match failed {
            Some(kind) => Err(Error::new(OPERATION, kind)),
            None => Ok(message),
        }
    }

    /// Receives one message, offers it to `take` in place, and returns what `take` returns. If that is `None`, the message
    /// is kept; at the end of the stream `take` is not called.
    ///
    /// # Errors
    /// See [`recv_each_frame`](Self::recv_each_frame).
    #[inline]
    pub fn recv_frame_with<T>(
        &mut self,
        framing: &Framing,
        take: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>> {
        let (mut ahead, found) = self.wait_for_frame(framing)?;
        let Some(found) = found else {
            return Ok(None);
        };
        let taken = take(ahead.get(found.body));
        if taken.is_some() {
            ahead.skip(found.next);
        }
        Ok(taken)
    }

    /// Receives one message into a buffer, and returns its length; `None` at the end of the stream.
    ///
    /// # Errors
    /// `MessageTooLarge` with the message's length when the buffer is too small: the message is kept for a call with more
    /// room. Otherwise see [`recv_each_frame`](Self::recv_each_frame).
    pub fn recv_frame_into<'b>(
        &mut self,
        buf: impl Into<RecvBuf<'b>>,
        framing: &Framing,
    ) -> Result<Option<usize>> {
        let buf = buf.into();
        let mut needed = 0;
        let count = self.recv_frame_with(framing, |message| {
            needed = message.len();
            (needed <= buf.len()).then(|| buf.copy_from(message))
        })?;
        if count.is_none() && needed > 0 {
            let error = Error::new(OPERATION, Kind::MessageTooLarge { needed });
            let room = Counted(buf.len(), "bytes");
            return Err(error.with_detail(format_args!("into a buffer of {room}")));
        }
        Ok(count)
    }

    /// Receives at least one message, and all others that have arrived, up to `most`, without waiting for them; none when
    /// the peer has ended the stream.
    ///
    /// # Errors
    /// `InvalidInput` if `most` is 0. Otherwise see [`recv_each_frame`](Self::recv_each_frame).
    pub fn recv_frames(&mut self, most: usize, framing: &Framing) -> Result<Vec<Vec<u8>>> {
        if most == 0 {
            return Err(Error::invalid(OPERATION, "most", "must not be 0"));
        }
        let mut messages = Vec::new();
        let mut failed = None;
        self.recv_each_frame(framing, |message| {
            if messages.len() == most {
                return false;
            }
            let kept = memory::copy(message).and_then(|copy| memory::push(&mut messages, copy));
            failed = kept.err();
            failed.is_none()
        })?;
        match failed {
            Some(kind) if messages.is_empty() => Err(Error::new(OPERATION, kind)),
            _ => Ok(messages),
        }
    }

    /// Receives one line, without its `\n` or `\r\n`; the last line need not have one. `None` at the end. For a limit
    /// other than 16 MiB use [`recv_frame`](Self::recv_frame) with [`Framing::lines`].
    ///
    /// # Errors
    /// See [`recv_each_frame`](Self::recv_each_frame).
    pub fn recv_line(&mut self) -> Result<Option<Vec<u8>>> {
        self.recv_frame(&Framing::lines())
    }

    /// Waits for a message, and offers it and all others that have arrived to `accept`, in place. `accept` returns
    /// whether it took the message; the first one that it does not take is kept, and ends the call. Returns how many were
    /// taken; at the end of the stream `accept` is not called.
    ///
    /// Threads that receive messages take turns, and each message goes to one of them. A timeout, a signal or `WouldBlock`
    /// in the middle of a message loses nothing: the next call continues.
    ///
    /// # Errors
    /// `Truncated` when the stream ends inside a message; `EMSGSIZE` for a message beyond [`Framing::limit`], and
    /// `EBADMSG` for a malformed length: these are returned again by every further call, since nothing says where
    /// the next message begins, until [`take_buffered`](Socket::take_buffered) has taken the bytes out. `Busy` in a
    /// signal handler that has interrupted a receive of messages, and when 253 or more received descriptors wait for
    /// [`take_descriptors`](Socket::take_descriptors). `InvalidInput` for a socket that is not a stream. All errors of
    /// [`recv_with`](Self::recv_with).
    pub fn recv_each_frame(
        &mut self,
        framing: &Framing,
        mut accept: impl FnMut(&[u8]) -> bool,
    ) -> Result<usize> {
        let (mut ahead, mut next) = self.wait_for_frame(framing)?;
        let mut taken = 0;
        while let Some(found) = next {
            if !accept(ahead.get(found.body)) {
                break;
            }
            ahead.skip(found.next);
            taken += 1;
            next = match ahead.find(framing) {
                Ok(Decoded::Message(found)) => Some(found),
                // What is malformed is reported by the next call.
                Ok(Decoded::Missing(_)) | Err(_) => None,
            };
        }
        Ok(taken)
    }

    /// Takes the turn to receive, and receives until the bytes ahead begin with a message; `None` at the end of the stream.
    #[inline]
    fn wait_for_frame(&mut self, framing: &Framing) -> Result<(Ahead<'s>, Option<Found>)> {
        let timeout = self.timeout(Direction::Receive);
        let mut limit = LazyDeadline::new(timeout);
        let mut ahead = self.take_ahead(OPERATION, timeout, &mut limit)?;
        let keeper = Some(&self.socket.handle);
        let found = self.find(&mut ahead, keeper, framing, limit.left());
        let found = found.map_err(|error| error.within(timeout))?;
        Ok((ahead, found))
    }

    /// Takes the turn to receive, and what was received ahead.
    pub(super) fn take_ahead(
        &mut self,
        operation: Operation,
        timeout: Timeout,
        limit: &mut LazyDeadline,
    ) -> Result<Ahead<'s>> {
        let handle = &self.socket.handle;
        Ahead::take(handle, &mut self.caller, limit).map_err(|kind| {
            let error = Error::new(operation, kind).within(timeout);
            if kind == Kind::Busy {
                error.with_detail(handle.why_busy())
            } else {
                error
            }
        })
    }

    /// Receives until the bytes that a reader has received ahead begin with a message; `None` at the end of the stream.
    pub(crate) fn find_ahead(
        &mut self,
        ahead: &mut ReadAhead,
        framing: &Framing,
        timeout: Timeout,
    ) -> Result<Option<Found>> {
        let limit = self.take_over(ahead, timeout)?;
        let found = self.find(ahead, None, framing, limit.left());
        found.map_err(|error| error.within(timeout))
    }

    /// Gives a reader what calls on the socket itself have received ahead; returns the rest of the time limit.
    pub(super) fn take_over(&mut self, ahead: &mut ReadAhead, timeout: Timeout) -> Result<LazyDeadline> {
        let mut limit = LazyDeadline::new(timeout);
        if self.socket.handle.may_be_ahead() {
            let mut sockets = self.take_ahead(OPERATION, timeout, &mut limit)?;
            let taken = ahead.append(&mut sockets);
            taken.map_err(|kind| Error::new(OPERATION, kind))?;
            sockets.note_empty();
        }
        Ok(limit)
    }

    /// Receives until the bytes ahead begin with a message; `None` at the end of the stream. `keeper` is the handle if it
    /// keeps these bytes.
    pub(super) fn find(
        &mut self,
        ahead: &mut ReadAhead,
        keeper: Option<&Handle>,
        framing: &Framing,
        timeout: Timeout,
    ) -> Result<Option<Found>> {
        let missing = match ahead.find(framing) {
            Ok(Decoded::Message(found)) => return Ok(Some(found)),
            Ok(Decoded::Missing(missing)) => missing,
            Err(refusal) => return Err(refusal.error(framing)),
        };
        let socket = self.socket;
        socket.check_is_stream(OPERATION)?;
        ahead.note_incomplete();
        let receive = RecvFrame::new(&socket.handle, socket.kind(), ahead, framing, missing, keeper);
        let mut receive = receive.map_err(|kind| Error::new(OPERATION, kind))?;
        self.run(timeout, &mut receive)
    }
}
