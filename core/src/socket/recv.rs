//! recv, peek, recv_exact.

use super::{Call, Socket};
use crate::buffer::RecvBuf;
use crate::caller::Caller;
use crate::error::{Operation, Result};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::op::{EmptyMessages, Receiving, Recv, RecvExact};
use crate::sys::unix;

impl Socket {
    /// Receives what is there, at least one byte; 0 means the end of the stream. See [`Call::recv_with`].
    ///
    /// # Errors
    /// See [`Call::recv_with`].
    pub fn recv<'b>(&self, buf: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.call().recv(buf)
    }

    /// Receives without removing anything from the queue.
    ///
    /// # Errors
    /// See [`Call::recv_with`].
    pub fn peek<'b>(&self, buf: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.call().peek(buf)
    }

    /// Fills the whole of `buf`. See [`Call::recv_exact`].
    ///
    /// # Errors
    /// See [`Call::recv_exact`].
    pub fn recv_exact<'b>(&self, buf: impl Into<RecvBuf<'b>>) -> Result<()> {
        self.call().recv_exact(buf)
    }

    /// How many bytes a receive would find without waiting; for a datagram socket, the length of the next datagram
    /// (`FIONREAD`, tcp(7), udp(7), unix(7); Java `InputStream.available`), [`pending`](Self::pending) bytes included. 0
    /// does not mean the end of the stream.
    ///
    /// # Errors
    /// `Closed`; `EINVAL` for a listening socket.
    pub fn available(&self) -> Result<usize> {
        let waiting = self.immediate(Operation::Available, unix::available)?;
        Ok(waiting + self.handle.ahead())
    }
}

impl<C: Caller> Call<'_, C> {
    /// Receives what is there, at least one byte; 0 means the end of the stream.
    ///
    /// # Errors
    /// See [`recv_with`](Self::recv_with).
    pub fn recv<'b>(&mut self, buf: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.recv_with(buf, Flags::NONE)
    }

    /// Receives without removing anything from the queue.
    ///
    /// # Errors
    /// See [`recv_with`](Self::recv_with).
    pub fn peek<'b>(&mut self, buf: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.recv_with(buf, Flags::PEEK)
    }

    /// Receives with flags (recv(2)). With `WAIT_ALL` it fills the buffer unless something ends it sooner, and then
    /// returns what has arrived; on a stream, a call with an empty buffer returns at once. With `TRUNCATE` the count
    /// may be larger than the buffer: see [`Flags::TRUNCATE`].
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`, `Closed` when another thread closed the socket; the system's, such as
    /// `ECONNRESET` or `ENOTCONN`.
    pub fn recv_with<'b>(&mut self, buf: impl Into<RecvBuf<'b>>, flags: Flags) -> Result<usize> {
        self.receive(buf.into(), flags, EmptyMessages::Returned)
    }

    /// Receives at least one byte, as from a stream: empty messages of a datagram or seqpacket socket are skipped,
    /// and 0 means the end.
    ///
    /// # Errors
    /// See [`recv_with`](Self::recv_with).
    pub fn read<'b>(&mut self, buf: impl Into<RecvBuf<'b>>) -> Result<usize> {
        self.receive(buf.into(), Flags::NONE, EmptyMessages::Skipped)
    }

    fn receive(&mut self, buf: RecvBuf<'_>, flags: Flags, empty_messages: EmptyMessages) -> Result<usize> {
        let socket = self.socket;
        if buf.is_empty() && socket.is_stream() {
            return socket.immediate(Operation::Recv, |_| Ok(0));
        }
        if socket.handle.may_be_ahead() {
            return self.recv_after_ahead(buf, flags, empty_messages);
        }
        let timeout = Receiving::timeout(flags, self.timeout(Direction::Receive));
        let receiving = Receiving::new(&socket.handle, socket.kind(), flags, buf.len());
        self.run(
            timeout,
            &mut Recv {
                receiving,
                buf,
                empty_messages,
            },
        )
    }

    /// Fills the whole of `buf`; empty messages of a datagram or seqpacket socket are skipped.
    ///
    /// # Errors
    /// `EndOfStream` when the stream ends before the first byte, `Truncated` when it ends in the middle, and all of
    /// [`recv_with`](Self::recv_with). [`Error::done`](crate::Error::done) is the number of bytes that arrived; they
    /// are in `buf`.
    pub fn recv_exact<'b>(&mut self, buf: impl Into<RecvBuf<'b>>) -> Result<()> {
        let (socket, buf) = (self.socket, buf.into());
        if buf.is_empty() {
            return socket.immediate(Operation::RecvExact, |_| Ok(()));
        }
        if socket.handle.may_be_ahead() {
            return self.recv_exact_after_ahead(buf);
        }
        let receiving = Receiving::new(&socket.handle, socket.kind(), Flags::NONE, buf.len());
        self.run(
            self.timeout(Direction::Receive),
            &mut RecvExact { receiving, buf },
        )
    }
}
