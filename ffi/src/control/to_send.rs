//! Control messages to send.

use super::{open, polysock_control, polysock_credentials, MOST_ROOM};
use crate::address::{self, polysock_addr};
use crate::buffer;
use crate::code::POLYSOCK_EBADF;
use crate::error::Failure;
use crate::guard;
use crate::pointer::{self};
use libc::{c_int, c_void};
use polysock::{memory, Control, Credentials};
use std::os::fd::BorrowedFd;

/// Adds descriptors to pass over a Unix domain socket; they stay the caller's, and must be open until they are sent.
///
/// BSD: SCM_RIGHTS. Python: socket.send_fds. Java: none.
/// Fails with POLYSOCK_EBADF for a negative number. polysock_sendmsg() refuses descriptors that are not open, and more
/// than the 253 that Linux takes in a message.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_add_fds(
    c: *mut polysock_control,
    fds: *const c_int,
    n: usize,
) -> c_int {
    guard::code("polysock_control_add_fds", || {
        let control = open(c)?;
        if n > MOST_ROOM / size_of::<c_int>() {
            return Err(Failure::argument("n", "is above 262144"));
        }
        let numbers = pointer::values(fds, n, "fds")?;
        let mut lent: Vec<BorrowedFd<'static>> = memory::list(n).map_err(Failure::no_memory)?;
        for number in numbers {
            if number < 0 {
                return Err(Failure::new(POLYSOCK_EBADF, "a descriptor is negative"));
            }
            // SAFETY: only its number is used, by the kernel, which checks whether it is open.
            lent.push(unsafe { BorrowedFd::borrow_raw(number) });
        }
        control.add(Control::rights(&lent))
    })
}

/// Adds the sender's credentials; only root may send those of another process (POLYSOCK_EPERM from polysock_sendmsg()).
///
/// BSD: SCM_CREDENTIALS, unix(7). Python: socket.sendmsg by number. Java: none.
/// A receiver with polysock_set_passcred() on gets the sender's credentials even when none were added.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_add_credentials(
    c: *mut polysock_control,
    who: *const polysock_credentials,
) -> c_int {
    guard::code("polysock_control_add_credentials", || {
        let control = open(c)?;
        let polysock_credentials { pid, uid, gid } = pointer::value(who, "who")?;
        control.add(Control::credentials(Credentials { pid, uid, gid }))
    })
}

/// Adds the local address that a datagram is sent from, and the interface (an index; 0: the route decides).
///
/// BSD: IP_PKTINFO, ip(7), IPV6_PKTINFO. Python: socket.sendmsg by number. Java: none.
/// With the values that polysock_control_packet_info() returned for a request, the answer is sent from the address that
/// the request was sent to. The port is ignored. Fails with POLYSOCK_EAFNOSUPPORT when `source` is not IPv4 or IPv6.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_add_packet_info(
    c: *mut polysock_control,
    source: *const polysock_addr,
    interface: u32,
) -> c_int {
    guard::code("polysock_control_add_packet_info", || {
        let control = open(c)?;
        let source = address::ip(source, "source")?;
        control.add(Control::packet_info(source, interface))
    })
}

/// Adds any control message by the system's own numbers; the bytes are copied.
///
/// BSD: struct cmsghdr. Python: socket.sendmsg. Java: none.
/// For descriptors, use polysock_control_add_fds().
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_add(
    c: *mut polysock_control,
    level: c_int,
    kind: c_int,
    data: *const c_void,
    len: usize,
) -> c_int {
    guard::code("polysock_control_add", || {
        let control = open(c)?;
        if len > MOST_ROOM {
            return Err(Failure::argument("len", "is above 1048576"));
        }
        let data = buffer::bytes(data, len, "data", "len")?;
        control.add(Control::new(level, kind, data))
    })
}
