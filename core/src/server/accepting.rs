//! What a server's listener needs: the checks when it is made, the wait for its end, and the pause after a failed accept.

use crate::caller::{block_until_done, Caller, Interruptible};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Reason, Registration};
use crate::hint::{NOTHING_TO_ACCEPT, NOT_LISTENING};
use crate::socket::Socket;
use crate::sys::reserve::check_left;
use crate::time::{Deadline, Timeout};
use crate::wait::{wait_woken, WaitOutcome};
use std::time::Duration;

/// The first pause after accept has failed; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The pause after this one.
pub(crate) fn longer_pause(pause: Option<Duration>) -> Duration {
    pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE))
}

/// Whether this error means that the listener can never accept again. All others are temporary: too many descriptors,
/// no memory, a connection that failed while it waited; see accept(2).
pub(crate) fn is_final(kind: Kind) -> bool {
    matches!(kind, Kind::Os(libc::EBADF | libc::EINVAL | libc::ENOTSOCK))
}

/// Checks that a server can accept on this socket, and puts it into non-blocking mode.
pub(crate) fn prepare(listener: &Socket) -> Result<()> {
    check_left().map_err(|kind| Error::new(Operation::Server, kind))?;
    listener.check_listening().map_err(not_a_listener)?;
    // A thread that shares a listener in blocking mode with another process may sleep in accept(2), where nothing wakes it.
    let set = listener.set_descriptor_nonblocking(true);
    set.map_err(|error| Error::new(Operation::Server, error.kind()))
}

/// The failure of a server whose socket can't accept.
fn not_a_listener(kind: Kind) -> Error {
    let error = Error::new(Operation::Server, kind);
    if kind == Kind::Os(libc::EINVAL) {
        error.with_remedy(NOT_LISTENING)
    } else if kind == Kind::Os(libc::EOPNOTSUPP) {
        error.with_remedy(NOTHING_TO_ACCEPT)
    } else {
        error
    }
}

/// The error of a wait in a forked child for the threads of its parent.
pub(crate) fn lost_in_fork() -> Error {
    Error::new(Operation::Server, Kind::Closed).with_detail("after a fork, which copies no threads")
}

/// Waits until the listener is closed.
pub(crate) fn wait_until_closed<C: Caller>(listener: &Socket, limit: Timeout, caller: &mut C) -> Result<()> {
    let deadline = Deadline::after(limit);
    let ended = block_until_done(caller, || {
        let mut registration = Registration::new(&listener.handle, Reason::Readiness);
        loop {
            match wait_woken(deadline, &mut registration) {
                WaitOutcome::Ready => {}
                WaitOutcome::Closed => return Ok(Interruptible::Done(())),
                WaitOutcome::TimeUp if deadline == Deadline::NonBlocking => return Err(Kind::WouldBlock),
                WaitOutcome::TimeUp => return Err(Kind::TimedOut),
                WaitOutcome::Failed(kind) => return Err(kind),
                WaitOutcome::Interrupted => return Ok(Interruptible::Interrupted),
            }
        }
    });
    ended.map_err(|kind| Error::new(Operation::Server, kind).within(limit))
}
