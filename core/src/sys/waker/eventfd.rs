//! A waker that is one eventfd(2).

use super::{pipe, Waker};
use crate::sys::os::is_missing;
use crate::sys::unix;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Makes a waker: one eventfd.
pub fn new_waker() -> io::Result<Waker> {
    // SAFETY: no memory is involved.
    match unix::check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }) {
        // SAFETY: the kernel just gave us this descriptor.
        Ok(fd) => Ok(Waker::new(unsafe { OwnedFd::from_raw_fd(fd) }, None)),
        Err(error) if is_missing(&error) => pipe::new_waker(),
        Err(error) => Err(error),
    }
}
