//! kqueue(2): a wait costs as much as is ready, however much is registered; and changes can be waited for.
//!
//! A queue reports reading and writing of a descriptor as two events, and errors and ends in its own way. So its events only
//! say which descriptors to look at: what is reported is what poll(2) then finds, which is the same as everywhere else. A
//! forked child does not inherit the queue.

use super::{Interest, Selector, Trigger, MOST_EVENTS, WAKE};
use crate::memory;
use crate::sys::fork::{ForkLock, Held, InChild};
use crate::sys::os::{self, kqueue};
use crate::sys::unix::Readiness;
use crate::sys::waker::{new_waker, Waker};
use libc::kevent;
use std::collections::BTreeMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// A queue, and the pipe that wakes its waits.
pub struct Kqueue {
    queue: OwnedFd,
    waker: Waker,
    items: ForkLock<Items>,
}

/// What is registered, by its descriptor, which is how a queue names it.
#[derive(Default)]
struct Items(BTreeMap<RawFd, Item>);

impl InChild for Items {}

#[derive(Clone, Copy)]
struct Item {
    key: u64,
    interest: Interest,
    /// It reports: a [`Trigger::OneShot`] that has reported does not until it is modified.
    armed: bool,
}

impl Kqueue {
    pub fn new() -> io::Result<Self> {
        let made = Self {
            queue: kqueue::create()?,
            waker: new_waker()?,
            items: ForkLock::new(),
        };
        let wake = Interest {
            events: libc::POLLIN,
            mode: Trigger::Level,
        };
        made.add(made.waker.poll_fd(), WAKE, wake)?;
        Ok(made)
    }

    /// Has the queue watch a descriptor, in both directions or in one.
    fn watch(&self, fd: RawFd, interest: Interest) -> io::Result<()> {
        let mode = match interest.mode {
            Trigger::Level => 0,
            Trigger::Edge => libc::EV_CLEAR,
            Trigger::OneShot => libc::EV_DISPATCH, // disabled once it has reported, not removed
        };
        let on = libc::EV_ADD | libc::EV_ENABLE | mode;
        // Ends and errors are always reported.
        let mut read = kqueue::change(fd, libc::EVFILT_READ, on);
        if interest.events & !libc::POLLOUT == 0 {
            read = kqueue::end_only(read);
        }
        let mut changes = [read, kqueue::change(fd, libc::EVFILT_WRITE, on)];
        let (wanted, _) = changes.split_at_mut(if interest.events & libc::POLLOUT == 0 {
            1
        } else {
            2
        });
        kqueue::apply(&self.queue, wanted)
    }

    /// Has the queue forget a descriptor. `ENOENT` when it does not know it: because it was closed, or was never registered.
    fn forget(&self, fd: RawFd) -> io::Result<()> {
        let delete = |filter| kqueue::apply(&self.queue, &mut [kqueue::change(fd, filter, libc::EV_DELETE)]);
        let _ = delete(libc::EVFILT_WRITE); // it need not be there
        delete(libc::EVFILT_READ)
    }

    /// Whether the queue still watches a descriptor: one that was closed without being removed is forgotten, as by epoll.
    fn is_watched(&self, fd: RawFd, item: Item) -> bool {
        let flags = if item.armed {
            libc::EV_ENABLE
        } else {
            libc::EV_DISABLE
        };
        kqueue::apply(&self.queue, &mut [kqueue::change(fd, libc::EVFILT_READ, flags)]).is_ok()
    }

