//! kqueue(2): a wait costs as much as is ready, however much is registered; and changes can be waited for.
//!
//! A queue reports reading and writing of a descriptor as two events, and errors and ends in its own way. So its events only
//! say which descriptors to look at: what is reported is what poll(2) then finds, which is the same as everywhere else. A
//! forked child does not inherit the queue.

use super::{Interest, Selector, Trigger, MOST_EVENTS, WAKE};
use crate::memory;
use crate::sys::fork::{ForkLock, Held, InChild};
use crate::sys::kernel::PEER_ENDED;
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

    /// Has the queue watch a descriptor for what is asked for.
    fn watch(&self, fd: RawFd, interest: Interest) -> io::Result<()> {
        let events = interest.events;
        let on = libc::EV_ADD
            | libc::EV_ENABLE
            | match interest.mode {
                Trigger::Level => 0,
                Trigger::Edge => libc::EV_CLEAR,
                Trigger::OneShot => libc::EV_DISPATCH, // disabled once it has reported, not removed
            };
        let reading = |mode| kqueue::change(fd, libc::EVFILT_READ, on | mode);
        let read = if events & libc::POLLIN != 0 {
            Some(reading(0))
        } else if events & PEER_ENDED != 0 {
            Some(kqueue::end_only(reading(0)))
        } else if events == 0 {
            // Only for errors, which can't be told from the end of the peer's stream: that must not be reported for ever.
            Some(kqueue::end_only(reading(libc::EV_CLEAR)))
        } else {
            None
        };
        let write = (events & libc::POLLOUT != 0).then(|| kqueue::change(fd, libc::EVFILT_WRITE, on));
        let urgent = (events & libc::POLLPRI != 0)
            .then(|| kqueue::urgent(fd, on))
            .transpose()?;
        for change in [read, write, urgent].into_iter().flatten() {
            kqueue::apply(&self.queue, &mut [change])?;
        }
        Ok(())
    }

    /// Does the same to everything that is watched for on a descriptor.
    ///
    /// # Errors
    /// `ENOENT` when nothing is: it was closed, or was never registered.
    fn change_all(&self, fd: RawFd, flags: u16) -> io::Result<()> {
        let change = |change| kqueue::apply(&self.queue, &mut [change]);
        let read = change(kqueue::change(fd, libc::EVFILT_READ, flags));
        let write = change(kqueue::change(fd, libc::EVFILT_WRITE, flags));
        let urgent = kqueue::urgent(fd, flags).and_then(change);
        urgent.or(write).or(read)
    }

    /// Whether the queue still watches a descriptor: one that was closed without being removed is forgotten, as by epoll.
    fn is_watched(&self, fd: RawFd, item: Item) -> bool {
        self.change_all(
            fd,
            if item.armed {
                libc::EV_ENABLE
            } else {
                libc::EV_DISABLE
            },
        )
        .is_ok()
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
            // Not every poll(2) knows of this end.
            let ended = if kqueue::is_end(event) {
                item.interest.events & PEER_ENDED
            } else {
                0
            };
            if let Some((.., entry)) = found.iter_mut().find(|(other, ..)| *other == fd) {
                entry.revents |= ended; // its other direction
                continue;
            }
            let entry = libc::pollfd {
                fd,
                events: item.interest.events,
                revents: ended,
            };
            found.push((fd, item.key, entry));
            set.push(entry);
        }
        drop(items);
        os::poll(&mut set, Some(Duration::ZERO))?; // never interrupted, since it does not wait
        for ((.., entry), polled) in found.iter_mut().zip(set) {
            entry.revents |= polled.revents;
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
            // The event that came has disabled its own direction only.
            let _ = self.change_all(fd, libc::EV_DISABLE);
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
        self.change_all(fd, libc::EV_DELETE)?;
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
        self.change_all(fd, libc::EV_DELETE)
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
