//! One `send_all` at a time per handle, so that messages of several threads never interleave; and one read at a time
//! where that is Java's rule ([`net::read`](crate::net::read)).
//!
//! A turn has an owner, who may take it again: a signal handler that runs in the middle of a `send_all` may send
//! too. Waiting for it keeps the deadline of the call and ends when the handle is closed.

use crate::error::Kind;
use crate::handle::{Direction, Handle, WaitingFor, Watch};
use crate::host::Host;
use crate::time::Limit;
use crate::wait::{wait, Waited};
use std::thread::{self, ThreadId};

/// Who has the turn, and how many times.
pub(crate) struct Owner {
    thread: ThreadId,
    depth: usize,
}

/// The turn in one direction, until dropped.
pub(crate) struct Turn<'a>(&'a Handle, Direction);

impl<'a> Turn<'a> {
    /// Takes the turn, waiting for it as long as the deadline allows.
    pub(crate) fn take<H: Host>(
        handle: &'a Handle,
        direction: Direction,
        host: &mut H,
        limit: &mut Limit,
    ) -> Result<Self, Kind> {
        loop {
            if let Some(turn) = Self::try_take(handle, direction) {
                return Ok(turn);
            }
            if !limit.may_wait() {
                return Err(Kind::WouldBlock);
            }
            let deadline = limit.deadline();
            let inside = handle.enter()?;
            let waited = host.block(|| {
                let mut watch = Watch::new(handle, WaitingFor::Turn(direction));
                // Free again since we looked? Then nobody will signal.
                if Self::is_free(handle, direction) {
                    return Waited::Ready;
                }
                wait(handle, None, deadline, &mut watch)
            });
            drop(inside);
            match waited {
                Waited::Ready => {}
                Waited::TimeUp => return Err(Kind::TimedOut),
                Waited::Closed => return Err(Kind::Closed),
                Waited::Failed(kind) => return Err(kind),
                Waited::Interrupted => host.interrupted().map_err(|_| Kind::Interrupted)?,
            }
        }
    }

    fn try_take(handle: &'a Handle, direction: Direction) -> Option<Self> {
        let me = thread::current().id();
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
        let turn = shared.turn(self.1);
        let Some(owner) = turn else { return };
        if owner.thread != thread::current().id() {
            return;
        }
        owner.depth -= 1;
        if owner.depth == 0 {
            *turn = None;
            shared.wake_next(self.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Plain;
    use crate::mode::Mode;
    use crate::time::Timeout;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc;
    use std::time::Duration;

    /// The thread that was woken gave up at that moment, and nobody woke the next one.
    #[test]
    fn a_wake_up_that_comes_too_late_is_passed_on() {
        let (end, _other) = UnixStream::pair().unwrap();
        let handle = Handle::new(end.into(), Mode::new(false, false));
        let turn = Turn::take(
            &handle,
            Direction::Send,
            &mut Plain,
            &mut Limit::new(Timeout::Never),
        )
        .ok()
        .unwrap();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let gives_up = Watch::new(&handle, WaitingFor::Turn(Direction::Send));
            scope.spawn(|| {
                let next = Turn::take(
                    &handle,
                    Direction::Send,
                    &mut Plain,
                    &mut Limit::new(Timeout::Never),
                );
                tell.send(next.is_ok()).unwrap();
            });
            while handle.shared.lock().waiters() < 2 {
                thread::yield_now();
            }
            drop(turn);
            drop(gives_up);
            let woken = told.recv_timeout(Duration::from_secs(10));
            handle.close(&mut Plain, |_| ()).unwrap();
            assert_eq!(woken, Ok(true));
        });
    }
}
