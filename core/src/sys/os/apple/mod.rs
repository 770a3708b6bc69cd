//! What macOS and its relatives have: kqueue, and their own sendfile. The rest is the portable way ([`portable`]).

mod accept;
mod sendfile;

pub use super::kqueue::Changes;
pub use super::portable::{
    cuts_segments, family, poll, recv, recvfrom, recvmmsg, recvmsg, send, sendmmsg, sendmsg, sendto,
    sleep_at, wake_at, CLOEXEC_RIGHTS, MAKE_NONBLOCKING,
};
pub use accept::accept;
pub use sendfile::sendfile;

use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Switches a descriptor's non-blocking mode on or off with one system call.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int, which `value` is.
    unix::check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw const value) }).map(drop)
}
