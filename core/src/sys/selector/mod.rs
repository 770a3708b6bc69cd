//! What a poller needs from the system: descriptors are registered once, and the ready ones are reported.

#[cfg(all(target_os = "linux", not(polysock_portable)))]
mod epoll;
#[cfg(all(any(target_vendor = "apple", target_os = "freebsd"), not(polysock_portable)))]
mod kqueue;
mod poll;

#[cfg(all(target_os = "linux", not(polysock_portable)))]
pub use epoll::new_selector;
#[cfg(all(any(target_vendor = "apple", target_os = "freebsd"), not(polysock_portable)))]
pub use kqueue::new_selector;
#[cfg(any(
    polysock_portable,
    not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))
))]
pub use poll::new_selector;
pub use poll::PollSet;

use super::unix::Readiness;
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

/// How often a registration reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// At every wait while the socket is ready.
    #[default]
    Level,
    /// Once each time it becomes ready: read or write until there is nothing to do before waiting again. Not supported
    /// on systems without epoll(7) or kqueue(2).
    Edge,
    /// Once; then it is silent until modified.
    OneShot,
}

/// What is waited for: `POLL…` bits, and how often they are reported.
#[derive(Clone, Copy, Debug)]
pub struct Interest {
    pub events: i16,
    pub mode: Trigger,
}

/// A set of registered descriptors, each under a key. Any number of threads may change it and wait on it.
pub trait Selector: Send + Sync {
    /// Registers a descriptor; `EEXIST` when it is already registered.
    fn add(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()>;

    /// Changes what is waited for; arms a [`Trigger::OneShot`] again.
    fn modify(&self, fd: RawFd, key: u64, interest: Interest) -> io::Result<()>;

    /// Forgets a descriptor, which is still open.
    fn remove(&self, fd: RawFd, key: u64) -> io::Result<()>;

    /// Waits for events no longer than `left` (`None`: forever; zero: just looks) and reports at most `room` of them, by
    /// key; [`WAKE`] when woken. It may return `Ready` without a report.
    fn wait(
        &self,
        room: usize,
        left: Option<Duration>,
        report: &mut dyn FnMut(u64, i16),
    ) -> io::Result<Readiness>;

    /// Makes every wait return, including later ones, until the wake-up is taken back.
    fn wake(&self);

    /// Takes a wake-up back.
    fn take_wake(&self);

    /// Gives up a forked child's share of its parent's selector, without changing it for the parent.
    fn leave_to_parent(self: Arc<Self>) {}
}

/// The most events that one wait reports; the others come with the next one, in turn.
pub const MOST_EVENTS: usize = 256;

/// The key under which a wake-up is reported.
pub const WAKE: u64 = 0;
