//! The changes of a descriptor's readiness, reported by a dedicated epoll.

use super::epoll::{control, create, from_poll};
use crate::sys::unix;
use libc::epoll_event;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// A descriptor that is readable when the readiness of another one has changed since the last look, and once at first.
/// Something that lasts, such as a report in an error queue, keeps the other one ready for poll, but is not a change.
pub struct Changes(OwnedFd);

impl Changes {
    pub fn of(fd: BorrowedFd<'_>, events: i16) -> io::Result<Self> {
        let epoll = unix::out_of_the_way(create()?);
        let edge = from_poll(events) | u32::from_le_bytes(libc::EPOLLET.to_le_bytes());
        control(&epoll, libc::EPOLL_CTL_ADD, fd.as_raw_fd(), 0, edge)?;
        Ok(Self(epoll))
    }

    /// What to poll for reading.
    pub fn poll_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Looks: afterwards it is not readable until the next change. `false` when the system does not let us look.
    pub fn take(&self) -> bool {
        let mut event = epoll_event { events: 0, u64: 0 };
        // SAFETY: `event` is ours and the one entry there is room for.
        unix::check(unsafe { libc::epoll_wait(self.0.as_raw_fd(), &raw mut event, 1, 0) }).is_ok()
    }
}
