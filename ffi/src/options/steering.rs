//! Options of the socket level (socket(7)) for the way of packets and the information recorded with them.

use super::{signed, unsigned};
use crate::control::polysock_credentials;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::text::{self, put_text};
use libc::{c_char, c_int};
use polysock::Socket;

/// Restricts sending and receiving to the interface of this name; NULL, the default, allows all. Linux and macOS.
///
/// BSD: SO_BINDTODEVICE, socket(7). Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EINVAL for an empty name and more than 15 bytes, POLYSOCK_ENODEV when there is no such interface,
/// POLYSOCK_EPERM to change it without CAP_NET_RAW.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_device(s: *mut polysock_t, name: *const c_char) -> c_int {
    guard::code("polysock_set_device", || {
        let (socket, name) = (borrow(s)?, text::optional_text(name));
        let name = name.map(|name| text::utf8(name, "name")).transpose()?;
        Ok(socket.set_device(name)?)
    })
}

/// Writes the name of the interface that the socket is bound to, "" for none, and returns its length without the NUL.
///
/// BSD: SO_BINDTODEVICE, socket(7). Python: socket.getsockopt. Java: none.
/// 16 bytes are enough. Fails with POLYSOCK_ENOSPC when `size` is too small.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_device(s: *const polysock_t, buf: *mut c_char, size: usize) -> c_int {
    guard::number("polysock_get_device", || {
        put_text(&borrow(s)?.device()?.unwrap_or_default(), buf, size)
    })
}

/// Marks every packet for routing and filter rules. 0 by default; needs CAP_NET_ADMIN or CAP_NET_RAW (otherwise
/// POLYSOCK_EPERM); Linux.
///
/// BSD: SO_MARK, socket(7). Python: socket.setsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_mark(s: *mut polysock_t, mark: u32) -> c_int {
    guard::code("polysock_set_mark", || Ok(borrow(s)?.set_mark(mark)?))
}

/// Gets the mark of packets.
///
/// BSD: SO_MARK, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_mark(s: *const polysock_t, mark: *mut u32) -> c_int {
    guard::value("polysock_get_mark", s, (mark, "mark"), Socket::mark)
}

/// Sets the priority of packets in the queue of their interface; above 6 needs CAP_NET_ADMIN or CAP_NET_RAW (otherwise
/// POLYSOCK_EPERM). 0 by default; Linux.
///
/// BSD: SO_PRIORITY, socket(7). Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EINVAL for a negative number. polysock_set_tos() sets it too.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_priority(s: *mut polysock_t, priority: c_int) -> c_int {
    guard::code("polysock_set_priority", || {
        Ok(borrow(s)?.set_priority(unsigned(priority, "priority")?)?)
    })
}

/// Gets the priority of packets.
///
/// BSD: SO_PRIORITY, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_priority(s: *const polysock_t, priority: *mut c_int) -> c_int {
    guard::value("polysock_get_priority", s, (priority, "priority"), |socket| {
        socket.priority().map(signed)
    })
}

/// Requests the packets that arrive on this CPU, among sockets that share a port by polysock_set_reuseport(). Linux.
///
/// BSD: SO_INCOMING_CPU, socket(7). Python: socket.setsockopt. Java: none (similar:
/// ExtendedSocketOptions.SO_INCOMING_NAPI_ID).
/// Fails with POLYSOCK_EINVAL for a negative number.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_incoming_cpu(s: *mut polysock_t, cpu: c_int) -> c_int {
    guard::code("polysock_set_incoming_cpu", || {
        Ok(borrow(s)?.set_incoming_cpu(unsigned(cpu, "cpu")?)?)
    })
}

/// Gets the CPU that handled the last packet, or the one requested; -1 before the first packet.
///
/// BSD: SO_INCOMING_CPU, socket(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_incoming_cpu(s: *const polysock_t, cpu: *mut c_int) -> c_int {
    guard::value("polysock_get_incoming_cpu", s, (cpu, "cpu"), |socket| {
        Ok(socket.incoming_cpu()?.map_or(-1, signed))
    })
}

/// Records with each datagram when the kernel received it, for polysock_control_timestamp(). Off by default.
///
/// BSD: SO_TIMESTAMPNS, socket(7). Python: by number 35. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_timestamps(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_timestamps", || Ok(borrow(s)?.set_timestamps(on)?))
}

/// Reports whether datagrams carry the time at which they were received.
///
/// BSD: SO_TIMESTAMPNS, socket(7). Python: by number 35. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_timestamps(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_timestamps", s, (on, "on"), Socket::timestamps)
}

/// Records with each message over a Unix domain socket who sent it, for polysock_control_credentials(). Off by default;
/// Linux and FreeBSD.
///
/// BSD: SO_PASSCRED, unix(7). Python: by number 16. Java: none (similar: ExtendedSocketOptions.SO_PEERCRED).
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_passcred(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_passcred", || {
        Ok(borrow(s)?.set_pass_credentials(on)?)
    })
}

/// Reports whether messages carry their sender's credentials.
///
/// BSD: SO_PASSCRED, unix(7). Python: by number 16. Java: none (similar: ExtendedSocketOptions.SO_PEERCRED).
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_passcred(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_passcred", s, (on, "on"), Socket::pass_credentials)
}

/// Gets the process, user and group at the other end of a Unix domain socket, as they were when it called connect,
/// listen or socketpair. Linux, macOS and FreeBSD.
///
/// BSD: SO_PEERCRED, unix(7). Python: socket.getsockopt. Java: ExtendedSocketOptions.SO_PEERCRED.
/// Fails with POLYSOCK_ENOTCONN without a peer, and with POLYSOCK_EUNSUPPORTED for another kind of socket.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_peercred(
    s: *const polysock_t,
    who: *mut polysock_credentials,
) -> c_int {
    guard::value("polysock_get_peercred", s, (who, "who"), |socket| {
        Ok(socket.peer_credentials()?.into())
    })
}

/// Records with each datagram at which address and interface it arrived, for polysock_control_packet_info(). Off by
/// default.
///
/// BSD: IP_PKTINFO, ip(7), IPV6_RECVPKTINFO, ipv6(7). Python: by number 8, for IPv6 socket.IPV6_RECVPKTINFO. Java: none.
/// Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_packet_info(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_packet_info", || Ok(borrow(s)?.set_packet_info(on)?))
}

/// Reports whether datagrams carry the address and interface at which they arrived.
///
/// BSD: IP_PKTINFO, ip(7), IPV6_RECVPKTINFO, ipv6(7). Python: by number 8, for IPv6 socket.IPV6_RECVPKTINFO. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_packet_info(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_packet_info", s, (on, "on"), Socket::packet_info)
}
