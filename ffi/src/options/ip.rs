//! Options of IP (ip(7)).

use super::{signed, unsigned};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;
use polysock::Socket;

/// Sets how many routers a packet may pass, over IPv4. 64 by default.
///
/// BSD: IP_TTL, ip(7). Python: socket.setsockopt. Java: none.
/// For IPv6 use polysock_set_hops(), for multicast polysock_set_mcast_ttl(). Fails with POLYSOCK_EINVAL outside 1 to 255;
/// POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_ttl(s: *mut polysock_t, ttl: c_int) -> c_int {
    guard::code("polysock_set_ttl", || {
        Ok(borrow(s)?.set_ttl(unsigned(ttl, "ttl")?)?)
    })
}

/// Gets how many routers a packet may pass, over IPv4.
///
/// BSD: IP_TTL, ip(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_ttl(s: *const polysock_t, ttl: *mut c_int) -> c_int {
    guard::value("polysock_get_ttl", s, (ttl, "ttl"), |socket| {
        socket.ttl().map(signed)
    })
}

/// Sets the type of service of packets over IPv4: DSCP in the high six bits, ECN in the low two. 0 by default.
///
/// BSD: IP_TOS, ip(7). Python: socket.setsockopt. Java: Socket.setTrafficClass.
/// Fails with POLYSOCK_EINVAL outside 0 to 255 and, on a stream, with one of the low two bits, which belong to TCP;
/// POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_tos(s: *mut polysock_t, tos: c_int) -> c_int {
    guard::code("polysock_set_tos", || {
        Ok(borrow(s)?.set_tos(unsigned(tos, "tos")?)?)
    })
}

/// Gets the type of service of packets over IPv4.
///
/// BSD: IP_TOS, ip(7). Python: socket.getsockopt. Java: Socket.getTrafficClass.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_tos(s: *const polysock_t, tos: *mut c_int) -> c_int {
    guard::value("polysock_get_tos", s, (tos, "tos"), |socket| {
        socket.tos().map(signed)
    })
}

/// Allows local addresses that belong to other hosts, over IPv4 or IPv6. Off by default; needs CAP_NET_ADMIN or
/// CAP_NET_RAW (otherwise POLYSOCK_EPERM); Linux and FreeBSD (IP_BINDANY).
///
/// BSD: IP_TRANSPARENT, ip(7), IPV6_TRANSPARENT. Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_transparent(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_transparent", || Ok(borrow(s)?.set_transparent(on)?))
}

/// Reports whether local addresses that belong to other hosts are allowed.
///
/// BSD: IP_TRANSPARENT, ip(7), IPV6_TRANSPARENT. Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_transparent(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_transparent", s, (on, "on"), Socket::transparent)
}

/// Lets bind take an address that no interface has, or not yet, over IPv4 or IPv6. Off by default; Linux and
/// FreeBSD (IP_BINDANY).
///
/// BSD: IP_FREEBIND, ip(7), IPV6_FREEBIND. Python: by number 15, for IPv6 78. Java: none.
/// Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_freebind(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_freebind", || Ok(borrow(s)?.set_freebind(on)?))
}

/// Reports whether bind takes an address that no interface has.
///
/// BSD: IP_FREEBIND, ip(7), IPV6_FREEBIND. Python: by number 15, for IPv6 78. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_freebind(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_freebind", s, (on, "on"), Socket::freebind)
}
