//! send_queue.

use super::super::options::or_unsupported;
use super::super::Socket;
use super::connection::{Connection, Transport};
use crate::error::{Operation, Result};
use crate::sys::kernel;
use crate::tcp_state::TcpState;
use std::io;

/// What was sent and is still on the way, in bytes. A moment later it may be less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendQueue {
    /// Not sent yet: the peer has no room, or the network is slower than the program.
    pub unsent: u64,
    /// Sent, perhaps several times, but not acknowledged by the peer's system.
    ///
    /// For a Unix socket an upper limit: the memory taken by what the peer's program has not received yet, which is more
    /// than the bytes themselves. Only 0 is exact.
    pub unacked: u64,
}

impl SendQueue {
    /// Whether everything was acknowledged.
    pub const fn is_empty(self) -> bool {
        self.unsent == 0 && self.unacked == 0
    }
}

impl Socket {
    /// How much of what was sent is still on the way (tcp(7) and unix(7), `SIOCOUTQ`; `SIOCOUTQNSD`). macOS (`SO_NWRITE`) and
    /// FreeBSD (`FIONWRITE`) do not report what was not sent yet: `unsent` is 0 there. After a reset all is 0 there.
    ///
    /// The end of the stream is not counted, unless another process that holds the connection has sent it and the connection
    /// was then reset. After a reset the counts are those of the bytes that were lost.
    ///
    /// ```
    /// # use polysock::{create_connection, create_server};
    /// # use std::time::Duration;
    /// # fn main() -> polysock::Result<()> {
    /// # let server = create_server("127.0.0.1", 0, 16)?;
    /// # let port = server.local_address()?.port().unwrap_or(0);
    /// # if cfg!(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))) { return Ok(()) }
    /// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
    /// client.send_all("hello")?;
    /// client.wait_acked(Duration::from_secs(5))?;
    /// assert!(client.send_queue()?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `ENOTCONN`; `Closed`; `Unsupported` for sockets other than TCP, Unix stream and Unix seqpacket sockets; for
    /// Unix sockets on systems other than Linux, and for all on systems other than Linux, macOS and FreeBSD.
    pub fn send_queue(&self) -> Result<SendQueue> {
        self.immediate(Operation::SendQueue, |fd| Connection::of(self, fd)?.send_queue())
            .map_err(or_unsupported)
    }
}

impl Connection<'_> {
    pub(super) fn send_queue(self) -> io::Result<SendQueue> {
        if self.transport == Transport::Unix {
            return Ok(SendQueue {
                unsent: 0,
                unacked: kernel::send_queue(self.fd)?,
            });
        }
        let state = self.state()?;
        let all = kernel::send_queue(self.fd)?;
        if all == 0 {
            return Ok(SendQueue::default());
        }
        let not_sent = kernel::unsent(self.fd)?.min(all);
        // The kernel counts the end of the stream as one byte, the last one.
        let end = u64::from(match state {
            TcpState::FIN_WAIT1 | TcpState::CLOSING | TcpState::LAST_ACK => true,
            TcpState::CLOSED => self.handle.connection_end.has_own_end(),
            _ => false,
        });
        let unsent = not_sent.saturating_sub(end);
        Ok(SendQueue {
            unsent,
            unacked: all.saturating_sub(end).saturating_sub(unsent),
        })
    }
}
