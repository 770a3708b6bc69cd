//! A reader: messages, lines and bytes of one stream, and the bytes received ahead.

use super::decode::{Decoded, Found};
use super::format::Framing;
use super::read_ahead::ReadAhead;
use crate::buffer::RecvBuf;
use crate::caller::{Caller, NativeCaller};
use crate::error::{Operation, Result};
use crate::handle::Direction;
use crate::socket::Socket;
use crate::time::Timeout;
use std::borrow::Borrow;
use std::os::fd::OwnedFd;

/// Receives messages, lines and bytes from a stream.
///
/// One receive takes as much as has arrived, perhaps many messages; what was not asked for yet stays in the reader
/// ([`pending`](Self::pending) bytes, [`take_buffered`](Self::take_buffered)), where a plain receive on the socket does
/// not find it. What the socket itself has [pending](Socket::pending) is taken over. Timeouts, signals and `WouldBlock` lose
/// nothing: the next call continues where the last one stopped.
///
/// ```
/// use polysock::{Family, Framing, Protocol, Reader, Socket, SocketType};
///
/// # fn main() -> polysock::Result<()> {
/// let (a, b) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT)?;
/// a.send_all(b"\0\0\0\x05hello\0\0\0\x05world")?;
/// a.close()?;
///
/// let mut reader = Reader::new(b, Framing::default());
/// assert_eq!(reader.frame()?, Some(&b"hello"[..]));
/// assert_eq!(reader.frame()?, Some(&b"world"[..]));
/// assert_eq!(reader.frame()?, None); // the peer has ended the stream, between messages
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reader<S = Socket> {
    socket: S,
    framing: Framing,
    ahead: ReadAhead,
}

/// A call on a [`Reader`] that is about to be made.
#[derive(Debug)]
pub struct ReaderCall<'r, C = NativeCaller> {
    socket: &'r Socket,
    framing: &'r Framing,
    ahead: &'r mut ReadAhead,
    caller: C,
    timeout: Option<Timeout>,
}

impl<S: Borrow<Socket>> Reader<S> {
    /// Reads from a stream socket: owned, borrowed or shared (`Socket`, `&Socket`, `Arc<Socket>`).
    pub fn new(socket: S, framing: Framing) -> Self {
        Self {
            socket,
            framing,
            ahead: ReadAhead::default(),
        }
    }

    /// The next message, valid until the next call; `None` when the peer has ended the stream after the last one. See
    /// [`ReaderCall::frame`].
    ///
    /// # Errors
    /// See [`ReaderCall::frame`].
    pub fn frame(&mut self) -> Result<Option<&[u8]>> {
        self.on(NativeCaller).frame()
    }

    /// At least one message, and all others that have arrived with it. See [`ReaderCall::frames`].
    ///
    /// # Errors
    /// See [`ReaderCall::frames`].
    pub fn frames(&mut self) -> Result<Frames<'_>> {
        self.on(NativeCaller).frames()
    }

    /// The next line. See [`ReaderCall::line`].
    ///
    /// # Errors
    /// See [`ReaderCall::line`].
    pub fn line(&mut self) -> Result<Option<&[u8]>> {
        self.on(NativeCaller).line()
    }

    /// Bytes, regardless of the messages they belong to. See [`ReaderCall::read`].
    ///
    /// # Errors
    /// See [`ReaderCall::read`].
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.on(NativeCaller).read(buf)
    }

    /// Fills the whole of `buf`. See [`ReaderCall::read_exact`].
    ///
    /// # Errors
    /// See [`ReaderCall::read_exact`].
    pub fn read_exact(&mut self, buf: &mut [u8]) -> Result<()> {
        self.on(NativeCaller).read_exact(buf)
    }

    /// How many received bytes no call has returned yet.
    pub fn pending(&self) -> usize {
        self.ahead.len()
    }

    /// Takes out the bytes that no call has returned yet, for code that continues with the socket itself.
    pub fn take_buffered(&mut self) -> Vec<u8> {
        self.ahead.take_all()
    }

    /// Takes out as many of the bytes that no call has returned yet as `buf` has room for, and returns how many.
    pub fn take_buffered_into(&mut self, buf: &mut [u8]) -> usize {
        self.ahead.give(&RecvBuf::from(buf))
    }

    /// Takes out the descriptors that came with the bytes on a Unix socket (`SCM_RIGHTS`): they are kept, up to 253 of
    /// them, until this hands them out.
    pub fn take_descriptors(&mut self) -> Vec<OwnedFd> {
        self.ahead.take_descriptors(usize::MAX)
    }

    /// Takes out the first `most` of these descriptors.
    pub fn take_descriptors_up_to(&mut self, most: usize) -> Vec<OwnedFd> {
        self.ahead.take_descriptors(most)
    }

    /// The socket. What it receives directly comes after the [`pending`](Self::pending) bytes.
    pub fn socket(&self) -> &Socket {
        self.socket.borrow()
    }

    /// Sets how messages are delimited from now on.
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// The next call with its own time limit.
    pub fn within(&mut self, timeout: impl Into<Timeout>) -> ReaderCall<'_> {
        self.on(NativeCaller).within(timeout)
    }

    /// The next call on behalf of another language.
    #[inline]
    pub fn on<C: Caller>(&mut self, caller: C) -> ReaderCall<'_, C> {
        ReaderCall {
            socket: self.socket.borrow(),
            framing: &self.framing,
            ahead: &mut self.ahead,
            caller,
            timeout: None,
        }
    }

    /// The socket, and the bytes that no call has returned yet.
    pub fn into_parts(mut self) -> (S, Vec<u8>) {
        let pending = self.take_buffered();
        (self.socket, pending)
    }
}

