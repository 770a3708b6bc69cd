//! The changes of a descriptor's readiness, reported by a dedicated queue.

use super::{apply, change, create, end_only, wait};
use crate::sys::unix;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// A descriptor that is readable when the readiness of another one has changed since the last look, and once at first.
pub struct Changes(OwnedFd);

impl Changes {
    pub fn of(fd: BorrowedFd<'_>, events: i16) -> io::Result<Self> {
        let queue = unix::out_of_the_way(create()?);
        let flags = libc::EV_ADD | libc::EV_CLEAR;
        let mut read = change(fd.as_raw_fd(), libc::EVFILT_READ, flags);
        if events & libc::POLLIN == 0 {
            read = end_only(read);
        }
        let mut both = [read, change(fd.as_raw_fd(), libc::EVFILT_WRITE, flags)];
        let (wanted, _) = both.split_at_mut(if events & libc::POLLOUT == 0 { 1 } else { 2 });
        apply(&queue, wanted)?;
        Ok(Self(queue))
    }

    /// What to poll for reading.
    pub fn poll_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Looks: afterwards it is not readable until the next change. `false` when the system does not let us look.
    pub fn take(&self) -> bool {
        let mut room = [const { MaybeUninit::uninit() }; 2];
        wait(&self.0, &mut room, Some(Duration::ZERO)).is_ok()
    }
}
