//! What Apple's systems and FreeBSD have in common.

use crate::tcp_state::TcpState;
use std::io;
use std::os::fd::BorrowedFd;

/// `MSG_TRUNC` is only set in a result.
pub const WHOLE_LENGTH: Option<libc::c_int> = None;

/// The factor between a socket buffer's requested and reported size.
pub const BUFFER_FACTOR: usize = 1;

/// The options of `SOL_SOCKET` that limit how long a receive waits.
pub const RECEIVE_LIMITS: [libc::c_int; 1] = [libc::SO_RCVTIMEO];

/// Those that limit how long a send waits.
pub const SEND_LIMITS: [libc::c_int; 1] = [libc::SO_SNDTIMEO];

/// Not known: what is sent over a Unix socket is in the peer's queue at once.
pub const COUNTS_UNIX_QUEUES: bool = false;

/// The values of `DONT_FRAGMENT`.
pub const MAY_FRAGMENT: libc::c_int = 0;
pub const MUST_NOT_FRAGMENT: libc::c_int = 1;

/// The room for the answer to `PEER_CREDENTIALS`, a `struct xucred`.
pub const PEER_CREDENTIALS_ROOM: usize = size_of::<libc::xucred>();

/// A TCP state by the BSDs' number (netinet/tcp_fsm.h).
pub fn tcp_state_from(number: u8) -> TcpState {
    match number {
        0 => TcpState::CLOSED,
        1 => TcpState::LISTEN,
        2 => TcpState::SYN_SENT,
        3 => TcpState::SYN_RECV,
        4 => TcpState::ESTABLISHED,
        5 => TcpState::CLOSE_WAIT,
        6 => TcpState::FIN_WAIT1,
        7 => TcpState::CLOSING,
        8 => TcpState::LAST_ACK,
        9 => TcpState::FIN_WAIT2,
        10 => TcpState::TIME_WAIT,
        _ => TcpState(0),
    }
}

/// Whether the end of our stream was sent and not acknowledged. Linux counts it as one byte of the send queue.
pub fn own_end_is_unacknowledged(state: TcpState) -> bool {
    matches!(
        state,
        TcpState::FIN_WAIT1 | TcpState::CLOSING | TcpState::LAST_ACK
    )
}

/// How much of the send queue was not sent yet: not known, so nothing is counted as not sent.
pub fn unsent(_: BorrowedFd<'_>) -> io::Result<u64> {
    Ok(0)
}

/// Whether a question about a TCP connection failed because there is none any more: the kernel forgets it when it ends.
pub fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ECONNRESET)
}

/// What is in a system variable (sysctlbyname(3)): as much as there is room for.
pub fn system_variable<'r>(name: &std::ffi::CStr, room: &'r mut [u8]) -> Option<&'r [u8]> {
    let mut length = room.len();
    // SAFETY: the name ends with NUL, and `room` is writable for `length` bytes.
    let failed = unsafe {
        libc::sysctlbyname(
            name.as_ptr(),
            room.as_mut_ptr().cast(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    if failed != 0 {
        return None;
    }
    room.get(..length)
}
