//! Many messages, one call each.

use crate::sys::unix::{self, BatchMessage};
use crate::sys::wakeable_poll::has_more;
use libc::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sends the messages in order and returns how many were sent. An error belongs to the first.
pub fn sendmmsg(fd: BorrowedFd<'_>, messages: &mut [BatchMessage<'_>], flags: c_int) -> io::Result<usize> {
    let mut sent = 0;
    for message in messages {
        // SAFETY: the header borrows all that it points at, and sendmsg only reads it.
        let result = unsafe { super::sendmsg(fd.as_raw_fd(), message.header(), flags) };
        match unix::check_count(result) {
            Ok(length) => message.set_length(length),
            Err(_) if sent > 0 => break,
            Err(error) => return Err(error),
        }
        sent += 1;
    }
    Ok(sent)
}

/// Receives into the messages in order and returns how many were received; only the first may be waited for.
pub fn recvmmsg(fd: BorrowedFd<'_>, messages: &mut [BatchMessage<'_>], flags: c_int) -> io::Result<usize> {
    let mut received = 0;
    for message in messages {
        // An error that is pending would be taken by the receive, and lost because others were successful.
        if received > 0 && !has_more(fd) {
            break;
        }
        let rest = if received > 0 { libc::MSG_DONTWAIT } else { 0 };
        // SAFETY: the header borrows all that it points at, which is ours to write.
        let result = unsafe { libc::recvmsg(fd.as_raw_fd(), message.header(), flags | rest) };
        match unix::check_count(result) {
            Ok(length) => message.set_length(length),
            Err(_) if received > 0 => break,
            Err(error) => return Err(error),
        }
        received += 1;
    }
    Ok(received)
}

/// Whether sends may ask the kernel to cut their bytes into datagrams: only Linux can.
pub fn cuts_segments(_: BorrowedFd<'_>) -> bool {
    false
}
