//! The threads that are registered with a handle and wait.

use super::direction::Direction;
use crate::error::Kind;
use crate::memory;
use crate::sys::thread::ThreadId;
use crate::sys::waker::WakeHandle;
use std::time::Instant;

/// What a registered thread waits for.
#[derive(Clone, Copy)]
pub(crate) enum Reason {
    Readiness,
    Turn(Candidate),
}

/// A thread that waits for its turn.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(super) direction: Direction,
    pub(super) thread: ThreadId,
    pub(super) since: Instant,
}

#[derive(Default)]
pub(super) struct Waiters(Vec<Waiter>);

pub(super) struct Waiter {
    thread: WakeHandle,
    reason: Reason,
    signalled: bool,
}

impl Waiters {
    pub(super) fn add(&mut self, thread: WakeHandle, reason: Reason) -> Result<(), Kind> {
        let waiter = Waiter {
            thread,
            reason,
            signalled: false,
        };
        if self.0.capacity() == 0 {
            memory::reserve(&mut self.0, 1)?; // most sockets never have more waiters at once, and keep this memory
        }
        memory::push(&mut self.0, waiter)
    }

    /// Removes a thread from the list, and returns whether a signal is on its way to it.
    pub(super) fn remove(&mut self, thread: WakeHandle) -> bool {
        let at = self.0.iter().position(|waiter| waiter.thread == thread);
        at.is_some_and(|at| self.0.swap_remove(at).signalled)
    }

    /// Whether a thread was signalled since this was last asked.
    pub(super) fn take_signal(&mut self, thread: WakeHandle) -> bool {
        let waiter = self.0.iter_mut().find(|waiter| waiter.thread == thread);
        waiter.is_some_and(|waiter| std::mem::replace(&mut waiter.signalled, false))
    }

    pub(super) fn signal_all(&mut self) {
        self.0.iter_mut().for_each(Waiter::signal);
    }

    /// Signals the threads that wait until the handle is ready.
    pub(super) fn signal_ready(&mut self) {
        let waiting = self.0.iter_mut();
        waiting
            .filter(|waiter| matches!(waiter.reason, Reason::Readiness))
            .for_each(Waiter::signal);
    }

    /// Signals the first thread that waits for its turn and has not been signalled.
    pub(super) fn signal_next(&mut self, direction: Direction) {
        let next = self
            .0
            .iter_mut()
            .find(|waiter| !waiter.signalled && waiter.candidate(direction).is_some());
        if let Some(waiter) = next {
            waiter.signal();
        }
    }

    /// The thread that has waited longest for its turn.
    pub(super) fn longest(&mut self, direction: Direction) -> Option<(Candidate, &mut Waiter)> {
        let candidates = self
            .0
            .iter_mut()
            .filter_map(|waiter| Some((waiter.candidate(direction)?, waiter)));
        candidates.min_by_key(|(candidate, _)| candidate.since)
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

impl Waiter {
    /// The candidate, if it waits for its turn in this direction.
    fn candidate(&self, direction: Direction) -> Option<Candidate> {
        match self.reason {
            Reason::Turn(candidate) if candidate.direction == direction => Some(candidate),
            Reason::Turn(_) | Reason::Readiness => None,
        }
    }

    /// Signals it, at most once until the signal is taken.
    pub(super) fn signal(&mut self) {
        if !self.signalled {
            self.signalled = true;
            self.thread.signal();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the socket itself that makes 256 bytes.
    #[test]
    fn one_waiter_takes_little_memory() {
        assert!(size_of::<Waiter>() <= 48, "{}", size_of::<Waiter>());
    }
}
