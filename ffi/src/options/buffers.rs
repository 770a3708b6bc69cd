//! The kernel's buffers (socket(7)).

use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;
use polysock::Socket;

/// Requests a send buffer of this many bytes; polysock_get_sndbuf() returns the actual size.
///
/// BSD: SO_SNDBUF, socket(7). Python: socket.setsockopt. Java: Socket.setSendBufferSize.
/// The kernel limits it to net.core.wmem_max and doubles it; a size that was set no longer grows automatically. Fails
/// with POLYSOCK_EINVAL for 0 and more than 1073741823.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_sndbuf(s: *mut polysock_t, bytes: usize) -> c_int {
    guard::code("polysock_set_sndbuf", || Ok(borrow(s)?.set_send_buffer(bytes)?))
}

/// Gets the actual size of the send buffer in bytes, as the kernel counts it.
///
/// BSD: SO_SNDBUF, socket(7). Python: socket.getsockopt. Java: Socket.getSendBufferSize.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_sndbuf(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value("polysock_get_sndbuf", s, (bytes, "bytes"), Socket::send_buffer)
}

/// Requests a receive buffer of this many bytes, preferably before connect or listen; polysock_get_rcvbuf() returns the
/// actual size.
///
/// BSD: SO_RCVBUF, socket(7). Python: socket.setsockopt. Java: Socket.setReceiveBufferSize.
/// Otherwise like polysock_set_sndbuf(), with net.core.rmem_max.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_rcvbuf(s: *mut polysock_t, bytes: usize) -> c_int {
    guard::code("polysock_set_rcvbuf", || Ok(borrow(s)?.set_recv_buffer(bytes)?))
}

/// Gets the actual size of the receive buffer in bytes, as the kernel counts it.
///
/// BSD: SO_RCVBUF, socket(7). Python: socket.getsockopt. Java: Socket.getReceiveBufferSize.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_rcvbuf(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value("polysock_get_rcvbuf", s, (bytes, "bytes"), Socket::recv_buffer)
}

/// Makes the socket readable, and ends waits, only once this many bytes have arrived. 1 by default.
///
/// BSD: SO_RCVLOWAT, socket(7). Python: socket.setsockopt. Java: none.
/// With TCP the kernel limits it to half of the receive buffer. Fails with POLYSOCK_EINVAL for 0 and more than
/// 2147483647.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_rcvlowat(s: *mut polysock_t, bytes: usize) -> c_int {
    guard::code("polysock_set_rcvlowat", || {
        Ok(borrow(s)?.set_recv_low_water(bytes)?)
    })
}

/// Gets the number of bytes that make the socket readable.
///
/// BSD: SO_RCVLOWAT, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_rcvlowat(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value(
        "polysock_get_rcvlowat",
        s,
        (bytes, "bytes"),
        Socket::recv_low_water,
    )
}
