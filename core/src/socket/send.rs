//! send and send_all.

use super::{Call, Socket};
use crate::buffer::SendBuf;
use crate::caller::Caller;
use crate::error::Result;
use crate::flags::Flags;
use crate::handle::Direction;
use crate::op::{self, SendAll};
use crate::time::Timeout;

impl Socket {
    /// Sends as much of `data` as there is room for and returns how much. See [`Call::send_with`].
    ///
    /// # Errors
    /// See [`Call::send_with`].
    pub fn send<'b>(&self, data: impl Into<SendBuf<'b>>) -> Result<usize> {
        self.call().send(data)
    }

    /// Sends all of `data`. See [`Call::send_all`].
    ///
    /// # Errors
    /// See [`Call::send_all`].
    pub fn send_all<'b>(&self, data: impl Into<SendBuf<'b>>) -> Result<()> {
        self.call().send_all(data)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends as much of `data` as there is room for and returns how much.
    ///
    /// # Errors
    /// See [`send_with`](Self::send_with).
    pub fn send<'b>(&mut self, data: impl Into<SendBuf<'b>>) -> Result<usize> {
        self.send_with(data, Flags::NONE)
    }

    /// Sends with flags (send(2)), never raising SIGPIPE.
    ///
    /// With a time limit it sends what there is room for, at least one byte. Without one, on a stream, it waits
    /// until everything is on its way, like a blocking send(2); if something ends it sooner, it returns the count so far.
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`, `Closed` when another thread closed the socket; the system's, such as `EPIPE`,
    /// `ECONNRESET` or `ENOTCONN`. Nothing was sent then.
    pub fn send_with<'b>(&mut self, data: impl Into<SendBuf<'b>>, flags: Flags) -> Result<usize> {
        let timeout = self.send_timeout(flags);
        let mut send = op::Send::new(self.socket.kind(), data.into(), flags, timeout);
        self.run(timeout, &mut send)
    }

    /// Sends all of `data`, waiting as long as the deadline allows. Calls from several threads never interleave.
    ///
    /// # Errors
    /// See [`send_with`](Self::send_with); [`Error::done`](crate::Error::done) is how many bytes left this process.
    pub fn send_all<'b>(&mut self, data: impl Into<SendBuf<'b>>) -> Result<()> {
        self.send_all_with(data, Flags::NONE)
    }

    /// Sends all of `data` with flags.
    ///
    /// # Errors
    /// See [`send_all`](Self::send_all).
    pub fn send_all_with<'b>(&mut self, data: impl Into<SendBuf<'b>>, flags: Flags) -> Result<()> {
        let timeout = self.send_timeout(flags);
        self.run(timeout, &mut SendAll::new(self.socket.kind(), data.into(), flags))
    }

    pub(super) fn send_timeout(&self, flags: Flags) -> Timeout {
        if flags.contains(Flags::DONT_WAIT) {
            Timeout::NonBlocking
        } else {
            self.timeout(Direction::Send)
        }
    }
}
