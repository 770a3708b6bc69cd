//! A connection of a message server.

use crate::address::polysock_addr;
use crate::buffer::bytes;
use crate::guard;
use crate::handle::{borrow, take, Handle};
use crate::pointer::Out;
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::{Connection, NativeCaller};
use std::sync::Arc;

/// A connection of a message server. Any thread may send on it and close it.
///
/// BSD: a descriptor. Python: polysock.Connection. Java: none.
/// The server lends it to callbacks: it is valid until the connection's last callback returns. Another thread, or a callback
/// of another connection, may use it if it was retained first with polysock_connection_retain().
/// @ingroup polysock_message_server
// Written this way, cbindgen does not see it; it would make the type an alias of Connection.
#[cfg_attr(all(), repr(transparent))]
pub struct polysock_connection(Connection);

impl Handle for polysock_connection {
    const PARAMETER: &'static str = "c";
}

/// A connection of core as a pointer that is valid as long as core keeps the connection.
pub(super) fn lend(connection: &Arc<Connection>) -> *mut polysock_connection {
    // It is transparent: the pointer is one of `Arc::into_raw` for it, too.
    Arc::as_ptr(connection).cast::<polysock_connection>().cast_mut()
}

/// Keeps a connection valid until polysock_connection_release(), also after it has ended. Returns `c`; NULL for NULL.
///
/// BSD: dup(2). Python: a reference. Java: a reference.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_retain(c: *mut polysock_connection) -> *mut polysock_connection {
    guard::code("polysock_connection_retain", || {
        std::mem::forget(borrow(c)?);
        Ok(())
    });
    c
}

/// Gives up what polysock_connection_retain() kept. It does not close the connection. NULL is allowed.
///
/// BSD: none. Python: del. Java: none.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_release(c: *mut polysock_connection) {
    guard::code("polysock_connection_release", || {
        drop(take(c));
        Ok(())
    });
}

/// Sends a message from a callback of this connection, framed as the server's messages are.
///
/// BSD: send(2). Python: the result of on_message. Java: none.
/// It is accepted however much is unsent, and goes out when the callback has returned, with the other replies. Fails with
/// POLYSOCK_ECLOSED when the connection was closed meanwhile, and with POLYSOCK_EMSGSIZE or POLYSOCK_EINVAL for a message
/// that the framing does not allow.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_reply(
    c: *mut polysock_connection,
    message: *const c_void,
    len: usize,
) -> c_int {
    guard::code("polysock_connection_reply", || {
        let connection = borrow(c)?;
        Ok(connection.0.reply(bytes(message, len, "message", "len")?)?)
    })
}

/// Sends a message from any thread, framed as replies are: all of it, or none. What the kernel does not take at once is
/// queued, and sent as the peer takes it.
///
/// BSD: send(2) and poll(2). Python: Connection.send. Java: none.
/// Messages are sent in the order of the calls. If more than `max_unsent` bytes would be queued, it waits for room; without
/// room in time it fails with POLYSOCK_ETIMEDOUT, or at once with POLYSOCK_EAGAIN if `timeout_ms` is 0; POLYSOCK_DEFAULT waits
/// forever. A message longer than `max_unsent` is accepted when nothing is queued. Fails with POLYSOCK_ECLOSED once the
/// connection is closed or about to be, and with POLYSOCK_EMSGSIZE or POLYSOCK_EINVAL for a message that the framing does not
/// allow.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_send(
    c: *mut polysock_connection,
    message: *const c_void,
    len: usize,
    timeout_ms: c_int,
) -> c_int {
    guard::code("polysock_connection_send", || {
        let connection = borrow(c)?;
        let message = bytes(message, len, "message", "len")?;
        let timeout = time::timeout_or_never(timeout_ms)?;
        Ok(connection.0.send_with(message, timeout, &mut NativeCaller)?)
    })
}

/// Closes the connection once everything has been sent, and returns at once; `on_close` follows.
///
/// BSD: shutdown(2) and close(2). Python: Connection.close. Java: Socket.close.
/// Messages that have not been handled yet are dropped. A peer that does not take what is sent delays this for no longer
/// than the idle timeout, or half a minute if there is none.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_close(c: *mut polysock_connection) -> c_int {
    guard::code("polysock_connection_close", || {
        borrow(c)?.0.close();
        Ok(())
    })
}

/// Ends the connection with a reset and returns at once; what is unsent is dropped. `on_close` follows.
///
/// BSD: close(2) after setsockopt(2) SO_LINGER. Python: Connection.abort. Java: none.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_abort(c: *mut polysock_connection) -> c_int {
    guard::code("polysock_connection_abort", || {
        borrow(c)?.0.abort();
        Ok(())
    })
}

/// Returns 1 if the connection is closed or about to be, so that nothing can be sent, otherwise 0.
///
/// BSD: none. Python: Connection.closed. Java: Socket.isClosed.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_is_closed(c: *const polysock_connection) -> c_int {
    guard::number("polysock_connection_is_closed", || {
        Ok(c_int::from(borrow(c)?.0.is_closed()))
    })
}

/// Returns how many bytes are queued, still to be given to the kernel.
///
/// BSD: none. Python: Connection.unsent. Java: none.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_unsent(c: *const polysock_connection) -> ssize_t {
    guard::count("polysock_connection_unsent", || Ok(borrow(c)?.0.unsent()))
}

/// Gets the peer's address, also after the connection has ended.
///
/// BSD: getpeername(2). Python: Connection.peer. Java: Socket.getRemoteSocketAddress.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_connection_peer(
    c: *const polysock_connection,
    out: *mut polysock_addr,
) -> c_int {
    guard::code("polysock_connection_peer", || {
        let (connection, out) = (borrow(c)?, Out::new(out, "out")?);
        out.set(connection.0.peer().into());
        Ok(())
    })
}
