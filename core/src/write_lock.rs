//! One `send_all` at a time per handle, so that messages of several threads never interleave.
//!
//! The lock has an owner, who may take it again: a signal handler that runs in the middle of a `send_all` may send
//! too. Waiting for it keeps the deadline of the call and ends when the handle is closed.

use crate::error::Kind;
use crate::handle::{Handle, WaitingFor, Watch};
use crate::host::Host;
use crate::time::Limit;
use crate::wait::{wait, Waited};
use std::thread::{self, ThreadId};

/// Who holds the lock, and how many times.
pub(crate) struct Writer {
    owner: ThreadId,
    depth: usize,
}

/// The lock, until dropped.
pub(crate) struct WriteTurn<'a>(&'a Handle);

impl<'a> WriteTurn<'a> {
    /// Takes the lock, waiting for it as long as the deadline allows.
    pub(crate) fn take<H: Host>(handle: &'a Handle, host: &mut H, limit: &mut Limit) -> Result<Self, Kind> {
        loop {
            if let Some(turn) = Self::try_take(handle) {
                return Ok(turn);
            }
            if !limit.may_wait() {
                return Err(Kind::WouldBlock);
            }
            let deadline = limit.deadline();
            let inside = handle.enter()?;
            let waited = host.block(|| {
                let mut watch = Watch::new(handle, WaitingFor::WriteLock);
                // Free again since we looked? Then nobody will signal.
                if Self::is_free(handle) {
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

    fn try_take(handle: &'a Handle) -> Option<Self> {
        let me = thread::current().id();
        let mut shared = handle.shared.lock();
        match &mut shared.writer {
            None => shared.writer = Some(Writer { owner: me, depth: 1 }),
            Some(writer) if writer.owner == me => writer.depth += 1,
            Some(_) => return None,
        }
        Some(Self(handle))
    }

    fn is_free(handle: &Handle) -> bool {
        handle.shared.lock().writer.is_none()
    }
}

impl Drop for WriteTurn<'_> {
    fn drop(&mut self) {
        let mut shared = self.0.shared.lock();
        // In a child forked meanwhile the lock is free already.
        let Some(writer) = &mut shared.writer else { return };
        if writer.owner != thread::current().id() {
            return;
        }
        writer.depth -= 1;
        if writer.depth == 0 {
            shared.writer = None;
            shared.wake_writer();
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
        let turn = WriteTurn::take(&handle, &mut Plain, &mut Limit::new(Timeout::Never))
            .ok()
            .unwrap();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let gives_up = Watch::new(&handle, WaitingFor::WriteLock);
            scope.spawn(|| {
                let next = WriteTurn::take(&handle, &mut Plain, &mut Limit::new(Timeout::Never));
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
