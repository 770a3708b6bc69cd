//! What the threads of a handle tell each other, and what follows its descriptor.

use super::turn::Owner;
use super::Direction;
use crate::address::Address;
use crate::sys::fork::InChild;
use crate::sys::thread::{Thread, ThreadId};
use crate::sys::waker::WakeHandle;
use std::os::fd::BorrowedFd;
use std::sync::Weak;
use std::time::{Duration, Instant};

/// Who has waited so long for a turn gets the next one, whoever else comes. Below that the thread that had the last
/// turn may take the next too: to hand over each time would cost a switch of threads a message.
const PASSED_OVER: Duration = Duration::from_millis(1);

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
    pub(crate) need_nonblocking: u32,
    /// The address that a connect which has begun and not ended is to reach.
    pub(crate) connecting_to: Option<Box<Address>>,
}

/// What a registered thread waits for.
#[derive(Clone, Copy)]
pub(crate) enum Reason {
    Readiness,
    Turn(Candidate),
}

/// A thread that waits for its turn.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) direction: Direction,
    pub(crate) thread: ThreadId,
    pub(crate) since: Instant,
}

pub(super) struct Waiter {
    pub(super) end: WakeHandle,
    pub(super) reason: Reason,
    pub(super) signalled: bool,
}

/// What keeps the descriptor of a handle and must let go before it is closed or given up.
pub(crate) trait Follower: Send + Sync {
    fn release(&self, key: u64, fd: BorrowedFd<'_>);
}

/// A follower of a handle, and what it calls the handle.
pub(crate) struct Following {
    pub(crate) follower: Weak<dyn Follower>,
    pub(crate) key: u64,
}

impl InChild for Shared {
    /// The parent's threads wait and take turns in the parent; what follows the descriptor follows the child's too.
    fn in_child(parents: Option<Self>) -> Self {
        let followers = parents.map(|mut parents| {
            let followers = std::mem::take(&mut parents.followers);
            std::mem::forget(parents);
            followers
        });
        Self {
            followers: followers.unwrap_or_default(),
            ..Self::default()
        }
    }
}

impl Shared {
    /// Whose turn it is in this direction.
    pub(crate) fn turn(&mut self, direction: Direction) -> &mut Option<Owner> {
        match direction {
            Direction::Receive => &mut self.reader,
            Direction::Send => &mut self.writer,
        }
    }

    /// Ends a turn, and wakes who waits for it.
    pub(crate) fn pass_turn(&mut self, direction: Direction) {
        *self.turn(direction) = None;
        let longest = self.waiters.iter_mut().filter_map(|waiter| match waiter.reason {
            Reason::Turn(candidate) if candidate.direction == direction => Some((candidate, waiter)),
            Reason::Turn(_) | Reason::Readiness => None,
        });
        let Some((candidate, waiter)) = longest.min_by_key(|(candidate, _)| candidate.since) else {
            return;
        };
        if candidate.since.elapsed() < PASSED_OVER {
            self.wake_next(direction);
            return;
        }
        if !waiter.signalled {
            waiter.signal();
        }
        *self.turn(direction) = Some(Owner::granted(candidate.thread));
    }

    /// Wakes the first thread that waits for its turn and was not woken yet.
    pub(super) fn wake_next(&mut self, direction: Direction) {
        let next = self.waiters.iter_mut().find(|waiter| {
            let waits = matches!(waiter.reason, Reason::Turn(candidate) if candidate.direction == direction);
            waits && !waiter.signalled
        });
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
