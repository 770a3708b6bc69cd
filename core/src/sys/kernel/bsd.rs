//! What Apple's systems and FreeBSD have in common.

use crate::tcp_state::TcpState;
use std::io;

/// Linux's number of a TCP state, under which every system's states are known here (netinet/tcp_fsm.h).
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
