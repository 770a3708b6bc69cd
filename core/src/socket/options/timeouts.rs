//! Timeouts and the blocking mode, which belong to the handle, not to the kernel's socket.

use super::super::Socket;
use crate::error::{Operation, Result};
use crate::handle::Direction;
use crate::time::Timeout;

impl Socket {
    /// Sets the timeout of calls without their own, in both directions: recv and accept, send and connect.
    pub fn set_timeout(&self, timeout: impl Into<Timeout>) {
        let timeout = timeout.into();
        self.set_recv_timeout(timeout);
        self.set_send_timeout(timeout);
    }

    /// Sets the timeout of recv and accept.
    pub fn set_recv_timeout(&self, timeout: impl Into<Timeout>) {
        self.handle.set_timeout(Direction::Receive, timeout.into());
    }

    /// Sets the timeout of send and connect.
    pub fn set_send_timeout(&self, timeout: impl Into<Timeout>) {
        self.handle.set_timeout(Direction::Send, timeout.into());
    }

    /// The timeout of recv and accept; `Never` unless set.
    pub fn recv_timeout(&self) -> Timeout {
        self.handle.timeout(Direction::Receive)
    }

    /// The timeout of send and connect; `Never` unless set.
    pub fn send_timeout(&self) -> Timeout {
        self.handle.timeout(Direction::Send)
    }

    /// Makes the socket blocking (calls wait forever) or non-blocking (calls never wait), the descriptor's mode
    /// included.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_blocking(&self, on: bool) -> Result<()> {
        self.set_descriptor_nonblocking(!on)?;
        self.set_timeout(if on { Timeout::Never } else { Timeout::NonBlocking });
        Ok(())
    }

    /// Whether the descriptor should be in non-blocking mode: the mode it was adopted in, or the one set last.
    pub fn descriptor_nonblocking(&self) -> bool {
        self.handle.mode.is_wanted_nonblocking()
    }

    /// Sets only the descriptor's mode (`O_NONBLOCK`), for code that uses its number elsewhere; the calls here follow
    /// their timeouts in either mode. The descriptor is in that mode from the moment its number is given out
    /// ([`fileno`](Self::fileno), [`detach`](Self::detach)); while a connect is in progress it is non-blocking.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_descriptor_nonblocking(&self, on: bool) -> Result<()> {
        self.immediate(Operation::SetOption, |fd| self.handle.want_nonblocking(fd, on))
    }
}
