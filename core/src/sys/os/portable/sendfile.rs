//! Sending a file through a buffer.

use crate::memory;
use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sends `count` bytes of a file from `offset` through a buffer; never waits and never raises SIGPIPE.
pub fn sendfile(to: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, count: usize) -> io::Result<usize> {
    let room = memory::zeros(count.min(64 * 1024));
    let mut buffer = room.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    let offset = libc::off_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let (start, length) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: `start` is writable for `length` bytes.
    let read = unix::check_count(unsafe { libc::pread(file.as_raw_fd(), start, length, offset) })?;
    buffer.truncate(read);
    if read == 0 {
        return Ok(0);
    }
    unix::send(to, (&buffer).into(), 0, unix::Blocking::Forbidden)
}
