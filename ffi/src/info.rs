//! What the kernel reports of a connection.

use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::{c_char, c_int};
use polysock::{Socket, TcpState};
use std::ffi::CStr;

/// Gets the number of bytes that can be received without waiting; for a datagram socket, the length of the next datagram.
///
/// BSD: ioctl(2) with FIONREAD. Python: fcntl.ioctl. Java: InputStream.available.
/// It is 0 before data arrives and at the end of the stream alike. Fails with POLYSOCK_EINVAL for a listening socket.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_available(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value("polysock_available", s, (bytes, "bytes"), Socket::available)
}

/// Returns the state of the TCP connection: "ESTABLISHED", "CLOSE_WAIT", "LISTEN", ...
///
/// BSD: getsockopt(2) with TCP_INFO. Python: socket.state. Java: none.
/// The text is static. NULL when the handle is closed or not a TCP socket; polysock_last_detail() reports which.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_state(s: *const polysock_t) -> *const c_char {
    guard::wall("polysock_state", || Ok(name(borrow(s)?.state()?))).map_or(std::ptr::null(), CStr::as_ptr)
}

/// The names of core, ending with NUL for C.
fn name(state: TcpState) -> &'static CStr {
    match state {
        TcpState::ESTABLISHED => c"ESTABLISHED",
        TcpState::SYN_SENT => c"SYN_SENT",
        TcpState::SYN_RECV => c"SYN_RECV",
        TcpState::FIN_WAIT1 => c"FIN_WAIT1",
        TcpState::FIN_WAIT2 => c"FIN_WAIT2",
        TcpState::TIME_WAIT => c"TIME_WAIT",
        TcpState::CLOSED => c"CLOSED",
        TcpState::CLOSE_WAIT => c"CLOSE_WAIT",
        TcpState::LAST_ACK => c"LAST_ACK",
        TcpState::LISTEN => c"LISTEN",
        TcpState::CLOSING => c"CLOSING",
        _ => c"UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_core_s() {
        for number in 0..=u8::MAX {
            assert_eq!(name(TcpState(number)).to_str().unwrap(), TcpState(number).name());
        }
    }
}
