//! sendmmsg(2), recvmmsg(2), and segmentation by the kernel.

use super::super::portable;
use super::missing::is_missing;
use crate::sys::kernel::number;
use crate::sys::unix::{self, BatchMessage};
use libc::{c_int, c_uint};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sends the messages in order and returns how many were sent. An error belongs to the first.
pub fn sendmmsg(fd: BorrowedFd<'_>, messages: &mut [BatchMessage<'_>], flags: c_int) -> io::Result<usize> {
    let (start, count) = (messages.as_mut_ptr().cast(), length_of(messages));
    // The C libraries disagree on the type of the flags.
    #[allow(clippy::useless_conversion)]
    // SAFETY: `BatchMessage` has the layout of a `struct mmsghdr` and borrows all that it points at.
    let sent = unsafe { libc::sendmmsg(fd.as_raw_fd(), start, count, flags as _) };
    match unix::check(sent) {
        Err(error) if is_missing(&error) => portable::sendmmsg(fd, messages, flags),
        sent => Ok(usize::try_from(sent?).unwrap_or(0)),
    }
}

/// Receives into the messages in order and returns how many were received; only the first may be waited for.
///
/// The time limit that recvmmsg(2) takes is of no use: it is looked at only when a message arrives (its BUGS).
pub fn recvmmsg(fd: BorrowedFd<'_>, messages: &mut [BatchMessage<'_>], flags: c_int) -> io::Result<usize> {
    let (start, count) = (messages.as_mut_ptr().cast(), length_of(messages));
    let once = flags | libc::MSG_WAITFORONE;
    #[allow(clippy::useless_conversion)] // as above
    // SAFETY: as above; what messages to receive point at is ours to write. A null pointer is no time limit.
    let received = unsafe { libc::recvmmsg(fd.as_raw_fd(), start, count, once as _, std::ptr::null_mut()) };
    match unix::check(received) {
        Err(error) if is_missing(&error) => portable::recvmmsg(fd, messages, flags),
        received => Ok(usize::try_from(received?).unwrap_or(0)),
    }
}

/// Whether sends may ask the kernel to cut their bytes into datagrams (udp(7), `UDP_SEGMENT`, Linux 4.18), and the
/// program has not set a segment length for all sends itself. An older kernel would send everything as one datagram.
pub fn cuts_segments(fd: BorrowedFd<'_>) -> bool {
    number::UDP_SEGMENT
        .is_some_and(|(level, name)| unix::get_int(fd, level, name).is_ok_and(|length| length == 0))
}

fn length_of(messages: &[BatchMessage<'_>]) -> c_uint {
    c_uint::try_from(messages.len()).unwrap_or(c_uint::MAX)
}
