//! The changes of a descriptor's readiness.

use std::io;
use std::os::fd::BorrowedFd;

/// The changes of a descriptor's readiness: there is no way to learn of them here.
pub enum Changes {}

impl Changes {
    pub fn of(_: BorrowedFd<'_>, _: i16) -> io::Result<Self> {
        Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
    }

    pub fn poll_fd(&self) -> BorrowedFd<'_> {
        match *self {}
    }

    pub fn take(&self) -> bool {
        match *self {}
    }
}
