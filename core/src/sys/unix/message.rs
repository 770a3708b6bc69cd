//! sendmsg(2) and recvmsg(2).

use super::descriptor::close_on_exec;
use super::result::check_count;
use super::transfer::{receive_flags, Blocking};
use crate::address::Address;
use crate::ancillary::{codec, Ancillary};
use crate::buffer::{RecvBuf, SendBuf};
use crate::memory;
use crate::sys::{kernel, os};
use libc::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Sends one message, scattered, with control messages and an address.
pub fn sendmsg(
    fd: BorrowedFd<'_>,
    parts: &[SendBuf<'_>],
    control: &[u8],
    to: Option<&Address>,
    flags: c_int,
    waiting: Blocking,
) -> io::Result<usize> {
    let address = to.map_or(&[][..], Address::as_bytes);
    let mut header = message_header(parts.as_ptr().cast(), parts.len());
    header.msg_name = address.as_ptr().cast_mut().cast();
    header.msg_namelen = libc::socklen_t::try_from(address.len()).unwrap_or(0);
    if to.is_none() {
        header.msg_name = std::ptr::null_mut();
    }
    if !control.is_empty() {
        header.msg_control = control.as_ptr().cast_mut().cast();
        header.msg_controllen = control_length(control)?;
    }
    let flags = flags | waiting.flag() | kernel::NO_SIGNAL;
    // SAFETY: the header points at `parts`, `control` and `address`, which outlive the call and which sendmsg only
    // reads; `SendBuf` has the layout of a `struct iovec` and promises readable memory. The padding beside
    // musl's narrower lengths is zero (`message_header`, `codec::push`).
    check_count(unsafe { os::sendmsg(fd.as_raw_fd(), &raw const header, flags) })
}

/// What [`recvmsg`] returns besides the bytes.
#[derive(Clone, Copy, Default)]
pub struct Received {
    pub count: usize,
    /// How many bytes of control messages the kernel wrote.
    pub control: usize,
    pub flags: c_int,
}

/// Receives one message, scattered, with control messages; `from` becomes the sender's address.
pub fn recvmsg(
    fd: BorrowedFd<'_>,
    parts: &[RecvBuf<'_>],
    control: &mut [u8],
    from: &mut Address,
    flags: c_int,
    waiting: Blocking,
) -> io::Result<Received> {
    let mut header = message_header(parts.as_ptr().cast(), parts.len());
    header.msg_name = from.room().as_mut_ptr().cast();
    header.msg_namelen = libc::socklen_t::try_from(Address::CAPACITY).unwrap_or(0);
    if !control.is_empty() {
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = control_length(control)?;
    }
    let flags = receive_flags(flags, waiting)?;
    // SAFETY: the header points at `parts`, `control` and `from`, which outlive the call and are ours to write;
    // `RecvBuf` has the layout of a `struct iovec` and promises writable memory.
    let count = check_count(unsafe { os::recvmsg(fd.as_raw_fd(), &mut header, flags) })?;
    from.set_length(usize::try_from(header.msg_namelen).unwrap_or(0));
    Ok(Received {
        count,
        control: narrow::<_, usize>(header.msg_controllen).min(control.len()),
        flags: header.msg_flags & !os::CLOEXEC_RIGHTS,
    })
}

pub(super) fn message_header(parts: *const libc::iovec, count: usize) -> libc::msghdr {
    // SAFETY: a msghdr of zeros is a valid one: null pointers and no lengths.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = parts.cast_mut();
    header.msg_iovlen = narrow(count);
    header
}

/// The length of control messages, or of the room for them.
///
/// # Errors
/// `ENOBUFS`, as from the kernel for too long ones that are sent, if the length does not fit into the system's type.
fn control_length<L: TryFrom<usize>>(control: &[u8]) -> io::Result<L> {
    L::try_from(control.len()).map_err(|_| io::Error::from_raw_os_error(libc::ENOBUFS))
}

/// Converts between `usize` and the types that systems use for lengths.
pub fn narrow<A: TryInto<B>, B: Default>(length: A) -> B {
    length.try_into().unwrap_or_default()
}

/// The control messages that the kernel wrote, with their descriptors taken over and made close-on-exec; and whether
/// some were lost for lack of memory, in which case their descriptors were closed.
pub fn take_ancillary(control: &[u8]) -> (Vec<Ancillary>, bool) {
    let (mut taken, mut lost) = (Vec::new(), false);
    for (level, kind, data) in codec::messages(control) {
        let message = if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: the kernel installed these descriptors for us with the message just received, which is read only
            // here.
            let mut descriptors = unsafe { descriptors(data) }.inspect(close_on_exec);
            let kept = memory::collect(descriptors.by_ref());
            descriptors.for_each(drop); // those that found no place
            kept.map(Ancillary::Rights)
        } else {
            memory::copy(data).map(|data| Ancillary::Other { level, kind, data })
        };
        let kept = message.and_then(|message| memory::push(&mut taken, message));
        lost |= kept.is_err();
    }
    (taken, lost)
}

/// The descriptors in the data of an `SCM_RIGHTS` message that has just been received.
///
/// # Safety
/// Each number must be a descriptor the kernel installed for us with that message, taken here for the first time.
unsafe fn descriptors(data: &[u8]) -> impl Iterator<Item = OwnedFd> + '_ {
    let numbers = data
        .chunks_exact(size_of::<RawFd>())
        .filter_map(|number| number.try_into().ok());
    // SAFETY: by our own contract.
    numbers.map(|number| unsafe { OwnedFd::from_raw_fd(RawFd::from_ne_bytes(number)) })
}
