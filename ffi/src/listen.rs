//! Names and listening: bind, listen, getsockname, getpeername.

use crate::address::{self, polysock_addr};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;

/// Gives the socket its own address; port 0 lets the system choose (polysock_getsockname() tells which).
///
/// BSD: bind(2). Python: socket.bind. Java: ServerSocket.bind.
/// POLYSOCK_EADDRINUSE, POLYSOCK_EADDRNOTAVAIL, POLYSOCK_EACCES; POLYSOCK_EINVAL when it has one already.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_bind(s: *mut polysock_t, a: *const polysock_addr) -> c_int {
    guard::code("polysock_bind", || Ok(borrow(s)?.bind(&address::read(a, "a")?)?))
}

/// Starts to listen; at most `backlog` connections wait to be accepted, and no more than the system's limit.
///
/// BSD: listen(2). Python: socket.listen. Java: new ServerSocket(port, backlog).
/// POLYSOCK_EINVAL for a negative backlog; POLYSOCK_EOPNOTSUPP.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_listen(s: *mut polysock_t, backlog: c_int) -> c_int {
    guard::code("polysock_listen", || Ok(borrow(s)?.listen(backlog)?))
}

/// Gives the socket's own address.
///
/// BSD: getsockname(2). Python: socket.getsockname. Java: Socket.getLocalSocketAddress.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_getsockname(s: *const polysock_t, out: *mut polysock_addr) -> c_int {
    guard::value("polysock_getsockname", s, (out, "out"), |socket| {
        socket.local_address().map(polysock_addr::from)
    })
}

/// Gives the address of the other end.
///
/// BSD: getpeername(2). Python: socket.getpeername. Java: Socket.getRemoteSocketAddress.
/// POLYSOCK_ENOTCONN when there is none.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_getpeername(s: *const polysock_t, out: *mut polysock_addr) -> c_int {
    guard::value("polysock_getpeername", s, (out, "out"), |socket| {
        socket.peer_address().map(polysock_addr::from)
    })
}
