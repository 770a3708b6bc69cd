//! The ways to end a connection: shutdown, close, close with FIN first, abort.

use super::{Call, Socket};
use crate::caller::Caller;
use crate::domain::{Family, Shutdown};
use crate::error::{Error, Operation, Result};
use crate::sys::unix;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

impl Socket {
    /// Ends one or both directions (shutdown(2)), for every holder of the connection. Data received before stays
    /// readable.
    ///
    /// # Errors
    /// `ENOTCONN` when there is no connection; `Closed`.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        let name = how.name();
        let (how, ends_stream) = match how {
            Shutdown::Read => (std::net::Shutdown::Read, false),
            Shutdown::Write => (std::net::Shutdown::Write, true),
            Shutdown::Both => (std::net::Shutdown::Both, true),
        };
        self.immediate_with(
            Operation::Shutdown,
            |line| line.text("how", name),
            |fd| unix::sock(&fd).shutdown(how),
        )?;
        if ends_stream {
            self.handle.connection_end.note_own_end();
        }
        Ok(())
    }

    /// Closes the socket. See [`Call::close`].
    ///
    /// # Errors
    /// See [`Call::close`].
    pub fn close(&self) -> Result<()> {
        self.call().close()
    }

    /// Closes the socket as Java does, FIN first. See [`Call::close_fin_first`].
    ///
    /// # Errors
    /// See [`Call::close`].
    pub fn close_fin_first(&self) -> Result<()> {
        self.call().close_fin_first()
    }

    /// Ends the connection at once with a reset. See [`Call::abort`].
    ///
    /// # Errors
    /// See [`Call::close`].
    pub fn abort(&self) -> Result<()> {
        self.call().abort()
    }

    /// Whether the socket was closed or detached.
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    pub(super) fn is_tcp_family(&self) -> bool {
        self.is_stream() && matches!(self.family, Family::IPV4 | Family::IPV6)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Closes the socket: every waiting call of any thread ends with `Closed`, then the descriptor is closed.
    ///
    /// On the wire it is what close(2) does: FIN, or RST when there is unread input, and the wait that
    /// [`set_linger`](Socket::set_linger) asks for. Other processes that hold the connection keep it. Closing
    /// again does nothing.
    ///
    /// # Errors
    /// The error of close(2), for a descriptor that was closed by its number or a full file system. The socket is closed
    /// all the same.
    pub fn close(&mut self) -> Result<()> {
        self.close_with(Operation::Close, |_| Ok(()))
    }

    /// The same for a socket that the program has forgotten, in a finalizer: a trace records it as dropped.
    ///
    /// # Errors
    /// See [`close`](Self::close).
    #[doc(hidden)]
    pub fn close_forgotten(&mut self) -> Result<()> {
        self.close_with(Operation::Drop, |_| Ok(()))
    }

    /// Closes the socket as `java.net.Socket.close` does: FIN first even when there is unread input, so that
    /// the peer gets all that was sent. With linger (on, 0) it is a plain close, that is a reset.
    ///
    /// # Errors
    /// See [`close`](Self::close); also the system's error when the end of the stream could not be sent first.
    pub fn close_fin_first(&mut self) -> Result<()> {
        let stream = self.socket.is_stream();
        self.close_with(Operation::Close, move |fd| {
            if !stream || unix::resets_on_close(fd)? {
                return Ok(());
            }
            end_stream(fd)
        })
    }

    /// Ends the connection at once with a reset and closes the socket; what was not sent yet is dropped.
    ///
    /// The reset goes out even where other processes hold the connection. A listening socket is just closed.
    ///
    /// # Errors
    /// See [`close`](Self::close); also the system's error when no reset could be sent.
    pub fn abort(&mut self) -> Result<()> {
        let tcp = self.socket.is_tcp_family();
        self.close_with(Operation::Abort, move |fd| {
            if !tcp || is_listening(fd) || unix::disconnect(fd).is_ok() {
                return Ok(());
            }
            // The close itself then resets, unless another process holds the connection.
            unix::sock(&fd).set_linger(Some(Duration::ZERO))
        })
    }

    /// Closes a connection that a server has handled: like [`close`](Self::close), but FIN first where there is unread
    /// input, so that the peer gets what was sent and the end of the stream, and without waiting for the time of a linger.
    /// Where the connection may have another holder (its number was given out, it was duplicated, or there was a fork) it
    /// is a plain close, which leaves it to that holder.
    pub(crate) fn close_handled(&mut self) -> Result<()> {
        let fin_first = self.may_end_stream();
        self.close_with(Operation::Close, move |fd| {
            end_handled(fd, fin_first);
            Ok(())
        })
    }

    /// The same, at once: a handler whose call is still inside is woken but not waited for.
    pub(crate) fn close_under_handler(&mut self) -> Result<()> {
        let fin_first = self.may_end_stream();
        let handle = &self.socket.handle;
        let closed = handle.close_within(&mut self.caller, Operation::Close, Duration::ZERO, move |fd| {
            end_handled(fd, fin_first);
            Ok(())
        });
        closed.map_err(|kind| Error::new(Operation::Close, kind))
    }

    /// Not if the number was given out: a handler may have passed the descriptor on, in a message that has not arrived yet.
    fn may_end_stream(&self) -> bool {
        self.socket.is_tcp_family() && self.socket.handle.is_private()
    }

    fn close_with(
        &mut self,
        operation: Operation,
        before_close: impl FnOnce(BorrowedFd<'_>) -> io::Result<()> + Send,
    ) -> Result<()> {
        self.socket
            .handle
            .close(&mut self.caller, operation, before_close)
            .map_err(|kind| Error::new(operation, kind))
    }
}

fn end_handled(fd: BorrowedFd<'_>, fin_first: bool) {
    do_not_linger(fd);
    if fin_first {
        end_stream_before_reset(fd);
    }
}

/// Makes close(2) not wait for the time of a linger. A linger time of zero, which does not wait, stays.
pub(super) fn do_not_linger(fd: BorrowedFd<'_>) {
    let sock = unix::sock(&fd);
    if matches!(sock.linger(), Ok(Some(time)) if !time.is_zero()) {
        // The kernel goes on sending without us. Only a socket without a linger time refuses this.
        let _ = sock.set_linger(None);
    }
}

/// Ends the stream if close(2) would end the connection with a reset because there is unread input.
fn end_stream_before_reset(fd: BorrowedFd<'_>) {
    let resets = matches!(unix::resets_on_close(fd), Ok(true));
    if !resets && !matches!(unix::available(fd), Ok(0)) {
        let _ = end_stream(fd);
    }
}

/// Ends the stream. On a socket that is not connected or has no halves there is nothing to end.
fn end_stream(fd: BorrowedFd<'_>) -> io::Result<()> {
    match unix::sock(&fd).shutdown(std::net::Shutdown::Write) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOTCONN | libc::EOPNOTSUPP)) => Ok(()),
        result => result,
    }
}

fn is_listening(fd: BorrowedFd<'_>) -> bool {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_ACCEPTCONN).is_ok_and(|accepting| accepting != 0)
}
