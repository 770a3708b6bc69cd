//! Runs an operation, and records it while calls are recorded.

use super::attempt::{Attempt, KernelWaits, Plan, Progress};
use super::run::run as run_unwatched;
use crate::caller::Caller;
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Direction, Handle};
use crate::sys::unix::Blocking;
use crate::time::Timeout;
use crate::trace::{self, Line, Moved};
use std::io;
use std::os::fd::BorrowedFd;

/// How many datagrams of a batch a record shows.
pub(super) const MOST_SHOWN: usize = 64;

/// Runs an operation with a time limit.
#[inline]
pub(crate) fn run<C: Caller, A: Attempt>(
    handle: &Handle,
    caller: &mut C,
    timeout: Timeout,
    operation: &mut A,
) -> Result<A::Output> {
    // A call that takes turns would have waited for its turn before it finds out.
    if A::TAKES_TURN && trace::may_be_on() {
        return run_watched(handle, caller, timeout, operation);
    }
    run_unwatched(handle, caller, timeout, operation, run_watched)
}

/// Runs an operation while calls are watched, and records it if calls are recorded: the record begins before the call enters
/// the handle and ends after it has left.
#[cold]
#[inline(never)]
fn run_watched<C: Caller, A: Attempt>(
    handle: &Handle,
    caller: &mut C,
    timeout: Timeout,
    operation: &mut A,
) -> Result<A::Output> {
    if trace::is_on() {
        handle.show(|on| {
            trace::begin(A::OPERATION, Some(on), Some(timeout), |line| {
                operation.arguments(line)
            })
        });
    }
    let mut recorded = Recorded(&mut *operation);
    let result = run_unwatched(
        handle,
        caller,
        timeout,
        &mut recorded,
        |handle, caller, timeout, recorded| {
            run_watched(handle, caller, timeout, recorded.0) // not reached: it begins although calls are watched
        },
    );
    if trace::is_on() {
        end(handle, operation, &result);
    }
    result
}

fn end<A: Attempt>(handle: &Handle, operation: &A, result: &Result<A::Output>) {
    let (output, error) = (result.as_ref().ok(), result.as_ref().err());
    let moved = match (operation.transferred(output), A::DIRECTION) {
        _ if !operation.advances() => Moved::Nothing,
        (0, _) if error.is_some() => Moved::Nothing,
        (bytes, Direction::Receive) => Moved::Received(bytes),
        (bytes, Direction::Send) => Moved::Sent(bytes),
    };
    handle.show(|on| {
        trace::end(A::OPERATION, Some(on), error, moved, |line| {
            operation.outcome(output, line)
        })
    });
}

/// The same operation, except that its waits are never left to the kernel: then every wait is seen. Because it is another
/// type, the code that runs it is compiled separately, and calls that are not recorded pay nothing for it.
struct Recorded<'a, A>(&'a mut A);

impl<A: Attempt> Attempt for Recorded<'_, A> {
    type Output = A::Output;

    const OPERATION: Operation = A::OPERATION;
    const DIRECTION: Direction = A::DIRECTION;
    const IS_RECORDED: bool = true;
    const TAKES_TURN: bool = A::TAKES_TURN;
    const MOVES_IN_PARTS: bool = A::MOVES_IN_PARTS;

    fn limits_each_wait(&self) -> bool {
        self.0.limits_each_wait()
    }

    fn plan(&self) -> Plan {
        Plan {
            kernel_waits: KernelWaits::Never,
            ..self.0.plan()
        }
    }

    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<Self::Output>> {
        self.0.attempt(fd, blocking)
    }

    fn done(&self) -> usize {
        self.0.done()
    }

    fn moved(&self) -> usize {
        self.0.moved()
    }

    fn advances(&self) -> bool {
        self.0.advances()
    }

    fn arguments(&self, line: &mut Line) {
        self.0.arguments(line);
    }

    fn transferred(&self, output: Option<&Self::Output>) -> usize {
        self.0.transferred(output)
    }

    fn outcome(&self, output: Option<&Self::Output>, line: &mut Line) {
        self.0.outcome(output, line);
    }

    fn outlasts_close(output: &Self::Output) -> bool {
        A::outlasts_close(output)
    }

    fn partial(&mut self, ended_by: Kind) -> Option<Self::Output> {
        self.0.partial(ended_by)
    }

    fn explain(&self, error: Error) -> Error {
        self.0.explain(error)
    }
}
