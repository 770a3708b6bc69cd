//! Names and listening: bind, listen, getsockname, getpeername.

use crate::address::{self, polysock_addr};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;

/// Binds the socket to a local address; port 0 lets the system choose one (polysock_getsockname() returns it).
///
/// BSD: bind(2). Python: socket.bind. Java: ServerSocket.bind.
/// Fails with POLYSOCK_EADDRINUSE, POLYSOCK_EADDRNOTAVAIL, POLYSOCK_EACCES; POLYSOCK_EINVAL when it is bound already.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_bind(s: *mut polysock_t, a: *const polysock_addr) -> c_int {
    guard::code("polysock_bind", || Ok(borrow(s)?.bind(&address::read(a, "a")?)?))
}

/// Starts to listen; at most `backlog` connections, limited by the system, wait to be accepted.
///
/// BSD: listen(2). Python: socket.listen. Java: new ServerSocket(port, backlog).
/// Fails with POLYSOCK_EINVAL for a negative backlog, and with POLYSOCK_EOPNOTSUPP for a datagram socket.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_listen(s: *mut polysock_t, backlog: c_int) -> c_int {
    guard::code("polysock_listen", || Ok(borrow(s)?.listen(backlog)?))
}

/// Gets the socket's local address.
///
/// BSD: getsockname(2). Python: socket.getsockname. Java: Socket.getLocalSocketAddress.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_getsockname(s: *const polysock_t, out: *mut polysock_addr) -> c_int {
    guard::value("polysock_getsockname", s, (out, "out"), |socket| {
        socket.local_address().map(polysock_addr::from)
    })
}

/// Gets the address of the peer.
///
/// BSD: getpeername(2). Python: socket.getpeername. Java: Socket.getRemoteSocketAddress.
/// Fails with POLYSOCK_ENOTCONN when there is none.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_getpeername(s: *const polysock_t, out: *mut polysock_addr) -> c_int {
    guard::value("polysock_getpeername", s, (out, "out"), |socket| {
        socket.peer_address().map(polysock_addr::from)
    })
}
