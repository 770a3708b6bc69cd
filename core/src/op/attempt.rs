//! What an operation is to the place that runs it.

use crate::error::{Error, Kind, Operation};
use crate::handle::Direction;
use crate::sys::unix::Blocking;
use std::io;
use std::os::fd::BorrowedFd;

/// An operation: its arguments, and what it has reached so far.
pub(crate) trait Attempt: Send {
    /// What the call returns.
    type Output: Send;

    /// Names its errors.
    const OPERATION: Operation;

    const DIRECTION: Direction;

    /// Whether only one thread at a time may do it, so that what several send never interleaves.
    const TAKES_TURN: bool = false;

    /// Whether the time limit starts anew whenever something moved.
    fn limits_each_wait(&self) -> bool {
        false
    }

    /// What it needs of the descriptor.
    fn plan(&self) -> Plan;

    /// Makes one attempt. `EAGAIN` says that there is nothing to do yet, and `EINTR` that a signal arrived; both lead to
    /// another attempt. With [`Blocking::Allowed`] the kernel may wait.
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<Self::Output>>;

    /// How many bytes have moved so far: what an error says was done.
    fn done(&self) -> usize {
        0
    }

    /// Whether an output stands although the handle was closed meanwhile. A receive that was woken by the close returns
    /// nothing, too.
    fn outlasts_close(output: &Self::Output) -> bool {
        let _ = output;
        true
    }

    /// What the call returns when this ends it in the middle; `None` when it fails, with [`done`](Self::done). Not asked
    /// when the caller stops the call: an exception of a signal handler must reach the program.
    fn partial(&mut self, ended_by: Kind) -> Option<Self::Output> {
        let _ = ended_by;
        None
    }

    /// Adds to the call's error what only the operation knows, such as the address.
    fn explain(&self, error: Error) -> Error {
        error
    }
}

/// What an operation needs.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// The poll events that say it is worth another attempt.
    pub(crate) events: i16,
    /// How many bytes it may move.
    pub(crate) bytes: usize,
    /// An attempt can leave the waiting to the kernel, and shutdown(2) wakes it there.
    pub(crate) kernel_may_wait: bool,
}

/// What one attempt reached.
pub(crate) enum Progress<T> {
    Done(T),
    /// Something moved and there is more to do; try again without waiting.
    More,
    /// The operation has failed for a reason that is no error of the system.
    Failed(Kind),
}
