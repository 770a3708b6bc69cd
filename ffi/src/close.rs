//! The ways to end.

use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t, take};
use libc::c_int;
use polysock::Shutdown;

/// Ends one or both directions of the connection, for every holder of it: POLYSOCK_SHUT_RD, _WR or _RDWR.
///
/// BSD: shutdown(2). Python: socket.shutdown. Java: Socket.shutdownOutput, Socket.shutdownInput.
/// After POLYSOCK_SHUT_WR the peer reads to the end of the stream and may still answer. POLYSOCK_ENOTCONN without a
/// connection; POLYSOCK_EINVAL for another number.
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

/// Closes the socket: every call of any thread that waits on it ends with POLYSOCK_ECLOSED, then the descriptor is closed.
///
/// BSD: close(2). Python: socket.close. Java: see polysock_net_close().
/// Any thread may call it, any number of times (again: 0), but no C signal handler may. On the wire it is what close(2)
/// does: FIN, or a reset when there is unread input; it honours polysock_set_linger(). Other processes that hold the
/// connection keep it. The handle still has to be freed.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_close(s: *mut polysock_t) -> c_int {
    guard::code("polysock_close", || Ok(borrow(s)?.close()?))
}

/// Ends the connection at once with a reset, dropping what was not sent yet, and closes the socket.
///
/// BSD: close(2) with linger 0. Python: socket.abort. Java: setSoLinger(true, 0), then close.
/// As polysock_close(); the reset goes out even where other processes hold the connection.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_abort(s: *mut polysock_t) -> c_int {
    guard::code("polysock_abort", || Ok(borrow(s)?.abort()?))
}

/// Closes the socket if it is open, and gives up the owner's reference: `s` must not be used again.
///
/// BSD: close(2). Python: del. Java: none.
/// Once, by the owner; NULL is fine. Calls of other threads that are inside keep what they need and end with
/// POLYSOCK_ECLOSED; starting a call after free is a bug of the caller.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_free(s: *mut polysock_t) {
    guard::code("polysock_free", || match take(s) {
        Some(socket) => Ok(socket.close()?),
        None => Ok(()),
    });
}

/// Reports whether the socket was closed or detached; true for NULL.
///
/// BSD: none. Python: socket.fileno() == -1. Java: Socket.isClosed.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_is_closed(s: *const polysock_t) -> bool {
    guard::wall("polysock_is_closed", || Ok(borrow(s)?.is_closed())).unwrap_or(true)
}
