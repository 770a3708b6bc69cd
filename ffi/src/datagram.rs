//! sendto and recvfrom.

use crate::address::{self, polysock_addr};
use crate::buffer::{recv_buf, send_buf};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::set_optional;
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::{Address, Flags};

/// Sends one datagram to an address and returns its length. `to` may be NULL when the socket is connected.
///
/// BSD: sendto(2). Python: socket.sendto. Java: DatagramSocket.send, DatagramChannel.send.
/// A datagram is sent whole or not at all, and may be empty. `flags` are POLYSOCK_MSG_ numbers.
/// Fails with POLYSOCK_EMSGSIZE when it is too long, POLYSOCK_EDESTADDRREQ or POLYSOCK_ENOTCONN without an address,
/// POLYSOCK_EACCES to a broadcast address without polysock_set_broadcast(), POLYSOCK_ENETUNREACH, POLYSOCK_ENOBUFS; on a
/// connected socket POLYSOCK_ECONNREFUSED when an earlier datagram reached no socket; and like polysock_send().
/// @code
/// polysock_addr to;
/// if (polysock_addr_parse(&to, "127.0.0.1:9000", 0) == 0)
///     polysock_sendto(s, "ping", 4, 0, &to, POLYSOCK_DEFAULT);
/// @endcode
/// @ingroup polysock_datagrams
#[no_mangle]
pub unsafe extern "C" fn polysock_sendto(
    s: *mut polysock_t,
    buf: *const c_void,
    n: usize,
    flags: c_int,
    to: *const polysock_addr,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_sendto", || {
        let (socket, data) = (borrow(s)?, send_buf(buf, n)?);
        let to = address::read_optional(to, "to")?;
        let mut call = time::call(&socket, timeout_ms)?;
        Ok(match &to {
            Some(to) => call.send_to_with(data, to, Flags(flags))?,
            None => call.send_with(data, Flags(flags))?,
        })
    })
}

/// Receives one datagram of at most `n` bytes and returns how many were stored.
///
/// BSD: recvfrom(2). Python: socket.recvfrom_into. Java: DatagramSocket.receive.
/// Stores the sender's address in `*from` and the kernel's flags in `*flags_out`, unless NULL. If the datagram is
/// longer than `n`, POLYSOCK_MSG_TRUNC is set there, and the rest is lost. An unnamed sender has an address of length
/// 0. Returns 0 for an empty datagram, and after the socket was shut down for reading. Takes the flags of
/// polysock_recv(), and fails like it.
/// @code
/// char buf[512];
/// polysock_addr from;
/// int flags;
/// ssize_t n = polysock_recvfrom(s, buf, sizeof buf, 0, &from, &flags, 5000);
/// if (n >= 0 && !(flags & POLYSOCK_MSG_TRUNC))
///     polysock_sendto(s, buf, (size_t)n, 0, &from, 5000);
/// @endcode
/// @ingroup polysock_datagrams
#[no_mangle]
pub unsafe extern "C" fn polysock_recvfrom(
    s: *mut polysock_t,
    buf: *mut c_void,
    n: usize,
    flags: c_int,
    from: *mut polysock_addr,
    flags_out: *mut c_int,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_recvfrom", || {
        let (socket, room) = (borrow(s)?, recv_buf(buf, n)?);
        let mut address = Address::EMPTY;
        let mut call = time::call(&socket, timeout_ms)?;
        let (count, flags) = call.recv_from_into(room, Flags(flags), &mut address)?;
        set_optional(from, polysock_addr::from(&address));
        set_optional(flags_out, flags.0);
        Ok(count)
    })
}
