//! Linux.

pub mod number;

use crate::sys::unix;
use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

/// Never raise SIGPIPE: a flag of each send.
pub const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;

/// The poll event of a peer that ended its stream.
pub const PEER_ENDED: i16 = libc::POLLRDHUP;

/// The factor between a socket buffer's requested and reported size: the kernel doubles it (socket(7)).
pub const BUFFER_FACTOR: usize = 2;

/// Whether connect(2) on a TCP socket that has begun to connect reports how that ended, and makes the result final.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = true;

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

/// Names this thread; only the first 15 bytes are used.
pub fn name_thread(name: &CStr) {
    // SAFETY: the name ends with NUL.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}
