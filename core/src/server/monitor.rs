//! A state shared by threads, of which some wait until it has changed.

use crate::caller::{block_until_done, Caller, Interruptible};
use crate::error::{Error, Operation, Result};
use crate::sys::fork::{ForkLock, Held, InChild};
use crate::sys::thread::{self, Thread};
use crate::time::{Deadline, Left};
use std::time::{Duration, Instant};

/// How often a thread that waits for others lets its caller handle signals.
pub(crate) const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// A state whose changes threads may wait for. A thread that changes it wakes the watchers.
pub(crate) trait Watched: InChild {
    /// The threads that are woken whenever the state changes.
    fn watchers(&mut self) -> &mut Vec<Thread>;

    fn wake_watchers(&mut self) {
        self.watchers().iter().for_each(Thread::unpark);
    }
}

pub(crate) struct Monitor<S: Watched>(ForkLock<S>);

impl<S: Watched> Monitor<S> {
    pub(crate) fn new() -> Self {
        Self(ForkLock::new())
    }

    #[inline]
    pub(crate) fn lock(&self) -> Held<'_, S> {
        self.0.lock()
    }

    /// Sleeps until the state satisfies a condition (true) or the deadline has passed (false).
    pub(crate) fn sleep_until<C: Caller>(
        &self,
        deadline: Deadline,
        caller: &mut C,
        so: impl Fn(&S) -> bool + Send + Sync,
    ) -> Result<bool>
    where
        S: Send,
    {
        let _watching = Watching::begin(self);
        let slept = block_until_done(caller, || {
            let soon = Instant::now() + SIGNAL_INTERVAL;
            let end = match deadline {
                Deadline::Never => soon,
                Deadline::NonBlocking => Instant::now(),
                Deadline::At(moment) => moment.min(soon),
            };
            let is_so = self.park_until(end, &so);
            Ok(if is_so || matches!(deadline.left(), Left::Nothing) {
                Interruptible::Done(is_so)
            } else {
                Interruptible::Interrupted // there may have been a signal: parking does not report it
            })
        });
        slept.map_err(|kind| Error::new(Operation::Server, kind))
    }

    /// The same, without a caller, for a thread that is already among the watchers.
    pub(crate) fn park_until(&self, end: Instant, so: impl Fn(&S) -> bool) -> bool {
        loop {
            if so(&self.lock()) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left);
        }
    }
}

impl<S: Watched> Drop for Monitor<S> {
    fn drop(&mut self) {
        // In a forked child this replaces the parent's value, which some thread of the parent may have been changing, with
        // a fresh one.
        drop(self.lock());
    }
}

/// While this exists, its thread is woken whenever the state changes.
pub(crate) struct Watching<'a, S: Watched>(&'a Monitor<S>);

impl<'a, S: Watched> Watching<'a, S> {
    pub(crate) fn begin(monitor: &'a Monitor<S>) -> Self {
        monitor.lock().watchers().push(thread::current());
        Self(monitor)
    }
}

impl<S: Watched> Drop for Watching<'_, S> {
    fn drop(&mut self) {
        let me = thread::me();
        let mut state = self.0.lock();
        let watchers = state.watchers();
        if let Some(at) = watchers.iter().position(|watcher| watcher.id() == me) {
            watchers.swap_remove(at);
        }
    }
}
