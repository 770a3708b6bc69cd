//! What a system reports about a socket, and how it behaves.

use crate::sys::unix;
use std::io;
use std::os::fd::BorrowedFd;

/// The family of a socket, read from its own address.
pub fn family(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::sock(&fd)
        .local_addr()
        .map(|address| address.family().into())
}

/// Switches a descriptor's non-blocking mode on or off.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    unix::sock(&fd).set_nonblocking(on)
}
