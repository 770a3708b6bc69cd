//! What Linux reports about a socket, and how it behaves.

use super::super::portable;
use super::missing::is_missing;
use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The family of a socket (`SO_DOMAIN`).
pub fn family(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_DOMAIN)
}

/// Switches a descriptor's non-blocking mode on or off with one system call.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int, which `value` is.
    match unix::check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw const value) }) {
        Err(error) if is_missing(&error) => portable::set_nonblocking(fd, on),
        result => result.map(drop),
    }
}
