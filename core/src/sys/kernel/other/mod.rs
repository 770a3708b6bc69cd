//! Any other Unix: what all of them have in common.

#![cfg_attr(target_os = "linux", allow(dead_code))]

pub mod number;

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

/// No such flag here. On systems without it, `socket2` sets `SO_NOSIGPIPE` on the sockets it makes.
pub const NO_SIGNAL: libc::c_int = 0;

/// No such poll event here: only the end of both directions is reported.
pub const PEER_ENDED: i16 = 0;

/// The BSDs only set `MSG_TRUNC` in a result.
pub const WHOLE_LENGTH: Option<libc::c_int> = None;

/// The factor between a socket buffer's requested and reported size.
pub const BUFFER_FACTOR: usize = 1;

/// No: the BSDs begin a new connect.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = false;

/// The options of `SOL_SOCKET` that limit how long a receive waits.
pub const RECEIVE_LIMITS: [libc::c_int; 1] = [libc::SO_RCVTIMEO];

/// Those that limit how long a send waits.
pub const SEND_LIMITS: [libc::c_int; 1] = [libc::SO_SNDTIMEO];

/// The protocol of a socket: there is no portable way to get it, so the family's own choice.
pub fn protocol(_: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    Ok(0)
}

/// The state of a TCP connection: there is no portable way to get it.
pub fn tcp_state(_: BorrowedFd<'_>) -> io::Result<u8> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// The states of the TCP sockets with a local port: there is no portable way to get them.
pub fn tcp_states_at(_: u16, _: impl FnMut(u8)) {}

/// The statistics of a TCP connection: there is no portable way to get it.
pub fn tcp_info(_: BorrowedFd<'_>, _: &mut [u8]) -> io::Result<usize> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// How much of what was sent the peer has not acknowledged: there is no portable way to get it.
pub fn send_queue(_: BorrowedFd<'_>) -> io::Result<u64> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// How much of it was not sent yet: there is no portable way to get it.
pub fn unsent(_: BorrowedFd<'_>) -> io::Result<u64> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// Every system has a different way of naming threads.
pub fn name_thread(_: &CStr) {}

/// As above.
pub fn thread_name(_: impl FnOnce(&str)) {}
