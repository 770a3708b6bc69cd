//! connect.

use crate::address::{self, polysock_addr};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::time;
use libc::c_int;

/// Connects to an address.
///
/// BSD: connect(2). Python: socket.connect. Java: Socket.connect(address, timeout).
/// 0 always means a connection to `a`. Fails with POLYSOCK_ECONNREFUSED (the same handle may connect again),
/// POLYSOCK_EHOSTUNREACH, ...; POLYSOCK_ETIMEDOUT, after which the attempt continues in the kernel: connecting to `a`
/// again waits for it to finish, connecting to another address fails with POLYSOCK_EALREADY, or with POLYSOCK_EISCONN
/// once `a` has answered; POLYSOCK_ECONNTIMEDOUT when the kernel gives up; POLYSOCK_EINPROGRESS when the call may not
/// wait; POLYSOCK_ECLOSED.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_connect(
    s: *mut polysock_t,
    a: *const polysock_addr,
    timeout_ms: c_int,
) -> c_int {
    guard::code("polysock_connect", || {
        let socket = borrow(s)?;
        let address = address::read(a, "a")?;
        Ok(time::call(&socket, timeout_ms)?.connect(&address)?)
    })
}

/// Undoes polysock_connect() on a datagram socket, which then sends to and receives from any address again.
///
/// BSD: connect(2) with AF_UNSPEC. Python: none. Java: DatagramSocket.disconnect.
/// On Linux the socket also loses a local address and port that the system chose. The connection of a stream is reset.
/// Fails with POLYSOCK_ECLOSED.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_disconnect(s: *mut polysock_t) -> c_int {
    guard::code("polysock_disconnect", || Ok(borrow(s)?.disconnect()?))
}
