//! Control messages: what is sent beside the bytes of a message, and the descriptors in it.

mod to_send;

mod received;

use crate::code::POLYSOCK_ENOENT;
use crate::error::Failure;
use crate::guard;
use crate::pointer::Out;
use libc::c_int;
use polysock::{memory, Ancillary, Control, Credentials};

/// Room for all control messages that usually come with a message: 253 descriptors, the most that Linux passes at once,
/// with credentials, packet information and a timestamp.
/// @ingroup polysock_messages
pub const POLYSOCK_CONTROL_ROOM: usize = 2048;

// SCM_MAX_FD of Linux.
const _: () = match Ancillary::space(253 * size_of::<c_int>()) {
    Some(descriptors) => assert!(descriptors + 512 < POLYSOCK_CONTROL_ROOM),
    None => panic!(),
};

const MOST_ROOM: usize = 1 << 20;
const ABSENT: &str = "no such control message was received";

/// Control messages: those to send, in the order added, and those received by the last polysock_recvmsg().
///
/// BSD: the msg_control of struct msghdr, with CMSG_FIRSTHDR and the like. Python: the list of socket.sendmsg and
/// socket.recvmsg. Java: none.
/// Only one thread at a time may use it. Messages to send and received messages are independent: what was added stays
/// until polysock_control_clear(), and is sent again with the next message.
///
/// Descriptors to send stay the caller's: the peer gets copies. Received descriptors belong to the polysock_control
/// until polysock_control_take_fds() passes them to the caller; the next polysock_recvmsg() into it,
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

/// The sender of a message over a Unix domain socket.
///
/// BSD: struct ucred. Python: struct.unpack("3i", data). Java: UnixDomainPrincipal.
/// Its layout is frozen.
/// @ingroup polysock_messages
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_credentials {
    /// The process id.
    pub pid: i32,
    /// Its user id.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
}

const _: () = assert!(size_of::<polysock_credentials>() == 12);

impl From<Credentials> for polysock_credentials {
    fn from(Credentials { pid, uid, gid }: Credentials) -> Self {
        Self { pid, uid, gid }
    }
}

/// Makes an object for control messages; the caller owns `*out`.
///
/// BSD: a char array aligned for struct cmsghdr. Python: the ancbufsize of socket.recvmsg. Java: none.
/// `room` is the number of bytes for those that polysock_recvmsg() receives: POLYSOCK_CONTROL_ROOM is plenty, 0 receives
/// none. Fails with POLYSOCK_EINVAL above 1 MiB.
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

/// Removes what was added and what was received; received descriptors that were not taken are closed.
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

/// Frees it, and closes received descriptors that were not taken. NULL is allowed.
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

impl polysock_control {
    /// Adds a message to send.
    pub(super) fn add(&mut self, message: polysock::Result<Control<'static>>) -> Result<(), Failure> {
        memory::push(&mut self.to_send, message?).map_err(Failure::no_memory)
    }

    /// What `read` finds in the first message that has it.
    pub(super) fn first<T>(&self, read: impl Fn(&Ancillary) -> Option<T>) -> Result<T, Failure> {
        let found = self.received.iter().find_map(read);
        found.ok_or(Failure::new(POLYSOCK_ENOENT, ABSENT))
    }
}

/// The control messages to send; none for NULL.
pub(crate) fn to_send<'a>(c: *const polysock_control) -> &'a [Control<'static>] {
    look(c).map_or(&[], |control| control.to_send.as_slice())
}

/// The room for received control messages, in bytes; 0 for NULL.
pub(crate) fn room(c: *const polysock_control) -> usize {
    look(c).map_or(0, |control| control.room)
}

/// Keeps the messages received, and closes the descriptors of earlier ones.
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
