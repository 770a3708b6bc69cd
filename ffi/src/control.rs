//! What travels beside the bytes of a message, and who owns the descriptors in it.

use crate::address::{self, polysock_addr};
use crate::code::{POLYSOCK_EBADF, POLYSOCK_ENOENT};
use crate::error::Failure;
use crate::guard;
use crate::pointer::{self, Out};
use libc::{c_int, c_void};
use polysock::{memory, Address, Ancillary, Control, Credentials};
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};

/// Room for control messages that holds whatever one message usually brings: 253 descriptors, the most that Linux
/// passes at once, with credentials, packet information and a timestamp.
/// @ingroup polysock_messages
pub const POLYSOCK_CONTROL_ROOM: usize = 2048;

// SCM_MAX_FD of Linux.
const _: () = match Ancillary::space(253 * size_of::<c_int>()) {
    Some(descriptors) => assert!(descriptors + 512 < POLYSOCK_CONTROL_ROOM),
    None => panic!(),
};

const MOST_ROOM: usize = 1 << 20;
const ABSENT: &str = "no such control message came";

/// Control messages: those to send, in the order added, and those that came with the last polysock_recvmsg().
///
/// BSD: the msg_control of struct msghdr, with CMSG_FIRSTHDR and the like. Python: the list of socket.sendmsg and
/// socket.recvmsg. Java: none.
/// One thread at a time. Sending and receiving do not disturb each other: what was added stays until
/// polysock_control_clear(), and is sent again with the next message.
///
/// Descriptors to send stay the caller's: the peer gets copies. Descriptors that came belong to the polysock_control
/// until polysock_control_take_fds() hands them to the caller; the next polysock_recvmsg() into it,
/// polysock_control_clear() and polysock_control_free() close those that were not taken, so ignored ones do not leak.
/// @code
/// polysock_control *control;
/// polysock_msg m = POLYSOCK_MSG_INITIALIZER;
/// polysock_iovec part = {&byte, 1};
/// int fd;
/// if (polysock_control_new(&control, POLYSOCK_CONTROL_ROOM) == 0) {
///     m.iov = &part, m.iov_count = 1, m.control = control;
///     if (polysock_recvmsg(s, &m, 0, 5000) == 1 && polysock_control_take_fds(control, &fd, 1) == 1)
///         close(fd);    // ours now
///     polysock_control_free(control);
/// }
/// @endcode
/// @ingroup polysock_messages
pub struct polysock_control {
    room: usize,
    // The descriptors that C lends are only borrowed until the call that sends them returns.
    to_send: Vec<Control<'static>>,
    received: Vec<Ancillary>,
}

/// Who sent a message over a Unix domain socket.
///
/// BSD: struct ucred. Python: struct.unpack("3i", data). Java: UnixDomainPrincipal.
/// Its layout is frozen.
/// @ingroup polysock_messages
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_credentials {
    /// The process.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

const _: () = assert!(size_of::<polysock_credentials>() == 12);

impl From<Credentials> for polysock_credentials {
    fn from(Credentials { pid, uid, gid }: Credentials) -> Self {
        Self { pid, uid, gid }
    }
}

/// Makes room for control messages; the caller owns `*out`.
///
/// BSD: a char array aligned for struct cmsghdr. Python: the ancbufsize of socket.recvmsg. Java: none.
/// `room` is how many bytes of them polysock_recvmsg() asks for: POLYSOCK_CONTROL_ROOM is plenty, 0 receives none.
/// POLYSOCK_EINVAL above 1 MiB.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_new(out: *mut *mut polysock_control, room: usize) -> c_int {
    guard::code("polysock_control_new", || {
        let out = Out::new(out, "out")?;
        if room > MOST_ROOM {
            return Err(Failure::argument("room", "is above 1048576"));
        }
        out.set(Box::into_raw(Box::new(polysock_control {
            room,
            to_send: Vec::new(),
            received: Vec::new(),
        })));
        Ok(())
    })
}

