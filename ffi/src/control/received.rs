//! Received control messages.

use super::{look, open, polysock_control, polysock_credentials, ABSENT};
use crate::address::polysock_addr;
use crate::code::POLYSOCK_ENOENT;
use crate::error::Failure;
use crate::guard;
use crate::pointer::{set_optional, Out, OutArray};
use libc::{c_int, c_void};
use polysock::{Address, Ancillary};
use std::os::fd::IntoRawFd;

/// Returns the number of control messages received; a negative code for NULL.
///
/// BSD: CMSG_NXTHDR until NULL. Python: len. Java: none.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_count(c: *const polysock_control) -> c_int {
    guard::number("polysock_control_count", || Ok(look(c)?.received.len()))
}

/// Gets a received control message; the first has index 0. Each out-parameter may be NULL.
///
/// BSD: CMSG_DATA. Python: an entry of the list of socket.recvmsg. Java: none.
/// `*data` points at `*len` bytes, not aligned, until the next polysock_recvmsg() into it, polysock_control_clear() or
/// polysock_control_free(). A message with descriptors (SCM_RIGHTS) has no bytes: only polysock_control_take_fds()
/// returns them. Fails with POLYSOCK_ENOENT when there is no message of this index.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_get(
    c: *const polysock_control,
    index: usize,
    level: *mut c_int,
    kind: *mut c_int,
    data: *mut *const c_void,
    len: *mut usize,
) -> c_int {
    guard::code("polysock_control_get", || {
        let message = look(c)?
            .received
            .get(index)
            .ok_or(Failure::new(POLYSOCK_ENOENT, ABSENT))?;
        let bytes = match message {
            Ancillary::Other { data, .. } => data.as_slice(),
            Ancillary::Rights(_) | _ => &[],
        };
        set_optional(level, message.level());
        set_optional(kind, message.kind());
        set_optional(data, bytes.as_ptr().cast());
        set_optional(len, bytes.len());
        Ok(())
    })
}

/// Takes at most `cap` received descriptors, in order, and returns how many. The caller then owns them and must close
/// them.
///
/// BSD: SCM_RIGHTS. Python: socket.recv_fds. Java: none.
/// They are close-on-exec; polysock_from_fd() makes a handle of one that is a socket. Those not taken stay, and are
/// taken by a later call or closed.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_take_fds(
    c: *mut polysock_control,
    fds: *mut c_int,
    cap: usize,
) -> c_int {
    guard::number("polysock_control_take_fds", || {
        let control = open(c)?;
        let fds = OutArray::new(fds, cap, "fds")?;
        let mut taken = 0;
        for message in &mut control.received {
            if let Ancillary::Rights(descriptors) = message {
                let some = descriptors.len().min(cap - taken);
                for fd in descriptors.drain(..some) {
                    fds.set(taken, fd.into_raw_fd());
                    taken += 1;
                }
            }
        }
        Ok(taken)
    })
}

/// Gets the sender's credentials, if polysock_set_passcred() was on; POLYSOCK_ENOENT when the message has none.
///
/// BSD: SCM_CREDENTIALS, unix(7). Python: socket.recvmsg by number. Java: UnixDomainPrincipal.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_credentials(
    c: *const polysock_control,
    out: *mut polysock_credentials,
) -> c_int {
    guard::code("polysock_control_credentials", || {
        let (control, out) = (look(c)?, Out::new(out, "out")?);
        out.set(control.first(Ancillary::credentials)?.into());
        Ok(())
    })
}

/// Gets the address (with port 0) and the interface at which the datagram arrived, if polysock_set_packet_info() was on;
/// POLYSOCK_ENOENT when the message has neither. Each out-parameter may be NULL.
///
/// BSD: IP_PKTINFO, ip(7), IPV6_PKTINFO. Python: socket.recvmsg by number. Java: none.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_packet_info(
    c: *const polysock_control,
    destination: *mut polysock_addr,
    interface: *mut u32,
) -> c_int {
    guard::code("polysock_control_packet_info", || {
        let info = look(c)?.first(Ancillary::packet_info)?;
        set_optional(
            destination,
            polysock_addr::from(Address::from((info.destination, 0))),
        );
        set_optional(interface, info.interface);
        Ok(())
    })
}

/// Gets the time at which the kernel received the datagram, if polysock_set_timestamps() was on, in nanoseconds since
/// 1970 by the system's clock; POLYSOCK_ENOENT when the message has none.
///
/// BSD: SCM_TIMESTAMPNS, socket(7). Python: socket.recvmsg by number. Java: none.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_timestamp(
    c: *const polysock_control,
    nanoseconds: *mut u64,
) -> c_int {
    guard::code("polysock_control_timestamp", || {
        let (control, out) = (look(c)?, Out::new(nanoseconds, "nanoseconds")?);
        let time = control.first(Ancillary::timestamp)?;
        out.set(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        Ok(())
    })
}
