//! send(2) and recv(2).

use super::result::check_count;
use crate::buffer::{RecvBuf, SendBuf};
use crate::sys::kernel;
use libc::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Whether the kernel itself may wait in a call, as a descriptor in blocking mode lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    Allowed,
    Forbidden,
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
    check_count(unsafe { libc::send(fd.as_raw_fd(), data.start().cast(), data.len(), flags) })
}

/// Receives.
pub fn recv(fd: BorrowedFd<'_>, room: &RecvBuf<'_>, flags: c_int, waiting: Blocking) -> io::Result<usize> {
    let flags = flags | waiting.flag();
    // SAFETY: `RecvBuf` promises that its memory is writable for its length.
    check_count(unsafe { libc::recv(fd.as_raw_fd(), room.start().cast(), room.len(), flags) })
}