    /// What poll(2) finds on the descriptors that the events name, each once.
    fn look(&self, events: &[MaybeUninit<kevent>]) -> io::Result<Vec<(RawFd, u64, libc::pollfd)>> {
        let no_memory = |_| io::Error::from(io::ErrorKind::OutOfMemory);
        let mut found: Vec<(RawFd, u64, libc::pollfd)> = memory::list(events.len()).map_err(no_memory)?;
        let mut set: Vec<libc::pollfd> = memory::list(events.len()).map_err(no_memory)?;
        let items = self.items.lock();
        for event in events {
            // SAFETY: the caller passes those that the kernel has written.
            let event = unsafe { event.assume_init_ref() };
            let fd = RawFd::try_from(event.ident).unwrap_or(-1);
            let known = items.0.get(&fd).filter(|item| item.armed);
            let Some(item) = known else { continue };
            if found.iter().any(|(other, ..)| *other == fd) {
                continue; // its other direction
            }
            let entry = libc::pollfd {
                fd,
                events: item.interest.events,
                revents: 0,
            };
            found.push((fd, item.key, entry));
            set.push(entry);
        }
        drop(items);
        os::poll(&mut set, Some(Duration::ZERO))?;
        for ((.., entry), polled) in found.iter_mut().zip(set) {
            *entry = polled;
        }
        Ok(found)
    }

    /// Whether a descriptor may report: it is still registered under this key, and is silent from now on if it reports once.
    fn takes_report(&self, items: &mut Held<'_, Items>, fd: RawFd, key: u64) -> bool {
        let Some(item) = items.0.get_mut(&fd).filter(|item| item.key == key && item.armed) else {
            return false;
        };
        if item.interest.mode == Trigger::OneShot {
            item.armed = false;
            // The event that came has disabled its own direction.
            for filter in [libc::EVFILT_READ, libc::EVFILT_WRITE] {
                let _ = kqueue::apply(&self.queue, &mut [kqueue::change(fd, filter, libc::EV_DISABLE)]);
            }
        }
        true
    }
}

impl Selector for Kqueue {
    fn add(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()> {
        let mut items = self.items.lock();
        if items.0.get(&fd).is_some_and(|item| self.is_watched(fd, *item)) {
            return Err(io::Error::from_raw_os_error(libc::EEXIST));
        }
        self.watch(fd, interest)?;
        let armed = true;
        items.0.insert(fd, Item { key, interest, armed });
        Ok(())
    }

    fn modify(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()> {
        let mut items = self.items.lock();
        let item = items
            .0
            .get_mut(&fd)
            .filter(|item| item.key == key)
            .ok_or_else(unknown)?;
        // The mode of what is watched can't be changed.
        self.forget(fd)?;
        self.watch(fd, interest)?;
        (item.interest, item.armed) = (interest, true);
        Ok(())
    }

    fn remove(&self, fd: RawFd, key: u64) -> io::Result<()> {
        let mut items = self.items.lock();
        if items.0.get(&fd).is_none_or(|item| item.key != key) {
            return Err(unknown());
        }
        items.0.remove(&fd);
        self.forget(fd)
    }

    fn wait(
        &self,
        room: usize,
        left: Option<Duration>,
        report: &mut dyn FnMut(u64, i16),
    ) -> io::Result<Readiness> {
        let mut events = [const { MaybeUninit::<kevent>::uninit() }; MOST_EVENTS];
        let (events, _) = events.split_at_mut(room.clamp(1, MOST_EVENTS));
        let count = match kqueue::wait(&self.queue, events, left) {
            Ok(0) => return Ok(Readiness::TimeUp),
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => return Ok(Readiness::Interrupted),
            count => usize::try_from(count?).unwrap_or(0),
        };
        let found = self.look(events.get(..count).unwrap_or(&[]))?;
        let mut items = self.items.lock();
        let mut reports =
            memory::list(found.len()).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        for (fd, key, entry) in found {
            if entry.revents & libc::POLLNVAL == 0
                && entry.revents != 0
                && self.takes_report(&mut items, fd, key)
            {
                reports.push((key, entry.revents));
            }
        }
        drop(items);
        for (key, revents) in reports {
            report(key, if key == WAKE { 0 } else { revents });
        }
        Ok(Readiness::Ready)
    }

    fn wake(&self) {
        self.waker.handle().signal();
    }

    fn take_wake(&self) {
        self.waker.drain_all();
    }

    fn leave_to_parent(self: Arc<Self>) {
        // The queue is not among what the child inherited, so its number may stand for something else there.
        self.waker.close_inherited();
        std::mem::forget(self);
    }
}

fn unknown() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

/// Makes a selector.
pub fn new_selector() -> io::Result<Arc<dyn Selector>> {
    Ok(Arc::new(Kqueue::new()?))
}
