//! Any other Unix: what all of them have in common.

#![cfg_attr(target_os = "linux", allow(dead_code))]

pub mod number;

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

/// No such flag here; where it is missing, `socket2` sets `SO_NOSIGPIPE` on what it makes.
pub const NO_SIGNAL: libc::c_int = 0;

/// No such poll event here: only a connection that is over altogether is told.
pub const PEER_ENDED: i16 = 0;

/// How many times the size that was asked for a socket buffer reads as.
pub const BUFFER_FACTOR: usize = 1;

/// The BSDs begin to connect anew.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = false;

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

/// Threads are named in as many ways as there are systems.
pub fn name_thread(_: &CStr) {}
