//! Options of UDP (udp(7)).

use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;
use polysock::Socket;

/// Lets a receive take several datagrams of one sender together. Off by default; Linux 5.0.
///
/// BSD: UDP_GRO, udp(7). Python: socket.set_udp_gro. Java: none.
/// polysock_recv_batch() then reports the length of each in `segment_size`; other receives do not, and return them as if they
/// were one datagram. Each buffer needs room for 65535 bytes: what does not fit is lost, perhaps many datagrams. Fails with
/// POLYSOCK_EUNSUPPORTED for a socket that is not UDP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_udp_gro(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_udp_gro", || Ok(borrow(s)?.set_receive_offload(on)?))
}

/// Gets whether a receive may take several datagrams together.
///
/// BSD: UDP_GRO, udp(7). Python: socket.udp_gro. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_udp_gro(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_udp_gro", s, (on, "on"), Socket::receive_offload)
}
