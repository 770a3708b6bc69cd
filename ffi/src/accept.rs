//! accept.

use crate::address::polysock_addr;
use crate::guard;
use crate::handle::{borrow, give, polysock_t};
use crate::pointer::Out;
use crate::time;
use libc::c_int;
use polysock::Address;

/// Accepts a connection; the caller owns `*out`. Stores the peer's address in `*peer`, unless NULL.
///
/// BSD: accept(2). Python: socket.accept. Java: ServerSocket.accept.
/// The new socket is close-on-exec and has no timeout. Fails with POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN,
/// POLYSOCK_ECLOSED; POLYSOCK_EINVAL when the socket does not listen; POLYSOCK_EMFILE, after which the connection still
/// waits to be accepted.
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_accept(
    s: *mut polysock_t,
    out: *mut *mut polysock_t,
    peer: *mut polysock_addr,
    timeout_ms: c_int,
) -> c_int {
    guard::code("polysock_accept", || {
        let (listener, out) = (borrow(s)?, Out::new(out, "out")?);
        let (peer, mut address) = (Out::optional(peer), Address::EMPTY);
        let wanted = peer.as_ref().map(|_| &mut address);
        give(&out, time::call(&listener, timeout_ms)?.accept_from(wanted)?);
        if let Some(peer) = peer {
            peer.set(polysock_addr::from(&address));
        }
        Ok(())
    })
}