/// Drops what was added and what was received; received descriptors that were not taken are closed.
///
/// BSD: none. Python: none. Java: none.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_clear(c: *mut polysock_control) -> c_int {
    guard::code("polysock_control_clear", || {
        let control = open(c)?;
        control.to_send.clear();
        control.received.clear();
        Ok(())
    })
}

/// Frees it, and closes received descriptors that were not taken. NULL is fine.
///
/// BSD: free(3), and close(2) for each descriptor. Python: del. Java: none.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_free(c: *mut polysock_control) {
    guard::code("polysock_control_free", || {
        if !c.is_null() {
            // SAFETY: `c` came from `Box::into_raw`, and its owner gives it up only once.
            drop(unsafe { Box::from_raw(c) });
        }
        Ok(())
    });
}

/// Adds descriptors to pass over a Unix domain socket; they stay the caller's, open until they were sent.
///
/// BSD: SCM_RIGHTS. Python: socket.send_fds. Java: none.
/// POLYSOCK_EBADF for a negative number. polysock_sendmsg() refuses descriptors that are not open, and more than the 253
/// that Linux takes in a message.
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
        if fds.is_null() && n > 0 {
            return Err(Failure::argument("fds", "is NULL"));
        }
        // SAFETY: C's contract: `fds` has `n` numbers, and `index` is less.
        let numbers = (0..n).map(|index| unsafe { fds.add(index).read_unaligned() });
        let mut lent: Vec<BorrowedFd<'static>> = memory::list(n).map_err(Failure::no_memory)?;
        for number in numbers {
            if number < 0 {
                return Err(Failure::new(POLYSOCK_EBADF, "a descriptor is negative"));
            }
            // SAFETY: only its number is used, and only by the kernel, which finds out whether it is open.
            lent.push(unsafe { BorrowedFd::borrow_raw(number) });
        }
        control.add(Control::rights(&lent))
    })
}

/// Adds the sender's credentials; only root may send those of another process (POLYSOCK_EPERM from polysock_sendmsg()).
///
/// BSD: SCM_CREDENTIALS, unix(7). Python: socket.sendmsg by number. Java: none.
/// A receiver that has polysock_set_passcred() on gets the sender's credentials even when none were added.
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

/// Adds the host's address from which a datagram goes out, and the interface (an index; 0: by the route).
///
/// BSD: IP_PKTINFO, ip(7), IPV6_PKTINFO. Python: socket.sendmsg by number. Java: none.
/// With what polysock_control_packet_info() gave for a request, the answer comes from the address that the request was
/// sent to. The port is ignored. POLYSOCK_EAFNOSUPPORT when `source` is not IPv4 or IPv6.
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
/// Descriptors are better added by polysock_control_add_fds().
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
        let data = pointer::bytes(data, len, "data", "len")?;
        control.add(Control::new(level, kind, data))
    })
}

/// Returns how many control messages came; a negative code for NULL.
///
/// BSD: CMSG_NXTHDR until NULL. Python: len. Java: none.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_count(c: *const polysock_control) -> c_int {
    guard::number("polysock_control_count", || {
        Ok(c_int::try_from(look(c)?.received.len()).unwrap_or(c_int::MAX))
    })
}

/// Lends a control message that came, the first being number 0. Each out-parameter may be NULL.
///
/// BSD: CMSG_DATA. Python: an entry of the list of socket.recvmsg. Java: none.
/// `*data` points at `*len` bytes, without any alignment, until the next polysock_recvmsg() into it,
/// polysock_control_clear() or polysock_control_free(). One with descriptors (SCM_RIGHTS) has no bytes: only
/// polysock_control_take_fds() gives their numbers. POLYSOCK_ENOENT when there is none of this number.
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
        for (to, number) in [(level, message.level()), (kind, message.kind())] {
            if let Some(to) = Out::optional(to) {
                to.set(number);
            }
        }
        if let Some(data) = Out::optional(data) {
            data.set(bytes.as_ptr().cast());
        }
        if let Some(len) = Out::optional(len) {
            len.set(bytes.len());
        }
        Ok(())
    })
}

