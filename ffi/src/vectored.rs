//! Several buffers in one call: sendv and recvv.

use crate::buffer::{recv_buf, send_buf};
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer;
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::{memory, RecvBuf, SendBuf};

/// The largest number of pieces in one call.
/// @ingroup polysock_streams
pub const POLYSOCK_IOV_MAX: usize = 1024;

/// A piece of memory to send from, which does not change, or to receive into.
///
/// BSD: struct iovec, with the same layout. Python: a buffer. Java: ByteBuffer.
/// Its layout is frozen.
/// @ingroup polysock_streams
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_iovec {
    /// Where it begins; may be NULL when `len` is 0.
    pub base: *mut c_void,
    /// How many bytes it has.
    pub len: usize,
}

const _: () = assert!(size_of::<polysock_iovec>() == size_of::<libc::iovec>());
const _: () =
    assert!(std::mem::offset_of!(polysock_iovec, len) == std::mem::offset_of!(libc::iovec, iov_len));

/// Sends several pieces, one after the other, as consecutive bytes of a stream or as one datagram, and returns how many
/// bytes were sent.
///
/// BSD: writev(2). Python: socket.sendmsg. Java: GatheringByteChannel.write.
/// At most POLYSOCK_IOV_MAX pieces. Fails like polysock_send(), and with POLYSOCK_EMSGSIZE for a datagram that is too
/// long.
/// @code
/// polysock_iovec parts[] = {{header, sizeof header}, {body, length}};
/// ssize_t n = polysock_sendv(s, parts, 2, 5000);
/// @endcode
/// @ingroup polysock_streams
#[no_mangle]
pub unsafe extern "C" fn polysock_sendv(
    s: *mut polysock_t,
    v: *const polysock_iovec,
    nv: usize,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_sendv", || {
        let (socket, parts) = (borrow(s)?, send_bufs(v, nv, "v", "nv")?);
        Ok(time::call(&socket, timeout_ms)?.send_vectored(&parts)?)
    })
}

/// Receives into several pieces, filling one after the other, and returns how many bytes were received.
///
/// BSD: readv(2). Python: socket.recvmsg_into. Java: ScatteringByteChannel.read.
/// At most POLYSOCK_IOV_MAX pieces. Fails like polysock_recv().
/// @ingroup polysock_streams
#[no_mangle]
pub unsafe extern "C" fn polysock_recvv(
    s: *mut polysock_t,
    v: *const polysock_iovec,
    nv: usize,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_recvv", || {
        let (socket, parts) = (borrow(s)?, recv_bufs(v, nv, "v", "nv")?);
        Ok(time::call(&socket, timeout_ms)?.recv_vectored(&parts)?)
    })
}

/// The pieces to send.
pub(crate) fn send_bufs<'a>(
    v: *const polysock_iovec,
    nv: usize,
    name: &'static str,
    count_name: &'static str,
) -> Result<Vec<SendBuf<'a>>, Failure> {
    pieces(v, nv, (name, count_name), |piece| send_buf(piece.base, piece.len))
}

/// The pieces to receive into.
pub(crate) fn recv_bufs<'a>(
    v: *const polysock_iovec,
    nv: usize,
    name: &'static str,
    count_name: &'static str,
) -> Result<Vec<RecvBuf<'a>>, Failure> {
    pieces(v, nv, (name, count_name), |piece| recv_buf(piece.base, piece.len))
}

fn pieces<B>(
    v: *const polysock_iovec,
    nv: usize,
    (name, count_name): (&'static str, &'static str),
    check: impl Fn(polysock_iovec) -> Result<B, Failure>,
) -> Result<Vec<B>, Failure> {
    if nv > POLYSOCK_IOV_MAX {
        return Err(Failure::argument(count_name, "is above POLYSOCK_IOV_MAX (1024)"));
    }
    let mut all = memory::list(nv).map_err(Failure::no_memory)?;
    for piece in pointer::values(v, nv, name)? {
        all.push(check(piece)?);
    }
    Ok(all)
}
