//! send(2), sendto(2), recv(2) and recvfrom(2).

use super::address::sockaddr;
use super::result::check_count;
use crate::address::Address;
use crate::buffer::{RecvBuf, SendBuf};
use crate::sys::{kernel, numbers, os};
use libc::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Whether the kernel itself may wait in a call, as a descriptor in blocking mode lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    Allowed,
    Forbidden,
}

/// The flags of a receive.
///
/// # Errors
/// `EOPNOTSUPP` for one from the error queue where there is none: the system would receive something else.
pub(super) fn receive_flags(flags: c_int, waiting: Blocking) -> io::Result<c_int> {
    if !numbers::HAS_ERROR_QUEUE && flags & numbers::ERROR_QUEUE != 0 {
        return Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP));
    }
    Ok(flags | waiting.flag())
}

impl Blocking {
    pub(super) fn flag(self) -> c_int {
        match self {
            Self::Allowed => 0,
            Self::Forbidden => libc::MSG_DONTWAIT,
        }
    }
}

/// Sends.
pub fn send(fd: BorrowedFd<'_>, data: SendBuf<'_>, flags: c_int, waiting: Blocking) -> io::Result<usize> {
    let flags = flags | waiting.flag() | kernel::NO_SIGNAL;
    // SAFETY: `SendBuf` promises that its memory is readable for its length.
    check_count(unsafe { os::send(fd.as_raw_fd(), data.start().cast(), data.len(), flags) })
}

/// Sends to an address.
pub fn sendto(
    fd: BorrowedFd<'_>,
    data: SendBuf<'_>,
    to: &Address,
    flags: c_int,
    waiting: Blocking,
) -> io::Result<usize> {
    let flags = flags | waiting.flag() | kernel::NO_SIGNAL;
    let ((to, to_length), (start, length)) = (sockaddr(to), (data.start().cast(), data.len()));
    // SAFETY: `SendBuf` promises that its memory is readable for its length; `to` points at `to_length` bytes.
    check_count(unsafe { os::sendto(fd.as_raw_fd(), start, length, flags, to, to_length) })
}

/// Receives.
pub fn recv(fd: BorrowedFd<'_>, room: &RecvBuf<'_>, flags: c_int, waiting: Blocking) -> io::Result<usize> {
    let flags = receive_flags(flags, waiting)?;
    // SAFETY: `RecvBuf` promises that its memory is writable for its length.
    check_count(unsafe { os::recv(fd.as_raw_fd(), room.start().cast(), room.len(), flags) })
}

/// Receives; `from` becomes the sender's address.
pub fn recvfrom(
    fd: BorrowedFd<'_>,
    room: &RecvBuf<'_>,
    from: &mut Address,
    flags: c_int,
    waiting: Blocking,
) -> io::Result<usize> {
    let flags = receive_flags(flags, waiting)?;
    let mut from_length = libc::socklen_t::try_from(Address::CAPACITY).unwrap_or(0);
    let (start, length) = (room.start().cast(), room.len());
    let address = from.room().as_mut_ptr().cast();
    // SAFETY: `RecvBuf` promises that its memory is writable for its length; `address` points at `from_length` bytes
    // of `from`.
    let count = check_count(unsafe {
        os::recvfrom(fd.as_raw_fd(), start, length, flags, address, &mut from_length)
    })?;
    from.set_length(usize::try_from(from_length).unwrap_or(0));
    Ok(count)
}
