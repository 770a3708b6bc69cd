//! What FreeBSD has: kqueue, ppoll with nanoseconds, and its own sendfile. The rest is the portable way ([`portable`]).

mod sendfile;

pub use super::kqueue::Changes;
pub use super::portable::{
    accept, cuts_segments, recv, recvfrom, recvmmsg, recvmsg, send, sendmmsg, sendmsg, sendto, sleep_at,
    wake_at,
};
pub use sendfile::sendfile;

use crate::sys::unix::{self, Readiness};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// The bit of a socket's type that makes it non-blocking from the start. An accepted socket does not inherit the mode:
/// accept4(2) sets it.
pub const MAKE_NONBLOCKING: libc::c_int = libc::SOCK_NONBLOCK;

/// Received descriptors are close-on-exec from the start: a flag of each recvmsg on a Unix socket.
pub const CLOEXEC_RIGHTS: libc::c_int = libc::MSG_CMSG_CLOEXEC;

/// Waits for `set`, no longer than `left` (`None`: forever).
pub fn poll(set: &mut [libc::pollfd], left: Option<Duration>) -> io::Result<Readiness> {
    let left = left.map(unix::readiness::timespec);
    let left = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = libc::nfds_t::try_from(set.len()).unwrap_or(0);
    // SAFETY: `set` is ours and has `count` entries; `left` is null or points at a timespec that outlives this.
    unix::ready(unsafe { libc::ppoll(set.as_mut_ptr(), count, left, std::ptr::null()) })
}

/// The family of a socket (`SO_DOMAIN`).
pub fn family(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_DOMAIN)
}

/// Switches a descriptor's non-blocking mode on or off with one system call.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int, which `value` is.
    unix::check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw const value) }).map(drop)
}
