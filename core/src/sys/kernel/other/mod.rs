//! Any other Unix: what all of them have in common.

#![cfg_attr(target_os = "linux", allow(dead_code))]

pub mod number;

use crate::credentials::Credentials;
use crate::tcp_info::TcpInfo;
use crate::tcp_state::TcpState;
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

/// The poll event that shows that both streams of a connection have ended.
pub const BOTH_ENDED: i16 = libc::POLLHUP;

/// Whether [`send_queue`] knows what the peer of a Unix socket has not received.
pub const COUNTS_UNIX_QUEUES: bool = false;

/// The values of an option that does not exist.
pub const MAY_FRAGMENT: libc::c_int = 0;
pub const MUST_NOT_FRAGMENT: libc::c_int = 1;

/// The room for the answer to an option that does not exist.
pub const PEER_CREDENTIALS_ROOM: usize = 0;

/// Reads that answer.
pub fn peer_credentials(_: &[u8]) -> Option<Credentials> {
    None
}

/// Makes a socket that another program or library created never raise SIGPIPE: unknown.
pub fn suppress_sigpipe(_: BorrowedFd<'_>) {}

/// The protocol of a socket: there is no portable way to get it, so the family's own choice.
pub fn protocol(_: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    Ok(0)
}

/// Whether an IP socket speaks TCP: there is no portable way to find out.
pub fn is_tcp(_: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(false)
}

/// The state of a TCP connection: there is no portable way to get it.
pub fn tcp_state(_: BorrowedFd<'_>) -> io::Result<TcpState> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// The states of the TCP sockets with a local port: there is no portable way to get them.
pub fn tcp_states_at(_: u16, _: impl FnMut(TcpState)) {}

/// The statistics of a TCP connection: there is no portable way to get them.
pub fn tcp_info(_: BorrowedFd<'_>) -> io::Result<TcpInfo> {
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

/// What stands for this machine since it was last started: there is no portable way to get it.
pub fn boot_id() -> String {
    String::new()
}

/// Identifies the network namespace of this process: only Linux has them.
pub fn network_namespace() -> Option<String> {
    None
}

/// Every system has a different way of naming threads.
pub fn name_thread(_: &CStr) {}

/// As above.
pub fn thread_name(_: impl FnOnce(&str)) {}
