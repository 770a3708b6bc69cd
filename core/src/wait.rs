//! Waiting until a descriptor is ready, the handle is closed, a signal arrives or a deadline passes.

use crate::error::Kind;
use crate::handle::Registration;
use crate::sys::unix::Readiness;
use crate::sys::wakeable_poll::{ManyPoll, SinglePoll, WakeUp, WakeablePoll, NO_FD};
use crate::time::{Deadline, Left};
use crate::trace::Sleep;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitOutcome {
    /// A descriptor has an event. For a wait that can be woken, also: another thread woke this one.
    Ready,
    TimeUp,
    Closed,
    Interrupted,
    Failed(Kind),
}

impl From<io::Result<Readiness>> for WaitOutcome {
    fn from(polled: io::Result<Readiness>) -> Self {
        match polled {
            Ok(Readiness::Ready) => Self::Ready,
            Ok(Readiness::TimeUp) => Self::TimeUp,
            Ok(Readiness::Interrupted) => Self::Interrupted,
            Err(error) => Self::Failed(Kind::from_io(&error)),
        }
    }
}

/// Waits until the descriptor has one of the events, the deadline passes, the handle is closed or a signal arrives.
/// Only the clock decides that time is up.
pub(crate) fn wait_ready(
    (fd, events): (BorrowedFd<'_>, i16),
    deadline: Deadline,
    registration: &mut Registration<'_>,
) -> WaitOutcome {
    let mut poll = SinglePoll::new(fd.as_raw_fd(), events);
    loop {
        let waited = wait_any(&mut poll, std::slice::from_mut(registration), deadline);
        if waited != WaitOutcome::Ready {
            return waited;
        }
        match poll.revents().next().unwrap_or(0) {
            0 => {} // this thread was woken
            seen if seen & libc::POLLNVAL != 0 => return WaitOutcome::Failed(Kind::Os(libc::EBADF)), // closed behind our back
            _ => return WaitOutcome::Ready,
        }
    }
}

/// The same without a descriptor: waits until another thread wakes this one.
pub(crate) fn wait_woken(deadline: Deadline, registration: &mut Registration<'_>) -> WaitOutcome {
    let mut poll = SinglePoll::new(NO_FD, 0);
    let waited = wait_any(&mut poll, std::slice::from_mut(registration), deadline);
    if waited == WaitOutcome::Ready && registration.is_closed() {
        WaitOutcome::Closed
    } else {
        waited
    }
}

/// Waits for any of several descriptors and handles. `Ready` also means that this thread was woken, or that it can't be
/// woken and should look for itself.
pub(crate) fn wait_any<S: AsRef<[libc::pollfd]> + AsMut<[libc::pollfd]>>(
    poll: &mut WakeablePoll<S>,
    registrations: &mut [Registration<'_>],
    deadline: Deadline,
) -> WaitOutcome {
    loop {
        if registrations.iter().any(Registration::is_closed) {
            return WaitOutcome::Closed;
        }
        let left = match deadline.left() {
            Left::Forever => None,
            Left::Some(left) => Some(left),
            Left::Nothing => return WaitOutcome::TimeUp,
        };
        let wake_up = match registrations.first().map(Registration::poll_fd) {
            None => WakeUp::Unneeded,
            Some(None) => WakeUp::Unavailable,
            Some(Some(fd)) => WakeUp::By(fd),
        };
        let (sleep, left) = Sleep::begin(left);
        let waited = WaitOutcome::from(poll.poll(wake_up, left));
        sleep.end(waited == WaitOutcome::Interrupted);
        if waited == WaitOutcome::Ready && poll.woken() {
            take_signals(registrations);
        }
        if waited != WaitOutcome::TimeUp {
            return waited;
        }
    }
}

/// Takes back the signals that woke this thread. There are none if its wake-up descriptor was closed or reused behind
/// our back.
#[cold]
fn take_signals(registrations: &mut [Registration<'_>]) {
    let signalled = registrations
        .iter_mut()
        .filter_map(|registration| registration.take_signal().then_some(()));
    if signalled.count() == 0 {
        Registration::renew(registrations);
    }
}

/// Looks at once: `Ready`, `TimeUp`, or why it could not.
pub(crate) fn look(poll: &mut ManyPoll) -> WaitOutcome {
    poll.poll(WakeUp::Unneeded, Some(Duration::ZERO)).into()
}
