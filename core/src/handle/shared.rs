//! The state that the threads using a handle share under its lock.

use super::direction::Direction;
use super::messages::{Incoming, Messages};
use super::subscription::Subscription;
use super::turns::Turns;
use super::waiters::Waiters;
use crate::address::Address;
use crate::framing::Unfinished;
use crate::sys::fork::InChild;
use crate::sys::thread::{me, Thread};
use std::time::Duration;

/// A thread that has waited this long gets the next turn, whichever thread asks first. Before that, the thread that had
/// the last turn may take the next one too: handing over each time would cost a thread switch per message.
const OWED_A_TURN_AFTER: Duration = Duration::from_millis(1);

#[derive(Default)]
#[repr(C)] // the turns beside the lock
pub(crate) struct Shared {
    pub(super) turns: Turns,
    pub(super) waiters: Waiters,
    pub(super) subscriptions: Vec<Subscription>,
    /// The thread whose close waits for the calls inside to leave.
    pub(super) closer: Option<Thread>,
    /// Some thread has the turn to accept.
    pub(super) accepting: bool,
    /// How many calls need the descriptor in non-blocking mode.
    pub(super) need_nonblocking: u32,
    /// The address of a connect that has begun but not ended.
    pub(crate) connecting_to: Option<Box<Address>>,
    /// Only where messages are sent or received.
    pub(super) messages: Option<Box<Messages>>,
}

impl InChild for Shared {
    /// The parent's threads wait and take turns in the parent; the child gets its own copies of its parent's
    /// subscriptions and of what it keeps for messages.
    fn in_child(parents: Option<Self>) -> Self {
        let mut child = Self::default();
        if let Some(mut parents) = parents {
            child.subscriptions = std::mem::take(&mut parents.subscriptions);
            child.messages = parents.messages.take().map(Messages::in_child);
            std::mem::forget(parents);
        }
        child
    }
}

impl Shared {
    /// What was received ahead, if anything ever was.
    pub(super) fn incoming(&mut self) -> Option<&mut Incoming> {
        self.messages.as_mut().map(|messages| &mut messages.incoming)
    }

    /// Takes out the message that a call has sent only a part of.
    pub(crate) fn take_unfinished(&mut self) -> Option<Unfinished> {
        self.messages.as_mut()?.unfinished.take()
    }

    pub(crate) fn put_unfinished(&mut self, message: Unfinished) {
        self.messages.get_or_insert_default().unfinished = Some(message);
    }

    /// Ends a turn that this thread has taken.
    pub(super) fn end_turn(&mut self, direction: Direction) {
        if self.turns.give_back(direction, me()) {
            self.pass_turn(direction);
        }
    }

    /// Ends a turn, and wakes a thread that waits for it.
    pub(super) fn pass_turn(&mut self, direction: Direction) {
        self.turns.set_free(direction);
        let Some((candidate, waiter)) = self.waiters.longest(direction) else {
            return;
        };
        if candidate.since.elapsed() < OWED_A_TURN_AFTER {
            self.waiters.signal_next(direction);
        } else {
            waiter.signal();
            self.turns.grant(direction, candidate.thread);
        }
    }
}
