//! peer_closed.

use super::super::options::or_unsupported;
use super::super::Socket;
use super::connection::{Connection, Transport};
use crate::error::{Operation, Result};
use crate::sys::kernel;
use crate::tcp_state::TcpState;
use std::io;

impl Socket {
    /// Whether the peer has ended its stream. Nothing is read: data that came before the end are still there.
    ///
    /// `false` says only that no end has arrived; the peer may be gone all the same. For a Unix socket also `true` after
    /// [`shutdown`](Self::shutdown) for reading.
    ///
    /// # Errors
    /// The error that ended the connection, such as `ECONNRESET`, which every later receive reports as well. `ENOTCONN`;
    /// `Closed`; `Unsupported` as for [`send_queue`](Self::send_queue).
    pub fn peer_closed(&self) -> Result<bool> {
        self.immediate(Operation::PeerClosed, |fd| {
            Connection::of(self, fd)?.peer_closed()
        })
        .map_err(or_unsupported)
    }
}

impl Connection<'_> {
    fn peer_closed(self) -> io::Result<bool> {
        match self.transport {
            Transport::Tcp => match self.state()? {
                TcpState::CLOSE_WAIT | TcpState::CLOSING | TcpState::LAST_ACK | TcpState::TIME_WAIT => {
                    Ok(true)
                }
                // A reset after the peer's end of stream: a receive finds that end.
                TcpState::CLOSED => match self.error()? {
                    Some(error) if error.raw_os_error() != Some(libc::EPIPE) => Err(error),
                    _ => Ok(true),
                },
                _ => Ok(false),
            },
            Transport::Unix => match self.error()? {
                Some(error) => Err(error),
                None => Ok(self.events()? & (kernel::PEER_ENDED | libc::POLLHUP) != 0),
            },
        }
    }
}
