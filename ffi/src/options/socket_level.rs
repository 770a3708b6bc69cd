//! Options of the socket level (socket(7)).

use super::whole_seconds;
use crate::error::{of_kind, Failure};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;
use polysock::Socket;
use std::time::Duration;

/// A linger time: off.
/// @ingroup polysock_options
pub const POLYSOCK_LINGER_OFF: c_int = -1;

/// Sets what close does with unsent data: with POLYSOCK_LINGER_OFF, the default, the kernel sends it after close; 0
/// discards it and resets the connection; otherwise close waits at most this many seconds for the peer's
/// acknowledgement.
///
/// BSD: SO_LINGER. Python: socket.set_linger. Java: Socket.setSoLinger.
/// Fails with POLYSOCK_EINVAL for another negative number or more than 65535.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_linger(s: *mut polysock_t, seconds: c_int) -> c_int {
    guard::code("polysock_set_linger", || {
        let socket = borrow(s)?;
        let linger = match u64::try_from(seconds) {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) if seconds == POLYSOCK_LINGER_OFF => None,
            Err(_) => return Err(Failure::argument("seconds", "is below POLYSOCK_LINGER_OFF (-1)")),
        };
        Ok(socket.set_linger(linger)?)
    })
}

/// Gets the linger time in seconds, or POLYSOCK_LINGER_OFF.
///
/// BSD: SO_LINGER. Python: socket.getsockopt. Java: Socket.getSoLinger.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_linger(s: *const polysock_t, seconds: *mut c_int) -> c_int {
    guard::value("polysock_get_linger", s, (seconds, "seconds"), |socket| {
        socket
            .linger()
            .map(|time| whole_seconds(time, POLYSOCK_LINGER_OFF))
    })
}

/// Lets bind take an address that an earlier connection in TIME_WAIT still uses. Off by default.
///
/// BSD: SO_REUSEADDR. Python: socket.setsockopt. Java: ServerSocket.setReuseAddress.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_reuseaddr(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_reuseaddr", || Ok(borrow(s)?.set_reuse_address(on)?))
}

/// Reports whether reuse-address is on.
///
/// BSD: SO_REUSEADDR. Python: socket.getsockopt. Java: ServerSocket.getReuseAddress.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_reuseaddr(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_reuseaddr", s, (on, "on"), Socket::reuse_address)
}

/// Lets several sockets of one user bind to the same address, if all have the option; Linux spreads connections and
/// datagrams over them. Off by default.
///
/// BSD: SO_REUSEPORT, socket(7). Python: socket.setsockopt. Java: StandardSocketOptions.SO_REUSEPORT.
/// Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_reuseport(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_reuseport", || Ok(borrow(s)?.set_reuse_port(on)?))
}

/// Reports whether several sockets may bind to the same address.
///
/// BSD: SO_REUSEPORT, socket(7). Python: socket.getsockopt. Java: StandardSocketOptions.SO_REUSEPORT.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_reuseport(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_reuseport", s, (on, "on"), Socket::reuse_port)
}

/// Allows sending datagrams to a broadcast address, which otherwise fails with POLYSOCK_EACCES. Off by default.
///
/// BSD: SO_BROADCAST, socket(7). Python: socket.setsockopt. Java: DatagramSocket.setBroadcast (on by default in Java).
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_broadcast(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_broadcast", || Ok(borrow(s)?.set_broadcast(on)?))
}

/// Reports whether sending to broadcast addresses is allowed.
///
/// BSD: SO_BROADCAST, socket(7). Python: socket.getsockopt. Java: DatagramSocket.getBroadcast (on by default in Java).
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_broadcast(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_broadcast", s, (on, "on"), Socket::broadcast)
}

/// Leaves the urgent byte in the stream instead of keeping it apart for POLYSOCK_MSG_OOB. Off by default.
///
/// BSD: SO_OOBINLINE, socket(7). Python: socket.setsockopt. Java: Socket.setOOBInline.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_oobinline(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_oobinline", || {
        Ok(borrow(s)?.set_out_of_band_inline(on)?)
    })
}

/// Reports whether the urgent byte stays in the stream.
///
/// BSD: SO_OOBINLINE, socket(7). Python: socket.getsockopt. Java: Socket.getOOBInline.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_oobinline(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value(
        "polysock_get_oobinline",
        s,
        (on, "on"),
        Socket::out_of_band_inline,
    )
}

/// Gets and clears the pending error of the socket, such as that of a connect in the background: `*error` is its code,
/// or 0.
///
/// BSD: SO_ERROR, socket(7). Python: socket.getsockopt. Java: SocketChannel.finishConnect.
/// The return value reports only whether the error could be read.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_take_error(s: *mut polysock_t, error: *mut c_int) -> c_int {
    guard::value("polysock_take_error", s, (error, "error"), |socket| {
        Ok(socket.take_error()?.map_or(0, of_kind))
    })
}

/// Reports whether the socket listens.
///
/// BSD: SO_ACCEPTCONN, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_acceptconn(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_acceptconn", s, (on, "on"), Socket::accepting)
}

/// Gets the family of the socket, an AF_ number.
///
/// BSD: SO_DOMAIN, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_domain(s: *const polysock_t, family: *mut c_int) -> c_int {
    guard::value("polysock_get_domain", s, (family, "family"), |socket| {
        Ok(socket.kernel_family()?.0)
    })
}

/// Gets the type of the socket, a SOCK_ number.
///
/// BSD: SO_TYPE, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_type(s: *const polysock_t, kind: *mut c_int) -> c_int {
    guard::value("polysock_get_type", s, (kind, "kind"), |socket| {
        Ok(socket.kernel_type()?.0)
    })
}

/// Gets the protocol of the socket, an IPPROTO_ number.
///
/// BSD: SO_PROTOCOL, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_protocol(s: *const polysock_t, protocol: *mut c_int) -> c_int {
    guard::value("polysock_get_protocol", s, (protocol, "protocol"), |socket| {
        Ok(socket.kernel_protocol()?.0)
    })
}
