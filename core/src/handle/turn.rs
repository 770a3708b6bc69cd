//! One `send_all` at a time per handle, so that messages from several threads never interleave; and one read at a time
//! where Java requires that ([`java_net::read`](crate::java_net::read)).
//!
//! The thread that has a turn may take it again: a signal handler that runs in the middle of a `send_all` may send too.
//! Waiting for a turn respects the deadline of the call and ends when the handle is closed.

use super::direction::Direction;
use super::handle::Handle;
use super::registration::Registration;
use super::waiters::{Candidate, Reason};
use crate::caller::{block_until_done, Caller, Interruptible};
use crate::error::Kind;
use crate::sys::thread::me;
use crate::time::LazyDeadline;
use crate::wait::{wait_woken, WaitOutcome};
use std::time::Instant;

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
                // Has it become free since we looked? Then no other thread will wake this one.
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

    /// Whether another call of this thread has the turn, too: one that this call, made by a signal handler, interrupts.
    pub(crate) fn is_nested(&self) -> bool {
        self.0.shared.lock().turns.is_nested(self.1)
    }

    fn try_take(handle: &'a Handle, direction: Direction) -> Option<Self> {
        let taken = handle.shared.lock().turns.take(direction, me());
        taken.then(|| Self(handle, direction))
    }

    fn is_free(handle: &Handle, direction: Direction) -> bool {
        handle.shared.lock().turns.is_free(direction)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.shared.lock().end_turn(self.1);
    }
}

/// A thread that waits for its turn, until dropped: a turn that was granted to it but not taken is then passed on.
struct Grant<'a>(&'a Handle, Direction);

impl Drop for Grant<'_> {
    fn drop(&mut self) {
        let mut shared = self.0.shared.lock();
        if shared.turns.is_granted_to(self.1, me()) {
            shared.pass_turn(self.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::NativeCaller;
    use crate::error::Operation;
    use crate::handle::BlockingMode;
    use crate::time::Timeout;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    /// Regression: the thread that was woken gave up at that very moment, and the next one was not woken.
    #[test]
    fn a_wake_up_that_comes_too_late_is_passed_on() {
        passed_on(Instant::now());
    }

    #[test]
    fn a_turn_that_was_granted_and_not_taken_is_passed_on() {
        passed_on(Instant::now().checked_sub(Duration::from_secs(1)).unwrap());
    }

    /// A thread that has waited since `since` gives up just when the turn before it ends.
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
            while handle.shared.lock().waiters.count() < 2 {
                thread::yield_now();
            }
            drop(turn);
            drop(gives_up);
            drop(grant);
            let woken = told.recv_timeout(Duration::from_secs(10));
            handle
                .close(&mut NativeCaller, Operation::Close, |_| Ok(()))
                .unwrap();
            assert_eq!(woken, Ok(true));
        });
    }
}