/// Takes received descriptors, in order, at most `cap`, and returns how many. The caller then owns them and closes them.
///
/// BSD: SCM_RIGHTS. Python: socket.recv_fds. Java: none.
/// They are close-on-exec; polysock_from_fd() makes a handle of one that is a socket. Those not taken stay, to be taken
/// later or closed.
/// @ingroup polysock_messages
#[no_mangle]
pub unsafe extern "C" fn polysock_control_take_fds(
    c: *mut polysock_control,
    fds: *mut c_int,
    cap: usize,
) -> c_int {
    guard::number("polysock_control_take_fds", || {
        let control = open(c)?;
        if fds.is_null() && cap > 0 {
            return Err(Failure::argument("fds", "is NULL"));
        }
        let mut taken = 0;
        for message in &mut control.received {
            if let Ancillary::Rights(descriptors) = message {
                let some = descriptors.len().min(cap - taken);
                for fd in descriptors.drain(..some) {
                    // SAFETY: C's contract: `fds` has room for `cap` numbers, and `taken` is less.
                    unsafe { fds.add(taken).write_unaligned(OwnedFd::into_raw_fd(fd)) };
                    taken += 1;
                }
            }
        }
        Ok(c_int::try_from(taken).unwrap_or(c_int::MAX))
    })
}

/// Gives the sender's credentials, once polysock_set_passcred() is on; POLYSOCK_ENOENT when the message has none.
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

/// Gives the address (with port 0) and the interface at which the datagram arrived, once polysock_set_packet_info() is
/// on; POLYSOCK_ENOENT when the message has neither. Each out-parameter may be NULL.
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
        if let Some(destination) = Out::optional(destination) {
            destination.set(polysock_addr::from(&Address::from((info.destination, 0))));
        }
        if let Some(interface) = Out::optional(interface) {
            interface.set(info.interface);
        }
        Ok(())
    })
}

/// Gives the time at which the kernel received the datagram, once polysock_set_timestamps() is on: nanoseconds since 1970,
/// by the system's clock; POLYSOCK_ENOENT when the message has none.
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

impl polysock_control {
    /// Adds one to those to send.
    fn add(&mut self, message: polysock::Result<Control<'static>>) -> Result<(), Failure> {
        memory::push(&mut self.to_send, message?).map_err(Failure::no_memory)
    }

    /// What the first message that has it says.
    fn first<T>(&self, read: impl Fn(&Ancillary) -> Option<T>) -> Result<T, Failure> {
        let found = self.received.iter().find_map(read);
        found.ok_or(Failure::new(POLYSOCK_ENOENT, ABSENT))
    }
}

/// The control messages to send; none where C gave none.
pub(crate) fn to_send<'a>(c: *const polysock_control) -> &'a [Control<'static>] {
    look(c).map_or(&[], |control| control.to_send.as_slice())
}

/// How much room there is for control messages.
pub(crate) fn room(c: *const polysock_control) -> usize {
    look(c).map_or(0, |control| control.room)
}

/// Keeps what came, and closes what came before.
pub(crate) fn keep(c: *mut polysock_control, received: Vec<Ancillary>) {
    if let Ok(control) = open(c) {
        control.received = received;
    }
}

fn look<'a>(c: *const polysock_control) -> Result<&'a polysock_control, Failure> {
    // SAFETY: C's contract: `c` came from polysock_control_new and was not freed; one thread uses it at a time.
    unsafe { c.as_ref() }.ok_or(Failure::argument("c", "is NULL"))
}

fn open<'a>(c: *mut polysock_control) -> Result<&'a mut polysock_control, Failure> {
    // SAFETY: as for `look`, and no reference to it outlives a call.
    unsafe { c.as_mut() }.ok_or(Failure::argument("c", "is NULL"))
}
