//! A poll that another thread can end: besides the descriptors of interest it has an entry for the wake-up descriptor
//! of the polling thread.

use super::os;
use super::unix::Readiness;
use crate::error::Kind;
use crate::memory;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

/// Stands for no descriptor: poll(2) ignores negative numbers.
pub const NO_FD: RawFd = -1;

/// The longest time that a thread without a wake-up descriptor sleeps.
const SLICE: Duration = Duration::from_millis(50);

/// How another thread ends a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeUp {
    /// It never needs to.
    Unneeded,
    /// With this descriptor.
    By(RawFd),
    /// No descriptor was available: the poll ends by itself after a short while, and counts as woken.
    Unavailable,
}

/// Descriptors to poll, kept in an array or in a `Vec`.
pub struct WakeablePoll<S> {
    /// The first is for the wake-up descriptor.
    set: S,
}

/// A poll of one descriptor.
pub type SinglePoll = WakeablePoll<[libc::pollfd; 2]>;

/// A poll of any number of descriptors.
pub type ManyPoll = WakeablePoll<Vec<libc::pollfd>>;

impl SinglePoll {
    /// Polls one descriptor, or [`NO_FD`].
    pub fn new(fd: RawFd, events: i16) -> Self {
        Self {
            set: [entry(NO_FD, 0), entry(fd, events)],
        }
    }
}

impl ManyPoll {
    /// An empty one, with memory for `capacity` descriptors.
    pub fn with_capacity(capacity: usize) -> Result<Self, Kind> {
        let mut set = memory::list(capacity + 1)?;
        set.push(entry(NO_FD, 0));
        Ok(Self { set })
    }

    /// Forgets all descriptors.
    pub fn clear(&mut self) {
        self.set.truncate(1);
    }

    /// Adds a descriptor, for which there is memory.
    pub fn push(&mut self, fd: RawFd, events: i16) {
        self.set.push(entry(fd, events));
    }
}

impl<S: AsRef<[libc::pollfd]> + AsMut<[libc::pollfd]>> WakeablePoll<S> {
    /// Waits until a descriptor has an event, another thread ends the wait or the time is up.
    pub fn poll(&mut self, wake_up: WakeUp, left: Option<Duration>) -> io::Result<Readiness> {
        let (wake_fd, left) = match wake_up {
            WakeUp::Unneeded => (NO_FD, left),
            WakeUp::By(fd) => (fd, left),
            WakeUp::Unavailable => (NO_FD, Some(left.map_or(SLICE, |left| left.min(SLICE)))),
        };
        let set = self.set.as_mut();
        if let Some(first) = set.first_mut() {
            *first = entry(wake_fd, libc::POLLIN);
        }
        match os::poll(set, left)? {
            Readiness::TimeUp if wake_up == WakeUp::Unavailable => Ok(Readiness::Ready),
            ended @ (Readiness::Ready | Readiness::TimeUp | Readiness::Interrupted) => Ok(ended),
        }
    }

    /// What was found, in the order of the descriptors.
    pub fn revents(&self) -> impl Iterator<Item = i16> + '_ {
        self.set.as_ref().iter().skip(1).map(|entry| entry.revents)
    }

    /// Whether the wake-up descriptor had an event.
    pub fn woken(&self) -> bool {
        self.set.as_ref().first().is_some_and(|first| first.revents != 0)
    }
}

/// The events that a descriptor has now, those asked for and `POLLERR`, `POLLHUP` and `POLLNVAL`.
pub fn events_now(fd: BorrowedFd<'_>, events: i16) -> io::Result<i16> {
    let mut set = [entry(fd.as_raw_fd(), events)];
    match os::poll(&mut set, Some(Duration::ZERO))? {
        Readiness::Interrupted => Err(io::Error::from_raw_os_error(libc::EINTR)),
        Readiness::Ready | Readiness::TimeUp => {
            let [entry] = set;
            Ok(entry.revents)
        }
    }
}

/// Whether there is something to receive, and no error that a receive would report instead.
pub fn has_more(fd: BorrowedFd<'_>) -> bool {
    events_now(fd, libc::POLLIN).is_ok_and(|seen| seen & (libc::POLLIN | libc::POLLERR) == libc::POLLIN)
}

fn entry(fd: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd {
        fd,
        events,
        revents: 0,
    }
}
