//! send and sendall.

use crate::buffer::send_buf;
use crate::done::Done;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::Flags;

/// Sends as many of `n` bytes as the send buffer takes and returns how many, at least one.
///
/// BSD: send(2). Python: socket.send. Java: SocketChannel.write.
/// Never raises SIGPIPE. On a stream without a time limit it waits until the send buffer has taken everything, as a
/// blocking send(2) does. `flags` are POLYSOCK_MSG_ numbers. Fails with POLYSOCK_EPIPE, POLYSOCK_ECONNRESET,
/// POLYSOCK_ENOTCONN, POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN, POLYSOCK_ECLOSED; nothing was sent then.
/// @code
/// char buf[4096];
/// ssize_t n;
/// while ((n = polysock_recv(s, buf, sizeof buf, 0, 30000)) > 0)
///     if (polysock_sendall(s, buf, (size_t)n, NULL, 30000) < 0)
///         break;
/// @endcode
/// @ingroup polysock_streams
#[no_mangle]
pub unsafe extern "C" fn polysock_send(
    s: *mut polysock_t,
    buf: *const c_void,
    n: usize,
    flags: c_int,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_send", || {
        let (socket, data) = (borrow(s)?, send_buf(buf, n)?);
        Ok(time::call(&socket, timeout_ms)?.send_with(data, Flags(flags))?)
    })
}

/// Sends all `n` bytes. Calls of several threads on one handle never interleave.
///
/// BSD: send(2) in a loop. Python: socket.sendall. Java: OutputStream.write.
/// One deadline covers the whole call. Stores the number of bytes sent in `*done`, unless NULL, on failure too. Fails
/// like polysock_send().
/// @ingroup polysock_streams
#[no_mangle]
pub unsafe extern "C" fn polysock_sendall(
    s: *mut polysock_t,
    buf: *const c_void,
    n: usize,
    done: *mut usize,
    timeout_ms: c_int,
) -> c_int {
    let done = Done::new(done);
    guard::code("polysock_sendall", || {
        let (socket, data) = (borrow(s)?, send_buf(buf, n)?);
        let result = time::call(&socket, timeout_ms)?.send_all(data);
        done.report(result.map(|()| n))
    })
}
