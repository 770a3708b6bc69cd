//! Conversion from and to the standard library's sockets, and lending the descriptor to other crates.

use super::{AdoptError, Socket};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::Inside;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

/// The descriptor of a [`Socket`], lent to other code ([`Socket::lend_fd`]). It stays open while this lives, even if another
/// thread closes the socket meanwhile.
pub struct LentFd<'s>(Inside<'s>);

impl Socket {
    /// Lends the descriptor to code that takes one (`rustix`, `nix`, `mio`, an `ioctl` of your own).
    ///
    /// `Socket` itself is not [`AsFd`]: any thread may close it, and a `BorrowedFd` must stay valid. [`LentFd`] is
    /// [`AsFd`], and keeps the descriptor open. [`close`](Self::close) waits for it, like for a call in progress, up to
    /// a second; after that the descriptor is closed when the `LentFd` is dropped. So drop it before closing the socket
    /// in the same thread.
    ///
    /// That code does not find [`pending`](Self::pending) bytes; [`take_buffered`](Self::take_buffered) takes them out.
    ///
    /// Like [`fileno`](Self::fileno), this puts the descriptor into the blocking mode that the program has set.
    ///
    /// ```
    /// use std::os::fd::AsFd;
    /// # use polysock::{Family, Socket};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let socket = Socket::tcp(Family::IPV4)?;
    /// let lent = socket.lend_fd()?;
    /// let copy = lent.as_fd().try_clone_to_owned()?;
    /// # drop(copy);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Closed` after close or detach.
    pub fn lend_fd(&self) -> Result<LentFd<'_>> {
        self.fileno()?;
        let inside = self.handle.enter();
        inside
            .map(LentFd)
            .map_err(|kind: Kind| Error::new(Operation::Fileno, kind))
    }
}

impl AsFd for LentFd<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd()
    }
}

impl AsRawFd for LentFd<'_> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.fd().as_raw_fd()
    }
}

impl std::fmt::Debug for LentFd<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LentFd").field(&self.as_raw_fd()).finish()
    }
}

impl TryFrom<OwnedFd> for Socket {
    type Error = AdoptError;

    /// See [`Socket::from_fd`].
    fn try_from(fd: OwnedFd) -> std::result::Result<Self, AdoptError> {
        Self::from_fd(fd)
    }
}

impl TryFrom<Socket> for OwnedFd {
    type Error = Error;

    /// See [`Socket::detach`]; from there on to the standard library's types (`TcpStream::from(fd)`).
    fn try_from(socket: Socket) -> Result<Self> {
        socket.detach()
    }
}

macro_rules! from_std {
    ($($type:ty),+) => {
        $(impl TryFrom<$type> for Socket {
            type Error = AdoptError;

            /// Adopts its descriptor, with the blocking mode it has; timeouts set through std stay in force in the kernel
            /// (`SO_RCVTIMEO`, `SO_SNDTIMEO`).
            fn try_from(socket: $type) -> std::result::Result<Self, AdoptError> {
                Self::from_fd(socket.into())
            }
        })+
    };
}

from_std!(
    TcpStream,
    TcpListener,
    UdpSocket,
    UnixStream,
    UnixListener,
    UnixDatagram
);
