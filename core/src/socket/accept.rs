//! accept.

use super::{Call, Socket};
use crate::address::Address;
use crate::caller::Caller;
use crate::domain::{Family, SocketType};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::BlockingMode;
use crate::handle::Direction;
use crate::op::Accept;
use crate::sys::reserve::check_left;
use crate::sys::{os, unix};
use crate::time::Timeout;
use crate::trace::{self, Traced};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;

impl Socket {
    /// Accepts a connection, waiting as long as the receive timeout allows. See [`Call::accept`].
    ///
    /// # Errors
    /// See [`Call::accept`].
    pub fn accept(&self) -> Result<(Socket, Address)> {
        self.call().accept()
    }
}

impl<C: Caller> Call<'_, C> {
    /// Accepts a connection (accept(2)): the new socket, close-on-exec and without a timeout, and its peer.
    ///
    /// A call with a time limit puts a listening descriptor that others can see into non-blocking mode, since another
    /// process or thread may take the connection between poll and accept. On a listener that stays in blocking mode and
    /// is shared *with another process*, the call can lose that race and then sleeps until the next connection.
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`, `Closed` when another thread closed the listener; the system's, such as `EINVAL`
    /// when it does not listen (`EOPNOTSUPP` when it can't) and `EMFILE`, after which the connection still waits to
    /// be accepted.
    pub fn accept(&mut self) -> Result<(Socket, Address)> {
        let mut peer = Address::EMPTY;
        let socket = self.accept_from(Some(&mut peer))?;
        Ok((socket, peer))
    }

    /// Accepts a connection, and asks for its peer's address only if there is a `peer` to store it in:
    /// [`accept`](Self::accept) without the address.
    ///
    /// # Errors
    /// See [`accept`](Self::accept); `peer` is then left unchanged.
    pub fn accept_from(&mut self, peer: Option<&mut Address>) -> Result<Socket> {
        let failed = |kind| Error::new(Operation::Accept, kind);
        check_left().map_err(failed)?; // before accepting a connection that would be lost
        let listener = self.socket;
        let fd = if listener.family == Family::ALG {
            let fd = listener.immediate(Operation::Accept, accept_at_once)?;
            if let Some(peer) = peer {
                *peer = Address::EMPTY;
            }
            fd
        } else {
            listener.check_listening().map_err(failed)?;
            let timeout = self.timeout(Direction::Receive);
            let mut accept = Accept::new(&listener.handle, peer);
            let may_sleep = !accept.is_private() && !listener.handle.mode.is_wanted_nonblocking();
            if may_sleep && timeout != Timeout::Never {
                listener
                    .set_descriptor_nonblocking(true)
                    .map_err(|error| failed(error.kind()))?;
            }
            self.run(timeout, &mut accept)?
        };
        // Only the descriptor is lent to the record: the socket would otherwise be kept in memory, and copied, by every call.
        let traced = if trace::is_on() {
            listener.handle.record_accepted(fd.as_fd())
        } else {
            Traced::default()
        };
        let mut accepted = Socket::from_parts(
            fd,
            BlockingMode::new(false, false),
            listener.family,
            listener.socket_type,
            listener.protocol,
        );
        accepted.handle.traced = traced;
        Ok(accepted)
    }
}

/// There is nothing to wait for: every accept on an `AF_ALG` socket makes a new operation, and poll reports nothing.
/// Such sockets have no addresses, and a call that asks for one is refused.
fn accept_at_once(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    os::accept(fd, None)
}

impl Socket {
    /// Refuses sockets that accept(2) refuses at once: they would never become ready, and the wait would never end.
    /// Checked only for families that are known to answer.
    pub(crate) fn check_listening(&self) -> std::result::Result<(), Kind> {
        if self.listening.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.find_listening()
    }

    #[cold]
    fn find_listening(&self) -> std::result::Result<(), Kind> {
        if !matches!(self.family, Family::IPV4 | Family::IPV6 | Family::UNIX) {
            return Ok(());
        }
        let accepting = self.immediate_unseen(Operation::GetOption, |fd| {
            unix::get_int(fd, libc::SOL_SOCKET, libc::SO_ACCEPTCONN)
        });
        match accepting.map(|number| number != 0) {
            Ok(true) => {
                self.listening.store(true, Ordering::Relaxed);
                Ok(())
            }
            Ok(false) if matches!(self.socket_type, SocketType::STREAM | SocketType::SEQPACKET) => {
                Err(Kind::Os(libc::EINVAL))
            }
            Ok(false) => Err(Kind::Os(libc::EOPNOTSUPP)),
            Err(error) => Err(error.kind()),
        }
    }
}
