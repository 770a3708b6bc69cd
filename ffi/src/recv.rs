//! recv and recv_exact.

use crate::buffer::recv_buf;
use crate::done::Done;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::Flags;

/// Receives at least one and at most `n` bytes and returns how many; 0 is the end of the stream.
///
/// BSD: recv(2). Python: socket.recv_into. Java: InputStream.read (-1 at the end).
/// `flags` are POLYSOCK_MSG_ numbers; with POLYSOCK_MSG_WAITALL it fills the buffer, unless the stream ends
/// or the call fails before.
/// With POLYSOCK_MSG_TRUNC it returns the length of the whole datagram, which may be more than `n`; on a TCP stream the
/// bytes are counted and dropped, and nothing is stored.
/// Fails with POLYSOCK_ECONNRESET or POLYSOCK_ECONNTIMEDOUT, in every later call too, even when another call reported it
/// first; POLYSOCK_ENOTCONN, POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN, POLYSOCK_ECLOSED.
/// @ingroup polysock_streams
#[no_mangle]
pub unsafe extern "C" fn polysock_recv(
    s: *mut polysock_t,
    buf: *mut c_void,
    n: usize,
    flags: c_int,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_recv", || {
        let (socket, room) = (borrow(s)?, recv_buf(buf, n)?);
        Ok(time::call(&socket, timeout_ms)?.recv_with(room, Flags(flags))?)
    })
}

/// Receives exactly `n` bytes.
///
/// BSD: recv(2) with MSG_WAITALL. Python: socket.recv_exact. Java: InputStream.readNBytes, DataInputStream.readFully.
/// One deadline covers the whole call. On a datagram socket it receives as many datagrams as it needs, and skips empty
/// ones. Stores the number of bytes received in `*done`, unless NULL, on failure too; the bytes are in `buf`. Fails
/// with POLYSOCK_EEOF when the stream ends before the first byte, with POLYSOCK_ETRUNCATED when it ends later, and like
/// polysock_recv().
/// @ingroup polysock_streams
#[no_mangle]
pub unsafe extern "C" fn polysock_recv_exact(
    s: *mut polysock_t,
    buf: *mut c_void,
    n: usize,
    done: *mut usize,
    timeout_ms: c_int,
) -> c_int {
    let done = Done::new(done);
    guard::code("polysock_recv_exact", || {
        let (socket, room) = (borrow(s)?, recv_buf(buf, n)?);
        let result = time::call(&socket, timeout_ms)?.recv_exact(room);
        done.report(result.map(|()| n))
    })
}
