//! One `send_all` at a time per handle, so that messages of several threads never interleave; and one read at a time
//! where that is Java's rule ([`java_net::read`](crate::java_net::read)).
//!
//! A turn has an owner, who may take it again: a signal handler that runs in the middle of a `send_all` may send
//! too. Waiting for it keeps the deadline of the call and ends when the handle is closed.

use crate::caller::{block_until_done, Caller, Interruptible};
use crate::error::Kind;
use crate::handle::{Candidate, Direction, Handle, Reason, Registration};
use crate::sys::thread::{me, ThreadId};
use crate::time::LazyDeadline;
use crate::wait::{wait_woken, WaitOutcome};
use std::time::Instant;

/// Who has the turn, and how many times; 0 times when it was granted and has not been taken yet.
pub(crate) struct Owner {
    thread: ThreadId,
    depth: usize,
}

impl Owner {
    /// The thread that is to take the next turn.
    pub(crate) fn granted(thread: ThreadId) -> Self {
        Self { thread, depth: 0 }
    }
}

/// The turn in one direction, until dropped.
pub(crate) struct Turn<'a>(&'a Handle, Direction);

impl<'a> Turn<'a> {
    /// Takes the turn, waiting for it as long as the deadline allows.
    pub(crate) fn take<C: Caller>(
        handle: &'a Handle,
        direction: Direction,
        caller: &mut C,
        limit: &mut LazyDeadline,
    ) -> Result<Self, Kind> {
        match Self::try_take(handle, direction) {
            Some(turn) => Ok(turn),
            None if !limit.may_wait() => Err(Kind::WouldBlock),
            None => Self::wait(handle, direction, caller, limit),
        }
    }

    #[cold]
    fn wait<C: Caller>(
        handle: &'a Handle,
        direction: Direction,
        caller: &mut C,
        limit: &mut LazyDeadline,
    ) -> Result<Self, Kind> {
        let candidate = Candidate {
            direction,
            thread: me(),
            since: Instant::now(),
        };
        let deadline = limit.deadline();
        block_until_done(caller, || {
            let _inside = handle.enter()?;
            loop {
                let grant = Grant(handle, direction);
                let mut registration = Registration::new(handle, Reason::Turn(candidate));
                // Free again since we looked? Then no other thread will wake this one.
                let waited = if Self::is_free(handle, direction) {
                    WaitOutcome::Ready
                } else {
                    wait_woken(deadline, &mut registration)
                };
                drop(registration);
                match waited {
                    WaitOutcome::Ready => {
                        if let Some(turn) = Self::try_take(handle, direction) {
                            return Ok(Interruptible::Done(turn));
                        }
                    }
                    WaitOutcome::TimeUp => return Err(Kind::TimedOut),
                    WaitOutcome::Closed => return Err(Kind::Closed),
                    WaitOutcome::Failed(kind) => return Err(kind),
                    WaitOutcome::Interrupted => return Ok(Interruptible::Interrupted),
                }
                drop(grant);
            }
        })
    }

    fn try_take(handle: &'a Handle, direction: Direction) -> Option<Self> {
        let me = me();
        match handle.shared.lock().turn(direction) {
            free @ None => {
                *free = Some(Owner { thread: me, depth: 1 });
            }
            Some(owner) if owner.thread == me => owner.depth += 1,
            Some(_) => return None,
        }
        Some(Self(handle, direction))
    }

    fn is_free(handle: &Handle, direction: Direction) -> bool {
        handle.shared.lock().turn(direction).is_none()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut shared = self.0.shared.lock();
        // In a child forked meanwhile the turn is free already.
        let Some(owner) = shared.turn(self.1) else { return };
        if owner.thread != me() {
            return;
        }
        owner.depth -= 1;
        if owner.depth == 0 {
            shared.pass_turn(self.1);
        }
    }
}

/// A thread that waits for its turn, until dropped: a turn granted to it that it did not take is passed on.
struct Grant<'a>(&'a Handle, Direction);

impl Drop for Grant<'_> {
    fn drop(&mut self) {
        let mut shared = self.0.shared.lock();
        let me = me();
        if matches!(shared.turn(self.1), Some(owner) if owner.thread == me && owner.depth == 0) {
            shared.pass_turn(self.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::NativeCaller;
    use crate::handle::BlockingMode;
    use crate::time::Timeout;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    /// The thread that was woken gave up at that moment, and nobody woke the next one.
    #[test]
    fn a_wake_up_that_comes_too_late_is_passed_on() {
        passed_on(Instant::now());
    }

    #[test]
    fn a_turn_that_was_granted_and_not_taken_is_passed_on() {
        passed_on(Instant::now().checked_sub(Duration::from_secs(1)).unwrap());
    }

    /// This thread has waited since then, and gives up when the turn before ends.
    fn passed_on(since: Instant) {
        let (end, _other) = UnixStream::pair().unwrap();
        let handle = Handle::new(end.into(), BlockingMode::new(false, false));
        let turn = Turn::take(
            &handle,
            Direction::Send,
            &mut NativeCaller,
            &mut LazyDeadline::new(Timeout::Never),
        )
        .ok()
        .unwrap();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let candidate = Candidate {
                direction: Direction::Send,
                thread: me(),
                since,
            };
            let grant = Grant(&handle, Direction::Send);
            let gives_up = Registration::new(&handle, Reason::Turn(candidate));
            scope.spawn(|| {
                let next = Turn::take(
                    &handle,
                    Direction::Send,
                    &mut NativeCaller,
                    &mut LazyDeadline::new(Timeout::Never),
                );
                tell.send(next.is_ok()).unwrap();
            });
            while handle.shared.lock().waiters() < 2 {
                thread::yield_now();
            }
            drop(turn);
            drop(gives_up);
            drop(grant);
            let woken = told.recv_timeout(Duration::from_secs(10));
            handle.close(&mut NativeCaller, |_| Ok(())).unwrap();
            assert_eq!(woken, Ok(true));
        });
    }
}
