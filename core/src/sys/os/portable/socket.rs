//! What a system tells of a socket, and how it behaves.

use crate::sys::unix;
use std::io;
use std::os::fd::BorrowedFd;

/// How many times the size that was asked for a socket buffer reads as.
pub const BUFFER_FACTOR: usize = 1;

/// The BSDs begin to connect anew.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = false;

/// The family of a socket, read from its own address.
pub fn family(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::sock(&fd)
        .local_addr()
        .map(|address| address.family().into())
}

/// The protocol of a socket: not to be had in a portable way, so the family's own choice.
pub fn protocol(_: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    Ok(0)
}

/// The state of a TCP connection: not to be had in a portable way.
pub fn tcp_state(_: BorrowedFd<'_>) -> io::Result<u8> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// The statistics of a TCP connection: not to be had in a portable way.
pub fn tcp_info(_: BorrowedFd<'_>, _: &mut [u8]) -> io::Result<usize> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// Puts one descriptor into or out of non-blocking mode.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    unix::sock(&fd).set_nonblocking(on)
}
