//! A connection whose delivery the system can report on.

use super::super::Socket;
use crate::domain::Family;
use crate::domain::SocketType;
use crate::error::Kind;
use crate::handle::Handle;
use crate::sys::wakeable_poll::events_now;
use crate::sys::{kernel, unix};
use crate::tcp_state::TcpState;
use std::io;
use std::os::fd::BorrowedFd;

/// What carries the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Unix,
}

/// One end of a connection.
#[derive(Clone, Copy)]
pub(super) struct Connection<'a> {
    pub(super) handle: &'a Handle,
    pub(super) fd: BorrowedFd<'a>,
    pub(super) transport: Transport,
}

impl<'a> Connection<'a> {
    /// The connection of a socket, if there is one.
    ///
    /// # Errors
    /// `EOPNOTSUPP` when the system can't report on this kind of socket; `ENOTCONN`.
    pub(super) fn of(socket: &'a Socket, fd: BorrowedFd<'a>) -> io::Result<Self> {
        let connection = Self::assumed(socket, fd)?;
        if connection.exists()? {
            Ok(connection)
        } else {
            Err(io::Error::from_raw_os_error(libc::ENOTCONN))
        }
    }

    /// The same for a socket that is known to have one.
    pub(super) fn assumed(socket: &'a Socket, fd: BorrowedFd<'a>) -> io::Result<Self> {
        let message = socket.socket_type == SocketType::SEQPACKET;
        let transport = if socket.is_tcp_family() && kernel::is_tcp(fd)? {
            Transport::Tcp
        } else if kernel::COUNTS_UNIX_QUEUES
            && socket.family == Family::UNIX
            && (socket.is_stream() || message)
        {
            Transport::Unix
        } else {
            return Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP));
        };
        Ok(Self {
            handle: &socket.handle,
            fd,
            transport,
        })
    }

    /// Whether there is a connection, or was one that has ended.
    fn exists(self) -> io::Result<bool> {
        match self.transport {
            Transport::Tcp => Ok(match self.state()? {
                TcpState::LISTEN | TcpState::SYN_SENT => false,
                // Both directions of a connection that has ended are shut down; those of a new socket are not.
                TcpState::CLOSED => self.events()? & kernel::BOTH_ENDED != 0,
                _ => true,
            }),
            Transport::Unix => match unix::peer_address(self.fd) {
                Ok(_) => Ok(true),
                Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }

    /// The poll events of ended directions that there are now.
    pub(super) fn events(self) -> io::Result<i16> {
        loop {
            match events_now(self.fd, kernel::PEER_ENDED) {
                Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
                events => return events,
            }
        }
    }

    pub(super) fn state(self) -> io::Result<TcpState> {
        kernel::tcp_state(self.fd)
    }

    /// The error that ended the connection, whichever call of this handle learned of it.
    pub(super) fn error(self) -> io::Result<Option<io::Error>> {
        if let Some(errno) = self.handle.connection_end.error() {
            return Ok(Some(io::Error::from_raw_os_error(errno)));
        }
        // The kernel reports it once; receives still find it in the handle.
        let error = unix::sock(&self.fd).take_error()?;
        if let Some(error) = &error {
            self.handle.note_failure(self.fd, Kind::from_io(error));
        }
        Ok(error)
    }
}
