//! Which thread's turn it is to receive, and to send.

use super::direction::{Direction, PerDirection};
use crate::sys::thread::ThreadId;

#[derive(Default)]
pub(super) struct Turns(PerDirection<Owner>);

/// The owner of a turn.
#[derive(Default)]
enum Owner {
    #[default]
    None,
    /// This one should take it next.
    Granted(ThreadId),
    /// This one has it, and may take it again in a signal handler.
    Taken { thread: ThreadId, times: u32 },
}

impl Turns {
    /// Takes the turn if it is free, granted to the thread, or already the thread's.
    pub(super) fn take(&mut self, direction: Direction, thread: ThreadId) -> bool {
        let owner = self.0.of_mut(direction);
        let times = match owner {
            Owner::None => 0,
            Owner::Granted(granted) if *granted == thread => 0,
            Owner::Taken { thread: taken, times } if *taken == thread => *times,
            Owner::Granted(_) | Owner::Taken { .. } => return false,
        };
        *owner = Owner::Taken {
            thread,
            times: times + 1,
        };
        true
    }

    /// Gives back a turn that the thread has taken. True when the thread no longer has it, so that it should be passed
    /// on.
    pub(super) fn give_back(&mut self, direction: Direction, thread: ThreadId) -> bool {
        match self.0.of_mut(direction) {
            Owner::Taken { thread: taken, times } if *taken == thread => {
                *times -= 1;
                *times == 0
            }
            // In a child that was forked meanwhile, the turn is free or another thread's.
            Owner::None | Owner::Granted(_) | Owner::Taken { .. } => false,
        }
    }

    pub(super) fn set_free(&mut self, direction: Direction) {
        *self.0.of_mut(direction) = Owner::None;
    }

    /// Keeps the turn for a thread, which takes it when it wakes up.
    pub(super) fn grant(&mut self, direction: Direction, thread: ThreadId) {
        *self.0.of_mut(direction) = Owner::Granted(thread);
    }

    pub(super) fn is_free(&self, direction: Direction) -> bool {
        matches!(self.0.of(direction), Owner::None)
    }

    /// Whether its thread has taken the turn more than once.
    pub(super) fn is_nested(&self, direction: Direction) -> bool {
        matches!(self.0.of(direction), Owner::Taken { times: 2.., .. })
    }

    /// Whether the turn was granted to the thread, which has not taken it yet.
    pub(super) fn is_granted_to(&self, direction: Direction, thread: ThreadId) -> bool {
        matches!(self.0.of(direction), Owner::Granted(granted) if *granted == thread)
    }
}
