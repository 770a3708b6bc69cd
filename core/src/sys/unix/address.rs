//! bind(2), connect(2), and the addresses of a socket.

use super::option::{get_int, sock};
use super::result::check;
use crate::address::Address;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Binds to an address of any family.
pub fn bind(fd: BorrowedFd<'_>, address: &Address) -> io::Result<()> {
    let (start, length) = sockaddr(address);
    // SAFETY: `start` points at `length` bytes of `address`.
    check(unsafe { libc::bind(fd.as_raw_fd(), start, length) }).map(drop)
}

/// Connects to an address of any family.
pub fn connect(fd: BorrowedFd<'_>, address: &Address) -> io::Result<()> {
    let (start, length) = sockaddr(address);
    // SAFETY: `start` points at `length` bytes of `address`.
    check(unsafe { libc::connect(fd.as_raw_fd(), start, length) }).map(drop)
}

/// Ends a TCP connection at once with a reset, even if others share the descriptor (connect to `AF_UNSPEC`).
pub fn disconnect(fd: BorrowedFd<'_>) -> io::Result<()> {
    let unspecified = [0_u8; 16]; // the size of a sockaddr, its family AF_UNSPEC
    let (start, length) = (unspecified.as_ptr().cast(), 16);
    // SAFETY: `start` points at 16 bytes.
    check(unsafe { libc::connect(fd.as_raw_fd(), start, length) }).map(drop)
}

/// Undoes connect on a datagram socket, in the same way; a stream is reset where [`disconnect`] does that. Systems other than
/// Linux first dissolve the association of a datagram socket and then refuse the address, as they should.
pub fn dissolve(fd: BorrowedFd<'_>) -> io::Result<()> {
    match disconnect(fd) {
        Err(error)
            if cfg!(not(target_os = "linux"))
                && matches!(
                    error.raw_os_error(),
                    Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL | libc::EINVAL)
                )
                && get_int(fd, libc::SOL_SOCKET, libc::SO_TYPE)
                    .is_ok_and(|kind| kind == libc::SOCK_DGRAM) =>
        {
            Ok(())
        }
        result => result,
    }
}

pub(super) fn sockaddr(address: &Address) -> (*const libc::sockaddr, libc::socklen_t) {
    let bytes = address.as_bytes();
    (
        bytes.as_ptr().cast(),
        libc::socklen_t::try_from(bytes.len()).unwrap_or(0),
    )
}

/// The socket's local address.
pub fn local_address(fd: BorrowedFd<'_>) -> io::Result<Address> {
    sock(&fd).local_addr().map(|address| from_socket2(&address))
}

/// The address of the other end.
pub fn peer_address(fd: BorrowedFd<'_>) -> io::Result<Address> {
    sock(&fd).peer_addr().map(|address| from_socket2(&address))
}

pub fn from_socket2(address: &socket2::SockAddr) -> Address {
    // SAFETY: a SockAddrStorage is 128 plain bytes, all of them initialised by socket2.
    let bytes: &[u8; Address::CAPACITY] = unsafe { &*address.as_ptr().cast() };
    Address::from_kernel(bytes, usize::try_from(address.len()).unwrap_or(0))
}
