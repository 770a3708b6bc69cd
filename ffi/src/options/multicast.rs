//! Multicast (ip(7), ipv6(7)), with one set of functions for both versions.

use super::{signed, unsigned};
use crate::address::{self, polysock_addr};
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::text;
use libc::{c_char, c_int};
use polysock::{Interface, Socket};
use std::net::IpAddr;

/// Joins a multicast group on the interface of this name; if it is NULL, on the interface of the group's scope
/// ("ff02::1%eth0"); without a scope, on one that the system chooses. `source` NULL allows all senders, otherwise only
/// that one.
///
/// BSD: IP_ADD_MEMBERSHIP, ip(7), IPV6_ADD_MEMBERSHIP, ipv6(7), MCAST_JOIN_SOURCE_GROUP. Python: socket.setsockopt. Java:
/// MulticastChannel.join.
/// Ports are ignored. Join several sources one by one. Fails with POLYSOCK_EINVAL when the group is not a multicast
/// address, the source is of another family, or the name of the interface is empty, longer than 15 bytes or not that of
/// the scope; POLYSOCK_ENODEV when there is no such interface; POLYSOCK_EADDRINUSE when the group is already joined;
/// POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @code
/// polysock_addr group;
/// if (polysock_addr_parse(&group, "239.1.2.3", 0) == 0)
///     polysock_mcast_join(s, &group, "lo", NULL);
/// @endcode
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_mcast_join(
    s: *mut polysock_t,
    group: *const polysock_addr,
    iface: *const c_char,
    source: *const polysock_addr,
) -> c_int {
    guard::code("polysock_mcast_join", || {
        let (socket, (group, interface, source)) = (borrow(s)?, membership(group, iface, source)?);
        Ok(socket.join_multicast(group, interface, source)?)
    })
}

/// Leaves a multicast group; interface and source must be those it was joined with. Closing the socket leaves all groups.
///
/// BSD: IP_DROP_MEMBERSHIP, ip(7), IPV6_DROP_MEMBERSHIP, ipv6(7), MCAST_LEAVE_SOURCE_GROUP. Python: socket.setsockopt.
/// Java: MembershipKey.drop.
/// Fails like polysock_mcast_join(), and with POLYSOCK_EADDRNOTAVAIL when the group was not joined that way.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_mcast_leave(
    s: *mut polysock_t,
    group: *const polysock_addr,
    iface: *const c_char,
    source: *const polysock_addr,
) -> c_int {
    guard::code("polysock_mcast_leave", || {
        let (socket, (group, interface, source)) = (borrow(s)?, membership(group, iface, source)?);
        Ok(socket.leave_multicast(group, interface, source)?)
    })
}

/// Sends to multicast groups through the interface of this name; NULL, the default, lets the system choose.
///
/// BSD: IP_MULTICAST_IF, ip(7), IPV6_MULTICAST_IF, ipv6(7). Python: socket.setsockopt. Java:
/// MulticastSocket.setNetworkInterface.
/// Fails with POLYSOCK_EINVAL for an empty name and more than 15 bytes, POLYSOCK_ENODEV when there is no such interface;
/// POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_mcast_if(s: *mut polysock_t, iface: *const c_char) -> c_int {
    guard::code("polysock_set_mcast_if", || {
        Ok(borrow(s)?.set_multicast_interface(interface(iface)?)?)
    })
}

/// Gets the index of the interface for sending to multicast groups over IPv6; 0 when the system chooses, and always
/// over IPv4, where Linux does not report it.
///
/// BSD: IPV6_MULTICAST_IF, ipv6(7), with if_indextoname(3). Python: socket.getsockopt. Java:
/// MulticastSocket.getNetworkInterface.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_mcast_if(s: *const polysock_t, index: *mut u32) -> c_int {
    guard::value("polysock_get_mcast_if", s, (index, "index"), |socket| {
        Ok(match socket.multicast_interface()? {
            Interface::Index(index) => index,
            Interface::Default | Interface::Name(_) | Interface::Address(_) | _ => 0,
        })
    })
}

/// Sets how many routers a packet to a multicast group may pass; 0 keeps it on this host. 1 by default.
///
/// BSD: IP_MULTICAST_TTL, ip(7), IPV6_MULTICAST_HOPS, ipv6(7). Python: socket.setsockopt. Java:
/// MulticastSocket.setTimeToLive.
/// Fails with POLYSOCK_EINVAL outside 0 to 255; POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_mcast_ttl(s: *mut polysock_t, ttl: c_int) -> c_int {
    guard::code("polysock_set_mcast_ttl", || {
        Ok(borrow(s)?.set_multicast_ttl(unsigned(ttl, "ttl")?)?)
    })
}

/// Gets how many routers a packet to a multicast group may pass.
///
/// BSD: IP_MULTICAST_TTL, ip(7), IPV6_MULTICAST_HOPS, ipv6(7). Python: socket.getsockopt. Java:
/// MulticastSocket.getTimeToLive.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_mcast_ttl(s: *const polysock_t, ttl: *mut c_int) -> c_int {
    guard::value("polysock_get_mcast_ttl", s, (ttl, "ttl"), |socket| {
        socket.multicast_ttl().map(signed)
    })
}

/// Delivers what the socket sends to a multicast group to members on this host, too. On by default.
///
/// BSD: IP_MULTICAST_LOOP, ip(7), IPV6_MULTICAST_LOOP, ipv6(7). Python: socket.setsockopt. Java:
/// StandardSocketOptions.IP_MULTICAST_LOOP.
/// Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_mcast_loop(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_mcast_loop", || {
        Ok(borrow(s)?.set_multicast_loop(on)?)
    })
}

/// Reports whether what the socket sends to a multicast group is delivered to members on this host.
///
/// BSD: IP_MULTICAST_LOOP, ip(7), IPV6_MULTICAST_LOOP, ipv6(7). Python: socket.getsockopt. Java:
/// StandardSocketOptions.IP_MULTICAST_LOOP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_mcast_loop(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_mcast_loop", s, (on, "on"), Socket::multicast_loop)
}

/// Delivers to the socket also what is sent to groups that other sockets of this host joined, if its address and port
/// match. On by default; when off, it receives only from groups that it joined itself. Linux.
///
/// BSD: IP_MULTICAST_ALL, ip(7), IPV6_MULTICAST_ALL. Python: by number 49, for IPv6 29. Java: none (always off).
/// Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_mcast_all(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_mcast_all", || Ok(borrow(s)?.set_multicast_all(on)?))
}

/// Reports whether the socket also receives from groups that other sockets of this host joined.
///
/// BSD: IP_MULTICAST_ALL, ip(7), IPV6_MULTICAST_ALL. Python: by number 49, for IPv6 29. Java: none (always off).
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_mcast_all(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_mcast_all", s, (on, "on"), Socket::multicast_all)
}

fn membership<'n>(
    group: *const polysock_addr,
    iface: *const c_char,
    source: *const polysock_addr,
) -> Result<(IpAddr, Interface<'n>, Option<IpAddr>), Failure> {
    let (address, group) = address::read_ip(group, "group")?;
    let interface = interface(iface)?.or_scope_of(&address)?;
    let source = if source.is_null() {
        None
    } else {
        Some(address::ip(source, "source")?)
    };
    Ok((group, interface, source))
}

fn interface<'n>(name: *const c_char) -> Result<Interface<'n>, Failure> {
    match text::optional_text(name) {
        Some(name) => Ok(Interface::Name(text::utf8(name, "iface")?)),
        None => Ok(Interface::Default),
    }
}
