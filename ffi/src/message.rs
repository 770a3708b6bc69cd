//! sendmsg and recvmsg.

use crate::address::{self, polysock_addr};
use crate::control::{self, polysock_control};
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::{set_optional, versioned, Versioned};
use crate::time;
use crate::vectored::{polysock_iovec, recv_bufs, send_bufs};
use libc::{c_int, ssize_t};
use polysock::Flags;
use std::mem::offset_of;

/// A message: its bytes in pieces, an address, and control messages.
///
/// BSD: struct msghdr. Python: the arguments of socket.sendmsg. Java: none.
/// Start from POLYSOCK_MSG_INITIALIZER, which sets `size`; everything else may stay zero. What it points at stays the
/// caller's.
/// @code
/// polysock_msg m = POLYSOCK_MSG_INITIALIZER;
/// polysock_iovec part = {buf, sizeof buf};
/// m.iov = &part;
/// m.iov_count = 1;
/// ssize_t n = polysock_recvmsg(s, &m, 0, 5000);
/// if (n >= 0 && m.flags & POLYSOCK_MSG_TRUNC)
///     fprintf(stderr, "the datagram was longer\n");
/// @endcode
/// @ingroup polysock_messages
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_msg {
    /// sizeof (polysock_msg), from which a later library knows which fields there are.
    pub size: usize,
    /// The pieces.
    pub iov: *const polysock_iovec,
    /// The number of pieces, at most POLYSOCK_IOV_MAX.
    pub iov_count: usize,
    /// polysock_sendmsg(): the destination, or NULL. polysock_recvmsg(): where to store the sender's address, or NULL.
    pub addr: *mut polysock_addr,
    /// The control messages to send, or where to store those received; NULL for none.
    pub control: *mut polysock_control,
    /// Set by polysock_recvmsg(): POLYSOCK_MSG_TRUNC, POLYSOCK_MSG_CTRUNC, POLYSOCK_MSG_EOR, ...
    pub flags: c_int,
    /// Must be zero.
    pub reserved: c_int,
}

const _: () = assert!(size_of::<polysock_msg>() == 5 * size_of::<usize>() + 8);
const _: () = assert!(offset_of!(polysock_msg, size) == 0);

// SAFETY: `size` is the first field, asserted above.
unsafe impl Versioned for polysock_msg {
    const PARAMETER: &'static str = "m";
    const SIZE: &'static str = "m->size";
    const TOO_SMALL: &'static str = "is too small: begin with POLYSOCK_MSG_INITIALIZER";
}

/// Sends a message and returns how many bytes were sent. `flags` are POLYSOCK_MSG_ numbers.
///
/// BSD: sendmsg(2). Python: socket.sendmsg. Java: none.
/// The control messages are sent with the first byte: on a stream there must be one. Fails like polysock_sendto(); with
/// POLYSOCK_EINVAL for a wrong `size` or a control message that the socket does not take, with POLYSOCK_ETOOMANYREFS
/// when too many descriptors are in transit, and with POLYSOCK_EBADF for one that is not open.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_sendmsg(
    s: *mut polysock_t,
    m: *const polysock_msg,
    flags: c_int,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_sendmsg", || {
        let (socket, message) = (borrow(s)?, read(m)?);
        let parts = send_bufs(message.iov, message.iov_count, "m->iov", "m->iov_count")?;
        let to = address::read_optional(message.addr, "m->addr")?;
        let control = control::to_send(message.control);
        let mut call = time::call(&socket, timeout_ms)?;
        Ok(call.send_message(&parts, control, to.as_ref(), Flags(flags))?)
    })
}

/// Receives a message and returns how many bytes were stored; sets `m->flags`, `*m->addr` and `*m->control`.
///
/// BSD: recvmsg(2). Python: socket.recvmsg_into. Java: none.
/// POLYSOCK_MSG_TRUNC: the datagram was longer, and the rest is lost. POLYSOCK_MSG_CTRUNC: there was no room for all
/// control messages; descriptors in those left out were closed. Received descriptors belong to `m->control` until they
/// are taken, see polysock_control_take_fds(). On failure nothing changes. Takes the flags of polysock_recv(), and
/// fails like it.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_recvmsg(
    s: *mut polysock_t,
    m: *mut polysock_msg,
    flags: c_int,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_recvmsg", || {
        let (socket, message) = (borrow(s)?, read(m)?);
        let parts = recv_bufs(message.iov, message.iov_count, "m->iov", "m->iov_count")?;
        let mut call = time::call(&socket, timeout_ms)?;
        let received = call.recv_message(&parts, control::room(message.control), Flags(flags))?;
        set_optional(message.addr, polysock_addr::from(&received.address));
        control::keep(message.control, received.ancillary);
        // SAFETY: `read` found a message there, which is not const in C; no reference is made, only a pointer to its field.
        set_optional(unsafe { &raw mut (*m).flags }, received.flags.0);
        Ok(received.count)
    })
}

fn read(m: *const polysock_msg) -> Result<polysock_msg, Failure> {
    let message = versioned(m)?;
    if message.reserved != 0 {
        return Err(Failure::argument("m->reserved", "is not zero"));
    }
    Ok(message)
}
