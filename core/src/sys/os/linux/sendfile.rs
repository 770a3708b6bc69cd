//! sendfile(2).

use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sends `count` bytes of a file from `offset` (sendfile(2)). May wait on a descriptor in blocking mode, and raises
/// SIGPIPE like write(2): see [`crate::sys::sigpipe::without_sigpipe`].
pub fn sendfile(to: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, count: usize) -> io::Result<usize> {
    let mut offset =
        libc::off64_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: `offset` is ours to write.
    unix::check_count(unsafe { libc::sendfile64(to.as_raw_fd(), file.as_raw_fd(), &raw mut offset, count) })
}
