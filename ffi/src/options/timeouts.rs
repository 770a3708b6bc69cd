//! Timeouts and the blocking mode, which belong to the handle, not to the kernel's socket.

use crate::guard;
use crate::handle::{borrow, borrow_open, polysock_t};
use crate::pointer::set_optional;
use crate::time;
use libc::c_int;

/// Sets the timeouts of calls with POLYSOCK_DEFAULT: `recv_ms` for recv and accept, `send_ms` for send and connect.
///
/// BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.settimeout. Java: Socket.setSoTimeout (reads and accept only, 0 = forever).
/// Milliseconds, 0 (never wait) or POLYSOCK_INFINITE, the value of a new handle; POLYSOCK_DEFAULT does not change one.
/// @code
/// polysock_set_timeout(s, 30000, 5000);
/// n = polysock_recv(s, buf, sizeof buf, 0, POLYSOCK_DEFAULT);   // at most 30 s
/// @endcode
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_timeout(s: *mut polysock_t, recv_ms: c_int, send_ms: c_int) -> c_int {
    guard::code("polysock_set_timeout", || {
        let socket = borrow_open(s)?;
        let recv = time::timeout(recv_ms, "recv_ms")?;
        let send = time::timeout(send_ms, "send_ms")?;
        if let Some(recv) = recv {
            socket.set_recv_timeout(recv);
        }
        if let Some(send) = send {
            socket.set_send_timeout(send);
        }
        Ok(())
    })
}

/// Gets the timeouts set by polysock_set_timeout(), in milliseconds or POLYSOCK_INFINITE. Each out-parameter may be NULL.
///
/// BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.gettimeout. Java: Socket.getSoTimeout.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_timeout(
    s: *const polysock_t,
    recv_ms: *mut c_int,
    send_ms: *mut c_int,
) -> c_int {
    guard::code("polysock_get_timeout", || {
        let socket = borrow_open(s)?;
        set_optional(recv_ms, time::milliseconds(socket.recv_timeout()));
        set_optional(send_ms, time::milliseconds(socket.send_timeout()));
        Ok(())
    })
}

/// Makes the handle and its descriptor blocking (the timeouts become POLYSOCK_INFINITE) or non-blocking (they become 0).
///
/// BSD: fcntl(2) with O_NONBLOCK. Python: socket.setblocking. Java: SocketChannel.configureBlocking.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_blocking(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_blocking", || Ok(borrow(s)?.set_blocking(on)?))
}
