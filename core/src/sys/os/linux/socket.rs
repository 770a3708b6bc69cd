//! What Linux tells of a socket, and how it behaves.

use super::super::portable;
use super::missing::is_missing;
use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// How many times the size that was asked for a socket buffer reads as: the kernel doubles it (socket(7)).
pub const BUFFER_FACTOR: usize = 2;

/// Whether connect(2) on a TCP socket that has begun to connect tells how that ended, and makes it final.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = true;

/// The family of a socket (`SO_DOMAIN`).
pub fn family(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_DOMAIN)
}

/// The protocol of a socket (`SO_PROTOCOL`).
pub fn protocol(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL)
}

/// The state of a TCP connection as the kernel numbers it, the first byte of `struct tcp_info`.
pub fn tcp_state(fd: BorrowedFd<'_>) -> io::Result<u8> {
    let mut state = [0_u8; 1];
    unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, &mut state)?;
    let [state] = state;
    Ok(state)
}

/// Reads as much of `struct tcp_info` as the kernel has; returns how much that is.
pub fn tcp_info(fd: BorrowedFd<'_>, info: &mut [u8]) -> io::Result<usize> {
    unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, info)
}

/// Puts one descriptor into or out of non-blocking mode by one call.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int, which `value` is.
    match unix::check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw const value) }) {
        Err(error) if is_missing(&error) => portable::set_nonblocking(fd, on),
        result => result.map(drop),
    }
}
