//! sendfile(2).

use super::super::portable;
use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sends `count` bytes of a file from `offset` (sendfile(2)). May wait on a descriptor in blocking mode.
pub fn sendfile(to: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, count: usize) -> io::Result<usize> {
    let from = libc::off_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // 0 would stand for everything up to the end of the file.
    if count == 0 {
        return Ok(0);
    }
    let mut moved = libc::off_t::try_from(count).unwrap_or(libc::off_t::MAX);
    // SAFETY: `moved` is ours to write, and there are no headers.
    let result = unsafe {
        libc::sendfile(
            file.as_raw_fd(),
            to.as_raw_fd(),
            from,
            &raw mut moved,
            std::ptr::null_mut(),
            0,
        )
    };
    match unix::check(result) {
        Ok(_) => Ok(usize::try_from(moved).unwrap_or(0)),
        Err(error) => match error.raw_os_error() {
            // Some bytes may have been sent before there was no more room, or a signal came.
            Some(libc::EAGAIN | libc::EINTR) if moved > 0 => Ok(usize::try_from(moved).unwrap_or(0)),
            // Only regular files can be sent from within the kernel, and only over streams.
            Some(libc::ENOTSUP | libc::EOPNOTSUPP | libc::ENOTSOCK) => {
                portable::sendfile(to, file, offset, count)
            }
            _ => Err(error),
        },
    }
}
