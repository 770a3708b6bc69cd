//! The calls of epoll(7).

use crate::sys::unix;
use libc::{c_int, epoll_event};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

pub fn create() -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    let fd = unix::check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub fn control(epoll: &OwnedFd, operation: c_int, fd: RawFd, key: u64, events: u32) -> io::Result<()> {
    let mut event = epoll_event { events, u64: key };
    // SAFETY: `event` is ours and outlives the call.
    unix::check(unsafe { libc::epoll_ctl(epoll.as_raw_fd(), operation, fd, &raw mut event) }).map(drop)
}

/// The same events for epoll: the POLL bits have the same values there.
pub fn from_poll(events: i16) -> u32 {
    u32::from(u16::from_le_bytes(events.to_le_bytes()))
}

/// The POLL bits that epoll reports. Its own flags are in the high half and are never reported.
pub fn to_poll(events: u32) -> i16 {
    let [low, high, ..] = events.to_le_bytes();
    i16::from_le_bytes([low, high])
}
