//! The selector of systems without epoll: poll(2) over everything that is registered. Compiled and tested on Linux too.
//!
//! A wait polls a copy of the set. A thread that changes the set wakes the waits, and an event that a wait saw is
//! reported only if its descriptor is still registered under the same key.

use super::{Interest, Selector, Trigger, WAKE};
use crate::error::Kind;
use crate::memory;
use crate::sys::fork::{ForkLock, InChild};
use crate::sys::unix::Readiness;
use crate::sys::wakeable_poll::{ManyPoll, WakeUp};
use crate::sys::waker::{self, WakeHandle};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

/// The registered descriptors and the threads that wait.
pub struct PollSet(ForkLock<Inner>);

impl InChild for Inner {}

#[derive(Default)]
struct Inner {
    items: BTreeMap<u64, Item>,
    /// The wake-up descriptors of the threads that wait, and whether they were signalled.
    waiting: Vec<(WakeHandle, bool)>,
    woken: bool,
    /// Where the next report begins, so that every descriptor gets its turn when there is little room.
    next: u64,
}

struct Item {
    fd: RawFd,
    interest: Interest,
    armed: bool,
}

impl Inner {
    fn wake_waiting(&mut self) {
        for (end, signalled) in self.waiting.iter_mut().filter(|(_, signalled)| !signalled) {
            *signalled = true;
            end.signal();
        }
    }

    /// The set to poll, starting with the descriptor whose turn it is, and the keys in the same order.
    fn copy(&self) -> Result<(Vec<u64>, ManyPoll), Kind> {
        let count = self.items.len();
        let (mut keys, mut set) = (memory::list(count)?, ManyPoll::with_capacity(count)?);
        let armed = self.items.range(self.next..).chain(self.items.range(..self.next));
        for (&key, item) in armed.filter(|(_, item)| item.armed) {
            keys.push(key);
            set.push(item.fd, item.interest.events);
        }
        Ok((keys, set))
    }

    /// Reports what is still registered; forgets what was closed without being removed, as epoll does.
    fn report(&mut self, key: u64, revents: i16, report: &mut dyn FnMut(u64, i16)) -> bool {
        let Some(item) = self.items.get_mut(&key).filter(|item| item.armed) else {
            return false;
        };
        if revents & libc::POLLNVAL != 0 {
            self.items.remove(&key);
            return false;
        }
        item.armed = item.interest.mode != Trigger::OneShot;
        self.next = key + 1;
        report(key, revents);
        true
    }
}

impl PollSet {
    pub fn new() -> Self {
        Self(ForkLock::new())
    }
}

impl Selector for PollSet {
    fn add(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()> {
        let item = item(fd, interest)?;
        check_open(fd)?;
        let mut inner = self.0.lock();
        if inner.items.values().any(|item| item.fd == fd) {
            return Err(io::Error::from_raw_os_error(libc::EEXIST));
        }
        inner.items.insert(key, item);
        inner.wake_waiting();
        Ok(())
    }

    fn modify(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()> {
        let item = item(fd, interest)?;
        let mut inner = self.0.lock();
        *inner.items.get_mut(&key).ok_or_else(unknown)? = item;
        inner.wake_waiting();
        Ok(())
    }

    fn remove(&self, _: RawFd, key: u64) -> io::Result<()> {
        let mut inner = self.0.lock();
        inner.items.remove(&key).ok_or_else(unknown)?;
        inner.wake_waiting();
        Ok(())
    }

    fn wait(
        &self,
        room: usize,
        left: Option<Duration>,
        report: &mut dyn FnMut(u64, i16),
    ) -> io::Result<Readiness> {
        let waker = waker::of_thread();
        let (keys, mut set) = {
            let mut inner = self.0.lock();
            if inner.woken {
                report(WAKE, 0);
                return Ok(Readiness::Ready);
            }
            let no_memory = |_| io::Error::from(io::ErrorKind::OutOfMemory);
            let copy = inner.copy().map_err(no_memory)?;
            if let Some(waker) = &waker {
                memory::push(&mut inner.waiting, (waker.handle(), false)).map_err(no_memory)?;
            }
            copy
        };
        let wake_up = waker
            .as_ref()
            .map_or(WakeUp::Unavailable, |waker| WakeUp::By(waker.poll_fd()));
        let result = set.poll(wake_up, left);
        let mut inner = self.0.lock();
        if let Some(waker) = waker {
            let end = waker.handle();
            let at = inner.waiting.iter().position(|(waiting, _)| *waiting == end);
            let signalled = at.is_some_and(|at| inner.waiting.swap_remove(at).1);
            if signalled {
                waker.drain();
            } else if set.woken() {
                // Its number was closed or reused behind our back.
                std::mem::forget(waker);
                waker::forget_of_thread();
            }
        }
        if result? == Readiness::Interrupted {
            return Ok(Readiness::Interrupted);
        }
        let mut reported = 0;
        for (key, revents) in keys.into_iter().zip(set.revents()) {
            if revents != 0 && reported < room && inner.report(key, revents, report) {
                reported += 1;
            }
        }
        Ok(Readiness::Ready)
    }

    fn wake(&self) {
        let mut inner = self.0.lock();
        inner.woken = true;
        inner.wake_waiting();
    }

    fn take_wake(&self) {
        self.0.lock().woken = false;
    }
}

fn item(fd: RawFd, interest: Interest) -> io::Result<Item> {
    let refusal = match interest.mode {
        Trigger::Edge => libc::EOPNOTSUPP,
        _ if fd < 0 => libc::EBADF,
        Trigger::Level | Trigger::OneShot => 0,
    };
    if refusal != 0 {
        return Err(io::Error::from_raw_os_error(refusal));
    }
    Ok(Item {
        fd,
        interest,
        armed: true,
    })
}

/// Refuses a number that is not an open descriptor, as epoll does; otherwise `report` would silently forget it.
fn check_open(fd: RawFd) -> io::Result<()> {
    // SAFETY: no memory is involved.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn unknown() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

/// Makes a selector.
#[cfg(any(
    polysock_portable,
    not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))
))]
pub fn new_selector() -> io::Result<std::sync::Arc<dyn Selector>> {
    Ok(std::sync::Arc::new(PollSet::new()))
}
