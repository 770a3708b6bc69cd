//! Ending connections and closing sockets.

use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t, take};
use libc::c_int;
use polysock::Shutdown;

/// Ends one or both directions of the connection, for all processes that share it: POLYSOCK_SHUT_RD, _WR or _RDWR.
///
/// BSD: shutdown(2). Python: socket.shutdown. Java: Socket.shutdownOutput, Socket.shutdownInput.
/// After POLYSOCK_SHUT_WR the peer reads to the end of the stream and may still answer. Fails with POLYSOCK_ENOTCONN
/// without a connection, and with POLYSOCK_EINVAL for another number.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_shutdown(s: *mut polysock_t, how: c_int) -> c_int {
    guard::code("polysock_shutdown", || {
        let socket = borrow(s)?;
        let how =
            Shutdown::from_raw(how).ok_or(Failure::argument("how", "is not a POLYSOCK_SHUT_ number"))?;
        Ok(socket.shutdown(how)?)
    })
}

/// Closes the socket: calls that wait on it, in any thread, end with POLYSOCK_ECLOSED; then the descriptor is closed.
///
/// BSD: close(2). Python: socket.close. Java: see polysock_net_close().
/// Any thread may call it, any number of times (closing again returns 0), but no signal handler may. On the wire it does
/// what close(2) does: FIN, or a reset when there is unread input; it honours polysock_set_linger(). Other processes that
/// share the connection keep it. The handle must still be freed.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_close(s: *mut polysock_t) -> c_int {
    guard::code("polysock_close", || Ok(borrow(s)?.close()?))
}

/// Resets the connection at once, discarding unsent data, and closes the socket.
///
/// BSD: close(2) with linger 0. Python: socket.abort. Java: setSoLinger(true, 0), then close.
/// Otherwise like polysock_close(). The reset is sent even when other processes share the connection.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_abort(s: *mut polysock_t) -> c_int {
    guard::code("polysock_abort", || Ok(borrow(s)?.abort()?))
}

/// Closes the socket if it is open, and frees the handle: `s` must not be used again.
///
/// BSD: close(2). Python: del. Java: none.
/// The owner calls it once; NULL is allowed. Calls that other threads are inside keep what they need and end with
/// POLYSOCK_ECLOSED; starting a call after polysock_free() is a bug in the program.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_free(s: *mut polysock_t) {
    guard::code("polysock_free", || match take(s) {
        Some(socket) => Ok(socket.close()?),
        None => Ok(()),
    });
}

/// Reports whether the socket is closed or detached; true for NULL.
///
/// BSD: none. Python: socket.fileno() == -1. Java: Socket.isClosed.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_is_closed(s: *const polysock_t) -> bool {
    guard::wall("polysock_is_closed", || Ok(borrow(s)?.is_closed())).unwrap_or(true)
}
