//! What the threads of a handle tell each other, and what follows its descriptor.

use super::Direction;
use crate::sys::wake;
use crate::turn::Owner;
use std::os::fd::BorrowedFd;
use std::sync::Weak;
use std::thread::Thread;

/// What the threads of a handle tell each other.
#[derive(Default)]
pub(crate) struct Shared {
    pub(super) waiters: Vec<Waiter>,
    pub(super) followers: Vec<Following>,
    pub(super) closer: Option<Thread>,
    /// Whose turn it is to read, and to write.
    reader: Option<Owner>,
    writer: Option<Owner>,
    pub(crate) accepting: bool,
    /// How many calls need the descriptor in non-blocking mode.
    pub(crate) need_nonblocking: usize,
}

/// What a registered thread waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitingFor {
    Readiness,
    Turn(Direction),
}

pub(super) struct Waiter {
    pub(super) end: wake::End,
    pub(super) waiting_for: WaitingFor,
    pub(super) signalled: bool,
}

/// What keeps the descriptor of a handle and must let go before it is closed or given up.
pub(crate) trait Follower: Send + Sync {
    fn let_go(&self, key: u64, fd: BorrowedFd<'_>);
}

/// A follower of a handle, and what it calls the handle.
pub(crate) struct Following {
    pub(crate) follower: Weak<dyn Follower>,
    pub(crate) key: u64,
}

impl Shared {
    /// Whose turn it is in this direction.
    pub(crate) fn turn(&mut self, direction: Direction) -> &mut Option<Owner> {
        match direction {
            Direction::Receive => &mut self.reader,
            Direction::Send => &mut self.writer,
        }
    }

    /// Wakes the first thread that waits for its turn.
    pub(crate) fn wake_next(&mut self, direction: Direction) {
        let next = self
            .waiters
            .iter_mut()
            .find(|w| w.waiting_for == WaitingFor::Turn(direction) && !w.signalled);
        if let Some(waiter) = next {
            waiter.signal();
        }
    }

    /// How many threads are registered.
    #[cfg(test)]
    pub(crate) fn waiters(&self) -> usize {
        self.waiters.len()
    }

    pub(super) fn wake_all(&mut self) {
        self.waiters
            .iter_mut()
            .filter(|w| !w.signalled)
            .for_each(Waiter::signal);
    }
}

impl Waiter {
    fn signal(&mut self) {
        self.signalled = true;
        self.end.signal();
    }
}
