//! Descriptor numbers passed in from Python.

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Takes ownership of a descriptor by its number; None for a negative one.
///
/// A program that calls `socket(fileno=…)` promises that the number is an open descriptor, which the socket now owns.
pub fn adopt(number: RawFd) -> Option<OwnedFd> {
    // SAFETY: the number is not -1, and the caller in Python gives it away.
    (number >= 0).then(|| unsafe { OwnedFd::from_raw_fd(number) })
}

/// Closes a descriptor by its number.
///
/// A program that calls `close(fd)` promises that the number is an open descriptor that nothing else owns.
pub fn close(number: RawFd) -> io::Result<()> {
    // SAFETY: no memory is involved.
    if unsafe { libc::close(number) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Runs a call on one of the program's descriptors; EBADF for a negative number.
pub fn borrowed<T>(number: RawFd, call: impl FnOnce(BorrowedFd<'_>) -> T) -> io::Result<T> {
    if number < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: not -1. Should the program close it meanwhile, the system calls made with it fail.
    Ok(call(unsafe { BorrowedFd::borrow_raw(number) }))
}
