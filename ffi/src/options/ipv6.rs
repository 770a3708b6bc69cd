//! Options of IPv6 (ipv6(7)).

use super::{signed, unsigned};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;
use polysock::Socket;

/// Restricts the socket to IPv6, without IPv4 as mapped addresses; set it before bind. Off by default on Linux.
///
/// BSD: IPV6_V6ONLY, ipv6(7). Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EINVAL once the socket is bound, and with POLYSOCK_EUNSUPPORTED for a socket that is not IPv6.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_v6only(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_v6only", || Ok(borrow(s)?.set_only_v6(on)?))
}

/// Reports whether the socket is restricted to IPv6.
///
/// BSD: IPV6_V6ONLY, ipv6(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_v6only(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_v6only", s, (on, "on"), Socket::only_v6)
}

/// Sets how many routers a packet may pass, over IPv6. 64 by default.
///
/// BSD: IPV6_UNICAST_HOPS, ipv6(7). Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EINVAL outside 0 to 255; POLYSOCK_EUNSUPPORTED for a socket that is not IPv6.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_hops(s: *mut polysock_t, hops: c_int) -> c_int {
    guard::code("polysock_set_hops", || {
        Ok(borrow(s)?.set_hops(unsigned(hops, "hops")?)?)
    })
}

/// Gets how many routers a packet may pass, over IPv6.
///
/// BSD: IPV6_UNICAST_HOPS, ipv6(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_hops(s: *const polysock_t, hops: *mut c_int) -> c_int {
    guard::value("polysock_get_hops", s, (hops, "hops"), |socket| {
        socket.hops().map(signed)
    })
}

/// Sets the traffic class of packets over IPv6: DSCP in the high six bits, ECN in the low two. 0 by default.
///
/// BSD: IPV6_TCLASS, ipv6(7). Python: socket.setsockopt. Java: Socket.setTrafficClass.
/// Fails with POLYSOCK_EINVAL outside 0 to 255 and, on a stream, with one of the low two bits, which belong to TCP;
/// POLYSOCK_EUNSUPPORTED for a socket that is not IPv6.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_tclass(s: *mut polysock_t, tclass: c_int) -> c_int {
    guard::code("polysock_set_tclass", || {
        Ok(borrow(s)?.set_traffic_class(unsigned(tclass, "tclass")?)?)
    })
}

/// Gets the traffic class of packets over IPv6.
///
/// BSD: IPV6_TCLASS, ipv6(7). Python: socket.getsockopt. Java: Socket.getTrafficClass.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_tclass(s: *const polysock_t, tclass: *mut c_int) -> c_int {
    guard::value("polysock_get_tclass", s, (tclass, "tclass"), |socket| {
        socket.traffic_class().map(signed)
    })
}
