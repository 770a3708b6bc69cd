//! The interface between an operation and the code that runs it.

use crate::error::{Error, Kind, Operation};
use crate::handle::Direction;
use crate::sys::unix::Blocking;
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// An operation: its arguments, and its progress so far.
pub(crate) trait Attempt: Send {
    /// What the call returns.
    type Output: Send;

    /// The name under which its errors are reported.
    const OPERATION: Operation;

    const DIRECTION: Direction;

    /// Whether its record has begun, so that it may enter although calls are watched.
    const IS_RECORDED: bool = false;

    /// Whether only one thread at a time may run it, so that data sent by several threads never interleaves.
    const TAKES_TURN: bool = false;

    /// Whether it moves what it needs in several system calls even if the kernel waits; otherwise only a signal stops such
    /// a call before everything has moved.
    const MOVES_IN_PARTS: bool = false;

    /// Whether the time limit starts anew whenever bytes have moved.
    fn limits_each_wait(&self) -> bool {
        false
    }

    /// What it needs from the descriptor.
    fn plan(&self) -> Plan;

    /// Makes one attempt. `EAGAIN` says that there is nothing to do yet, and `EINTR` that a signal arrived; both lead to
    /// another attempt. With [`Blocking::Allowed`] the kernel may wait.
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<Self::Output>>;

    /// How much is done so far, as an error reports it: bytes, unless [`Operation::counts`] names something else.
    fn done(&self) -> usize {
        0
    }

    /// How many bytes have moved so far.
    fn moved(&self) -> usize {
        self.done()
    }

    /// Whether an output counts although the handle was closed meanwhile. A receive that was woken by the close also
    /// returns nothing, like one at the end of the stream.
    fn outlasts_close(output: &Self::Output) -> bool {
        let _ = output;
        true
    }

    /// What the call returns when `ended_by` ends it in the middle; `None` when it should fail, with
    /// [`done`](Self::done). Not called when the caller stops the call: an exception of a signal handler must reach the
    /// program.
    fn partial(&mut self, ended_by: Kind) -> Option<Self::Output> {
        let _ = ended_by;
        None
    }

    /// Whether it takes its place in the stream, unlike a connect or a peek: for its record in a trace.
    fn advances(&self) -> bool {
        true
    }

    /// Adds the arguments that matter to the record of the call.
    fn arguments(&self, line: &mut Line) {
        line.count("asked", self.plan().bytes);
    }

    /// How many bytes moved, for the record of the call; `output` is what it returned, if it succeeded.
    fn transferred(&self, output: Option<&Self::Output>) -> usize {
        let _ = output;
        self.moved()
    }

    /// Adds what the call has found or moved to its record.
    fn outcome(&self, output: Option<&Self::Output>, line: &mut Line) {
        let _ = (output, line);
    }

    /// Adds to the call's error details that only the operation knows, such as the address.
    fn explain(&self, error: Error) -> Error {
        error
    }
}

/// What an operation needs.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// The poll events that make another attempt worthwhile.
    pub(crate) events: i16,
    /// How many bytes it may move.
    pub(crate) bytes: usize,
    pub(crate) kernel_waits: KernelWaits,
}

/// When an attempt may leave the waiting to the kernel, where shutdown(2) wakes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KernelWaits {
    Never,
    /// A limit set in the kernel would not end the attempt in time.
    WithoutLimit,
    Always,
}

impl KernelWaits {
    /// Always, if a wait can be ended.
    pub(crate) fn always_if(can_be_ended: bool) -> Self {
        if can_be_ended {
            Self::Always
        } else {
            Self::Never
        }
    }
}

/// The result of one attempt.
pub(crate) enum Progress<T> {
    Done(T),
    /// Something moved and there is more to do; try again without waiting.
    More,
    /// The operation has failed for a reason other than a system error.
    Failed(Kind),
}
