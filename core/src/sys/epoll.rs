//! epoll(7): a wait costs what is ready, however much is registered; and changes can be waited for.

use super::linux;
use super::selector::{Interest, Selector, Trigger, WAKE};
use super::unix::{self, Readiness};
use super::wake::{self, Waker};
use libc::{c_int, epoll_event};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// The most events one wait takes: 3 KiB of stack; the kernel hands out the others next time, in turn.
const BATCH: usize = 256;

/// An epoll descriptor, and the eventfd that wakes its waits.
pub struct Epoll {
    epoll: OwnedFd,
    waker: Waker,
}

impl Epoll {
    pub fn new() -> io::Result<Self> {
        let made = Self {
            epoll: create()?,
            waker: linux::new_waker()?,
        };
        let wake = Interest {
            events: libc::POLLIN,
            mode: Trigger::Level,
        };
        made.add(made.waker.poll_fd(), WAKE, wake)?;
        Ok(made)
    }

    fn control(&self, operation: c_int, fd: RawFd, key: u64, events: u32) -> io::Result<()> {
        control(&self.epoll, operation, fd, key, events)
    }
}

fn create() -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    let fd = unix::check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn control(epoll: &OwnedFd, operation: c_int, fd: RawFd, key: u64, events: u32) -> io::Result<()> {
    let mut event = epoll_event { events, u64: key };
    // SAFETY: `event` is ours and outlives the call.
    unix::check(unsafe { libc::epoll_ctl(epoll.as_raw_fd(), operation, fd, &raw mut event) }).map(drop)
}

/// A descriptor that is readable when the readiness of another has changed since it was last looked at, and once at
/// first. What lasts, such as a report in an error queue, keeps that one ready for poll, but does not change.
pub struct Changes(OwnedFd);

impl Changes {
    pub fn of(fd: BorrowedFd<'_>, events: i16) -> io::Result<Self> {
        let epoll = wake::out_of_the_way(create()?);
        let edge = Interest {
            events,
            mode: Trigger::Edge,
        };
        control(&epoll, libc::EPOLL_CTL_ADD, fd.as_raw_fd(), 0, bits(edge))?;
        Ok(Self(epoll))
    }

    /// What to poll for reading.
    pub fn poll_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Looks: until the next change it is no longer readable. `false` when the system does not let us look.
    pub fn take(&self) -> bool {
        let mut event = epoll_event { events: 0, u64: 0 };
        // SAFETY: `event` is ours and the one entry there is room for.
        unix::check(unsafe { libc::epoll_wait(self.0.as_raw_fd(), &raw mut event, 1, 0) }).is_ok()
    }
}

impl Selector for Epoll {
    fn add(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, key, bits(interest))
    }

    fn modify(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, key, bits(interest))
    }

    fn remove(&self, fd: RawFd, key: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, key, 0)
    }

    fn wait(
        &self,
        room: usize,
        left: Option<Duration>,
        report: &mut dyn FnMut(u64, i16),
    ) -> io::Result<Readiness> {
        let mut events = [epoll_event { events: 0, u64: 0 }; BATCH];
        let room = c_int::try_from(room.min(BATCH)).unwrap_or(1);
        let left = unix::milliseconds(left);
        // SAFETY: `events` is ours and has at least `room` entries.
        let count = unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), room, left) };
        let readiness = unix::ready(count)?;
        let count = usize::try_from(count).unwrap_or(0);
        for event in events.iter().take(count) {
            // The low half has the POLL bits; epoll's own flags are in the high half and never come back.
            let [low, high, ..] = event.events.to_le_bytes();
            report(event.u64, i16::from_le_bytes([low, high]));
        }
        Ok(readiness)
    }

    fn wake(&self) {
        self.waker.end().signal();
    }

    fn take_wake(&self) {
        self.waker.drain();
    }

    fn leave_to_parent(self: Arc<Self>) {
        // Of the parent's threads that wait there are copies that are never dropped, so the numbers are closed here, and
        // nothing is dropped. A program that closed everything may have opened other things under them.
        self.waker.close_inherited();
        let epoll = self.epoll.as_raw_fd();
        if wake::is_anonymous(epoll) {
            // SAFETY: the descriptor is ours, and not used again: a wait that a signal handler forked in ends with EINTR
            // and asks for a new selector.
            unsafe { libc::close(epoll) };
        }
        std::mem::forget(self);
    }
}

/// epoll's bits for an interest: the POLL bits have the same numbers.
fn bits(interest: Interest) -> u32 {
    let mode = match interest.mode {
        Trigger::Level => 0,
        Trigger::Edge => libc::EPOLLET,
        Trigger::OneShot => libc::EPOLLONESHOT,
    };
    u32::from(u16::from_le_bytes(interest.events.to_le_bytes())) | u32::from_le_bytes(mode.to_le_bytes())
}
