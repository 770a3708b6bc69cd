//! epoll(7): a wait costs as much as is ready, however much is registered; and changes can be waited for.

use super::poll::PollSet;
use super::{Interest, Selector, Trigger, MOST_EVENTS, WAKE};
use crate::sys::os::epoll::{control, create, from_poll, to_poll};
use crate::sys::os::is_missing;
use crate::sys::unix::{self, Readiness};
use crate::sys::waker::{new_waker, Waker};
use libc::{c_int, epoll_event};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// The file type that fstat reports for an epoll descriptor: none.
const ANONYMOUS: libc::mode_t = 0;

/// An epoll descriptor, and the eventfd that wakes its waits.
pub struct Epoll {
    epoll: OwnedFd,
    waker: Waker,
}

impl Epoll {
    pub fn new() -> io::Result<Self> {
        let made = Self {
            epoll: create()?,
            waker: new_waker()?,
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
        // Not initialized: to clear room for all would cost more than to report a few.
        let mut events = [const { MaybeUninit::<epoll_event>::uninit() }; MOST_EVENTS];
        let room = c_int::try_from(room.min(MOST_EVENTS)).unwrap_or(1);
        let left = unix::milliseconds(left);
        // SAFETY: `events` is ours and has at least `room` entries.
        let count =
            unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr().cast(), room, left) };
        let readiness = unix::ready(count)?;
        let count = usize::try_from(count).unwrap_or(0);
        for event in events.iter().take(count) {
            // SAFETY: the kernel has written the first `count` events.
            let event = unsafe { event.assume_init() };
            report(event.u64, to_poll(event.events));
        }
        Ok(readiness)
    }

    fn wake(&self) {
        self.waker.handle().signal();
    }

    fn take_wake(&self) {
        self.waker.drain();
    }

    fn leave_to_parent(self: Arc<Self>) {
        // The copies that waiting threads of the parent held are never dropped here, so the numbers are closed directly
        // and nothing is dropped. A program that closed everything may have opened other things under these numbers.
        self.waker.close_inherited();
        let epoll = self.epoll.as_raw_fd();
        if unix::is_still(epoll, ANONYMOUS) {
            // SAFETY: the descriptor is ours, and not used again: a wait that a signal handler forked in ends with EINTR
            // and asks for a new selector.
            unsafe { libc::close(epoll) };
        }
        std::mem::forget(self);
    }
}

/// epoll's bits for an interest.
fn bits(interest: Interest) -> u32 {
    let mode = match interest.mode {
        Trigger::Level => 0,
        Trigger::Edge => libc::EPOLLET,
        Trigger::OneShot => libc::EPOLLONESHOT,
    };
    from_poll(interest.events) | u32::from_le_bytes(mode.to_le_bytes())
}

/// Makes a selector.
pub fn new_selector() -> io::Result<Arc<dyn Selector>> {
    match Epoll::new() {
        Ok(epoll) => Ok(Arc::new(epoll)),
        Err(error) if is_missing(&error) => Ok(Arc::new(PollSet::new())),
        Err(error) => Err(error),
    }
}