/// Messages, each in its own `Vec`, until the stream ends between two of them.
impl<S: Borrow<Socket>> Iterator for Reader<S> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.frame().map(|frame| frame.map(<[u8]>::to_vec)).transpose()
    }
}

impl<'r, C: Caller> ReaderCall<'r, C> {
    /// Gives the call its own time limit, for all its receives together.
    #[must_use]
    #[inline]
    pub fn within(mut self, timeout: impl Into<Timeout>) -> Self {
        self.timeout = Some(timeout.into());
        self
    }

    /// The next message without its prefix or delimiter; `None` when the peer has ended the stream after the last one.
    ///
    /// # Errors
    /// `Truncated` when the stream ends inside a message; `EMSGSIZE` for a message beyond [`Framing::limit`], and
    /// `EBADMSG` for a malformed length: these two are returned again by every further call, since nothing says where
    /// the next message begins. All errors of [`Call::recv_with`](crate::Call::recv_with); what had arrived by then is
    /// kept.
    #[inline]
    pub fn frame(self) -> Result<Option<&'r [u8]>> {
        let framing = self.framing;
        self.message(framing)
    }

    /// The next line without its `\n` or `\r\n`, whatever the framing; the last line need not have one. `None` at the end.
    ///
    /// # Errors
    /// `EMSGSIZE` for a line beyond [`Framing::limit`]; all errors of [`Call::recv_with`](crate::Call::recv_with).
    pub fn line(self) -> Result<Option<&'r [u8]>> {
        let lines = Framing::lines().with_limit(self.framing.limit());
        self.message(&lines)
    }

    /// At least one message, and all others that have arrived with it, without further receives; `None` when the peer
    /// has ended the stream. Messages that are not taken from the iterator are left for the next call.
    ///
    /// # Errors
    /// See [`frame`](Self::frame).
    pub fn frames(mut self) -> Result<Frames<'r>> {
        let framing = self.framing;
        let first = self.find(framing)?;
        let (bytes, start) = self.ahead.split();
        Ok(Frames {
            framing,
            bytes,
            start,
            first,
        })
    }

    /// Receives what is there, at least one byte; 0 means the end of the stream. Pending bytes come first.
    ///
    /// # Errors
    /// `InvalidInput` for a socket that is not a stream; see [`Call::recv_with`](crate::Call::recv_with).
    pub fn read(mut self, buf: &mut [u8]) -> Result<usize> {
        let buf = RecvBuf::from(buf);
        if !self.ahead.is_empty() {
            return Ok(self.ahead.give(&buf));
        }
        self.socket.check_is_stream(Operation::Recv)?;
        let timeout = self.time_limit();
        self.socket.on(&mut self.caller).within(timeout).recv(buf)
    }

    /// Fills the whole of `buf`.
    ///
    /// # Errors
    /// `InvalidInput` for a socket that is not a stream; see [`Call::recv_exact`](crate::Call::recv_exact). The bytes that
    /// arrived are in `buf`, and [`Error::done`](crate::Error::done) is their number.
    pub fn read_exact(mut self, buf: &mut [u8]) -> Result<()> {
        let timeout = self.time_limit();
        let mut call = self.socket.on(&mut self.caller);
        call.read_exact_ahead(self.ahead, buf.into(), timeout)
    }

    fn time_limit(&self) -> Timeout {
        self.timeout
            .unwrap_or_else(|| self.socket.handle.timeout(Direction::Receive))
    }

    #[inline]
    fn message(mut self, framing: &Framing) -> Result<Option<&'r [u8]>> {
        let found = self.find(framing)?;
        let ahead = self.ahead;
        Ok(found.map(|found| ahead.take(found)))
    }

    /// Receives until there is a whole message; `None` at the end of the stream.
    #[inline]
    fn find(&mut self, framing: &Framing) -> Result<Option<Found>> {
        // What is here came before anything that the socket itself has ahead.
        match self.ahead.find(framing) {
            Ok(Decoded::Message(found)) => Ok(Some(found)),
            Ok(Decoded::Missing(_)) | Err(_) => self.receive(framing),
        }
    }

    #[inline(never)]
    fn receive(&mut self, framing: &Framing) -> Result<Option<Found>> {
        let timeout = self.time_limit();
        let mut call = self.socket.on(&mut self.caller);
        call.find_ahead(self.ahead, framing, timeout)
    }
}

/// The messages that have arrived.
#[derive(Debug)]
pub struct Frames<'r> {
    framing: &'r Framing,
    bytes: &'r [u8],
    start: &'r mut usize,
    first: Option<Found>,
}

impl<'r> Iterator for Frames<'r> {
    type Item = &'r [u8];

    #[inline]
    fn next(&mut self) -> Option<&'r [u8]> {
        let rest = self.bytes.get(*self.start..)?;
        let found = match self.first.take() {
            Some(first) => first,
            None => match self.framing.decode(rest, 0) {
                Ok(Decoded::Message(found)) => found,
                // If the next message is malformed, the next call reports that.
                Ok(Decoded::Missing(_)) | Err(_) => return None,
            },
        };
        *self.start += found.next;
        rest.get(found.body)
    }
}
