//! Runs an operation: the one place where a call begins, waits and ends.

use super::attempt::{Attempt, Plan, Progress};
use super::kernel_attempt::{attempt_in_kernel, may_wait_in_kernel, NO_SLEEP};
use super::readiness::ReadinessWait;
use crate::caller::{block_until_done, check_signals, CallHints, Caller, Interruptible, Start};
use crate::error::{Error, Kind, Result};
use crate::handle::Turn;
use crate::handle::{Handle, Inside};
use crate::sys::unix::{self, Blocking};
use crate::time::{Deadline, LazyDeadline, Left, Timeout};
use crate::wait::WaitOutcome;
use std::io;
use std::os::fd::BorrowedFd;
use std::result;
use std::time::{Duration, Instant};

/// How often the caller checks for signals while bytes keep moving: signals do not interrupt calls that do not wait.
const SIGNAL_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Runs an operation with a time limit. While calls are watched, one that is not [recorded](Attempt::IS_RECORDED) does not
/// begin, and `watched` runs it instead.
// Compiled twice for each operation, it would otherwise be called where it used to be a part of the call.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn run<C: Caller, A: Attempt>(
    handle: &Handle,
    caller: &mut C,
    timeout: Timeout,
    operation: &mut A,
    watched: fn(&Handle, &mut C, Timeout, &mut A) -> Result<A::Output>,
) -> Result<A::Output> {
    let mut limit = LazyDeadline::new(timeout);
    let mut is_watched = false;
    let ended = if A::TAKES_TURN {
        let turn = Turn::take(handle, A::DIRECTION, caller, &mut limit);
        turn.and_then(|_turn| run_in_turn(handle, caller, limit, operation, &mut is_watched))
    } else {
        run_in_turn(handle, caller, limit, operation, &mut is_watched)
    };
    ended.or_else(|kind| {
        if is_watched {
            watched(handle, caller, timeout, operation)
        } else {
            end_early(operation, kind, timeout)
        }
    })
}

/// Enters, attempts once, and leaves, if that is all there is to do: nearly always. Everything else is done by [`Running`].
/// Fails and sets `is_watched` when it must not begin.
#[inline]
fn run_in_turn<C: Caller, A: Attempt>(
    handle: &Handle,
    caller: &mut C,
    mut limit: LazyDeadline,
    operation: &mut A,
    is_watched: &mut bool,
) -> result::Result<A::Output, Kind> {
    let plan = operation.plan();
    let expects_wait = limit.may_wait() && handle.expects_wait(A::DIRECTION);
    let kernel_waits = may_wait_in_kernel(handle, plan.kernel_waits, &limit, expects_wait);
    let inside = if A::IS_RECORDED {
        handle.enter_waiting_in_kernel(kernel_waits)?
    } else {
        handle.enter_unwatched(kernel_waits)?.ok_or_else(|| {
            *is_watched = true;
            Kind::WouldBlock
        })?
    };
    let hints = CallHints {
        bytes: plan.bytes,
        alone: inside.alone(),
        expects_wait,
        kernel_waits: kernel_waits && limit.is_never(),
    };
    let started = caller.start(hints);
    let first = match started {
        Start::Direct => Some(operation.attempt(inside.fd(), Blocking::Forbidden)),
        Start::Blocking | Start::Waiting if kernel_waits => {
            caller.block(|| attempt_in_kernel(handle, inside.fd(), &mut limit, operation, expects_wait))
        }
        Start::Blocking => {
            let mut running = Running::new(handle, operation, plan, limit);
            let result = running.attempt_blocking(caller, inside);
            caller.end(operation.moved());
            return result;
        }
        Start::Waiting => None,
    };
    match first {
        Some(Ok(Progress::Done(output))) if A::outlasts_close(&output) => {
            if expects_wait && started == Start::Direct {
                handle.expect_wait(A::DIRECTION, false);
            }
            drop(inside);
            caller.end(operation.moved());
            Ok(output)
        }
        first => {
            let mut running = Running::new(handle, operation, plan, limit);
            running.run(caller, (inside, kernel_waits), started, first)
        }
    }
}

/// What a call returns when something ended it: what moved before, or the error.
#[cold]
fn end_early<A: Attempt>(operation: &mut A, ended_by: Kind, timeout: Timeout) -> Result<A::Output> {
    // The exception of a signal handler must reach the program, which learns from the error how much moved.
    if ended_by != Kind::Interrupted {
        if let Some(output) = operation.partial(ended_by) {
            return Ok(output);
        }
    }
    let error = Error::new(A::OPERATION, ended_by).with_done(operation.done());
    Err(operation.explain(error.within(timeout)))
}

/// An operation that is being run.
struct Running<'a, A> {
    handle: &'a Handle,
    operation: &'a mut A,
    plan: Plan,
    limit: LazyDeadline,
    next: Next,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Attempt,
    Wait,
    /// Wait without having tried, because the last call had to wait.
    WaitFirst,
}

/// The outcome of one attempt.
enum Attempted<T> {
    Over(result::Result<T, Kind>),
    More,
    Nothing,
    Interrupted,
}

/// The outcome of several attempts and waits.
type Outcome<T> = Interruptible<result::Result<T, Kind>>;

impl<'a, A: Attempt> Running<'a, A> {
    #[inline]
    fn new(handle: &'a Handle, operation: &'a mut A, plan: Plan, limit: LazyDeadline) -> Self {
        Self {
            handle,
            operation,
            plan,
            limit,
            next: Next::Attempt,
        }
    }

    /// Runs a call that has entered and is tried inside [`Caller::block`], where it leaves: nearly always after one attempt.
    #[inline]
    fn attempt_blocking<C: Caller>(
        &mut self,
        caller: &mut C,
        inside: Inside<'a>,
    ) -> result::Result<A::Output, Kind> {
        let ran = caller.block(|| {
            let inside = inside;
            match self.operation.attempt(inside.fd(), Blocking::Forbidden) {
                Ok(Progress::Done(output)) if A::outlasts_close(&output) => Ok(Interruptible::Done(output)),
                first => self.go_on(&inside, classified(first)),
            }
        });
        match ran? {
            Interruptible::Done(output) => Ok(output),
            Interruptible::Interrupted => {
                check_signals(caller)?;
                self.block_until_done(caller, None, None)
            }
        }
    }

    /// Goes on after a first attempt that was not all there is to do. Sleeps.
    #[inline(never)]
    fn go_on(
        &mut self,
        inside: &Inside<'a>,
        first: Attempted<A::Output>,
    ) -> result::Result<Interruptible<A::Output>, Kind> {
        let outcome = match first {
            Attempted::Over(result) => Interruptible::Done(result),
            first @ (Attempted::More | Attempted::Nothing | Attempted::Interrupted) => {
                self.wait_and_attempt(inside.fd(), Some(first))
            }
        };
        self.conclude(inside.fd(), outcome)
    }

    /// Runs a call that has entered, and may have made its first attempt.
    #[inline(never)]
    fn run<C: Caller>(
        &mut self,
        caller: &mut C,
        entered: (Inside<'a>, bool),
        started: Start,
        first: Option<io::Result<Progress<A::Output>>>,
    ) -> result::Result<A::Output, Kind> {
        let result = self.run_inside(caller, entered, started, first.map(classified));
        caller.end(self.operation.moved());
        result
    }

    /// Counts the call in once more, after signal handlers have run.
    fn enter(&self) -> result::Result<(Inside<'a>, bool), Kind> {
        let expects_wait = self.handle.expects_wait(A::DIRECTION);
        let kernel_waits = may_wait_in_kernel(self.handle, self.plan.kernel_waits, &self.limit, expects_wait);
        Ok((self.handle.enter_waiting_in_kernel(kernel_waits)?, kernel_waits))
    }

    fn run_inside<C: Caller>(
        &mut self,
        caller: &mut C,
        entered: (Inside<'a>, bool),
        started: Start,
        first: Option<Attempted<A::Output>>,
    ) -> result::Result<A::Output, Kind> {
        let fd = entered.0.fd();
        let mut entered = Some(entered);
        let mut first = first;
        self.next = match started {
            Start::Direct => match self.attempt_directly(fd, caller, first.take()) {
                Attempted::Over(result) => return self.settle(fd, result),
                Attempted::Nothing if !self.limit.may_wait() => {
                    return self.settle(fd, Err(Kind::WouldBlock))
                }
                Attempted::Nothing => Next::Wait,
                Attempted::More | Attempted::Interrupted => {
                    entered = None;
                    self.limit.deadline(); // the clock also runs while signal handlers run
                    check_signals(caller)?;
                    Next::Attempt
                }
            },
            Start::Blocking => Next::Attempt,
            Start::Waiting => Next::WaitFirst,
        };
        self.block_until_done(caller, entered, first)
    }

    /// Attempts and waits until the operation is over, and lets the caller handle signals meanwhile. It may have entered, and
    /// made its first attempt.
    fn block_until_done<C: Caller>(
        &mut self,
        caller: &mut C,
        mut entered: Option<(Inside<'a>, bool)>,
        mut first: Option<Attempted<A::Output>>,
    ) -> result::Result<A::Output, Kind> {
        block_until_done(caller, || {
            let (mut inside, kernel_waits) = entered.take().map_or_else(|| self.enter(), Ok)?;
            let outcome = self.attempt_and_wait(&mut inside, kernel_waits, first.take());
            self.conclude(inside.fd(), outcome)
        })
    }

    /// Ends the operation, or prepares to go on after signal handlers have run: the clock also runs meanwhile.
    #[inline]
    fn conclude(
        &mut self,
        fd: BorrowedFd<'_>,
        outcome: Outcome<A::Output>,
    ) -> result::Result<Interruptible<A::Output>, Kind> {
        match outcome {
            Interruptible::Done(result) => self.settle(fd, result).map(Interruptible::Done),
            Interruptible::Interrupted => {
                self.limit.deadline();
                Ok(Interruptible::Interrupted)
            }
        }
    }

    /// Progress wins over a close; any other outcome on a closed handle becomes `Closed`.
    #[inline]
    fn settle(
        &self,
        fd: BorrowedFd<'_>,
        result: result::Result<A::Output, Kind>,
    ) -> result::Result<A::Output, Kind> {
        match result {
            Ok(output) if A::outlasts_close(&output) => Ok(output),
            _ if self.handle.is_closed() => Err(Kind::Closed),
            result => result.inspect_err(|kind| self.handle.note_failure(fd, *kind)),
        }
    }

    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> Attempted<A::Output> {
        classified(self.operation.attempt(fd, blocking))
    }

    /// Attempts without waiting, as often as the caller wants; the first time may be over.
    fn attempt_directly<C: Caller>(
        &mut self,
        fd: BorrowedFd<'_>,
        caller: &mut C,
        first: Option<Attempted<A::Output>>,
    ) -> Attempted<A::Output> {
        let mut attempted = first.unwrap_or_else(|| self.attempt(fd, Blocking::Forbidden));
        if !matches!(attempted, Attempted::Nothing) {
            self.handle.expect_wait(A::DIRECTION, false);
        }
        while matches!(attempted, Attempted::Nothing) && self.limit.may_wait() && caller.try_again() {
            attempted = self.attempt(fd, Blocking::Forbidden);
        }
        attempted
    }

    /// Attempts and waits until the operation is over, or the caller should check for signals. Sleeps.
    /// In the kernel, the first attempt may be over.
    fn attempt_and_wait(
        &mut self,
        inside: &mut Inside<'a>,
        kernel_waits: bool,
        in_kernel: Option<Attempted<A::Output>>,
    ) -> Outcome<A::Output> {
        let fd = inside.fd();
        let mut first = None;
        if kernel_waits {
            let outcome = self.let_kernel_wait(fd, in_kernel);
            if outcome.is_none() || self.handle.must_withdraw_limits() {
                self.handle.end_kernel_wait(inside);
            }
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
        if self.next == Next::Attempt {
            match self.attempt(fd, Blocking::Forbidden) {
                Attempted::Over(result) => return Interruptible::Done(result),
                attempted @ (Attempted::More | Attempted::Nothing | Attempted::Interrupted) => {
                    first = Some(attempted);
                }
            }
        }
        self.wait_and_attempt(fd, first)
    }

    /// Waits and attempts again and again, beginning with the outcome of the first attempt, if there was one.
    #[inline(never)]
    fn wait_and_attempt(
        &mut self,
        fd: BorrowedFd<'a>,
        mut first: Option<Attempted<A::Output>>,
    ) -> Outcome<A::Output> {
        let mut readiness = ReadinessWait::new(self.handle, fd, self.plan.events);
        let mut moving_since: Option<Instant> = None;
        let mut deadline = None;
        loop {
            if !self.limit.may_wait() {
                match self.next {
                    Next::Attempt => {}
                    Next::Wait => return Interruptible::Done(Err(Kind::WouldBlock)),
                    Next::WaitFirst => self.next = Next::Attempt,
                }
            }
            if self.next != Next::Attempt {
                let started = (self.next == Next::WaitFirst).then(Instant::now);
                let deadline = *deadline.get_or_insert_with(|| self.wait_until(fd));
                let until = moving_since.map_or(deadline, |since| {
                    deadline.or_earlier(since + SIGNAL_CHECK_INTERVAL)
                });
                match readiness.wait(until) {
                    WaitOutcome::Ready => {}
                    WaitOutcome::TimeUp if moving_since.is_some() && !deadline.passed() => {
                        return Interruptible::Interrupted;
                    }
                    WaitOutcome::TimeUp => {
                        self.handle.expect_wait(A::DIRECTION, true);
                        return Interruptible::Done(self.last_attempt(fd));
                    }
                    WaitOutcome::Closed => return Interruptible::Done(Err(Kind::Closed)),
                    WaitOutcome::Failed(kind) => return Interruptible::Done(Err(kind)),
                    WaitOutcome::Interrupted => return Interruptible::Interrupted,
                }
                match started {
                    Some(started) if started.elapsed() < NO_SLEEP => {
                        self.handle.expect_wait(A::DIRECTION, false);
                    }
                    Some(_) => {}
                    None => self.handle.expect_wait(A::DIRECTION, true),
                }
            }
            let attempted = first
                .take()
                .unwrap_or_else(|| self.attempt(fd, Blocking::Forbidden));
            match attempted {
                Attempted::Over(result) => return Interruptible::Done(result),
                Attempted::Interrupted => {
                    self.next = Next::Attempt;
                    return Interruptible::Interrupted;
                }
                Attempted::Nothing => {
                    readiness.note_nothing(self.next != Next::Attempt);
                    self.next = Next::Wait;
                }
                Attempted::More => {
                    self.next = Next::Attempt;
                    if self.handle.is_closed() {
                        return Interruptible::Done(Err(Kind::Closed));
                    }
                    if self.operation.limits_each_wait() {
                        self.limit.restart();
                    }
                    if self.limit.deadline().passed() {
                        return Interruptible::Done(Err(Kind::TimedOut));
                    }
                    if moving_since.get_or_insert_with(Instant::now).elapsed() >= SIGNAL_CHECK_INTERVAL {
                        return Interruptible::Interrupted;
                    }
                    if self.limit.is_never() || self.operation.limits_each_wait() {
                        deadline = None; // the kernel's limit applies to each wait
                    }
                }
            }
        }
    }

    /// Makes an attempt in which the kernel waits; `None` when it does not, or not for as long as the call may wait.
    fn let_kernel_wait(
        &mut self,
        fd: BorrowedFd<'_>,
        first: Option<Attempted<A::Output>>,
    ) -> Option<Outcome<A::Output>> {
        let expected = self.next == Next::WaitFirst && self.handle.expects_wait(A::DIRECTION);
        let started = (expected || !self.limit.is_never()).then(Instant::now);
        let mut attempted = match first {
            Some(attempted) => attempted,
            None if started.is_some_and(|started| !self.limit_kernel(fd, started)) => return None,
            None => {
                self.handle.ensure_blocking(fd);
                self.attempt(fd, Blocking::Allowed)
            }
        };
        if A::MOVES_IN_PARTS {
            let mut moving_since: Option<Instant> = None;
            while matches!(attempted, Attempted::More) && !self.handle.is_closed() {
                let now = Instant::now();
                if now.duration_since(*moving_since.get_or_insert(now)) >= SIGNAL_CHECK_INTERVAL
                    || !self.limit_kernel(fd, now)
                {
                    break;
                }
                attempted = self.attempt(fd, Blocking::Allowed);
            }
        }
        match attempted {
            Attempted::Over(result) => {
                if self.next == Next::Wait {
                    self.handle.expect_wait(A::DIRECTION, true);
                } else if expected && started.is_some_and(|started| started.elapsed() < NO_SLEEP) {
                    self.handle.expect_wait(A::DIRECTION, false);
                }
                Some(Interruptible::Done(result))
            }
            Attempted::Interrupted => Some(Interruptible::Interrupted),
            Attempted::More if self.handle.is_closed() => Some(Interruptible::Done(Err(Kind::Closed))),
            // A signal has ended the call before everything has moved, or it is time to check for one.
            Attempted::More => {
                self.next = Next::Attempt;
                Some(Interruptible::Interrupted)
            }
            Attempted::Nothing => {
                self.next = Next::Wait;
                // Another holder put the descriptor into non-blocking mode, perhaps only briefly; or the limit in the kernel
                // is up.
                let ended_by_program = self.limit.is_never()
                    && matches!(unix::is_nonblocking(fd), Ok(false))
                    && self.handle.limit_of_program(fd, A::DIRECTION).is_some();
                ended_by_program.then_some(Interruptible::Done(Err(Kind::WouldBlock)))
            }
        }
    }

    /// Sets the kernel a limit that ends its wait before the deadline, if there is one.
    fn limit_kernel(&mut self, fd: BorrowedFd<'_>, now: Instant) -> bool {
        match self.limit.left_at(now) {
            Left::Forever => true,
            Left::Some(left) => self.handle.limit_kernel(fd, A::DIRECTION, left),
            Left::Nothing => false,
        }
    }

    /// The end of a wait: the call's deadline. A call without one waits as long as the kernel would let it.
    fn wait_until(&mut self, fd: BorrowedFd<'_>) -> Deadline {
        let kernel_limit = if self.limit.is_never() {
            self.handle.limit_of_program(fd, A::DIRECTION)
        } else {
            None
        };
        kernel_limit.map_or_else(
            || self.limit.deadline(),
            |limit| Deadline::after(Timeout::After(limit)),
        )
    }

    /// Makes one more attempt when time is up: the deadline may have passed before this thread began to wait, or while
    /// a signal was handled.
    fn last_attempt(&mut self, fd: BorrowedFd<'_>) -> result::Result<A::Output, Kind> {
        match self.attempt(fd, Blocking::Forbidden) {
            Attempted::Over(result) => result,
            // The kernel's own limit.
            _ if self.limit.is_never() => Err(Kind::WouldBlock),
            Attempted::More | Attempted::Nothing | Attempted::Interrupted => Err(Kind::TimedOut),
        }
    }
}

fn classified<T>(attempted: io::Result<Progress<T>>) -> Attempted<T> {
    match attempted {
        Ok(Progress::Done(value)) => Attempted::Over(Ok(value)),
        Ok(Progress::More) => Attempted::More,
        Ok(Progress::Failed(kind)) => Attempted::Over(Err(kind)),
        Err(error) => match (error.raw_os_error(), Kind::from_io(&error)) {
            (Some(libc::EINTR), _) => Attempted::Interrupted,
            (_, Kind::WouldBlock) => Attempted::Nothing,
            (_, kind) => Attempted::Over(Err(kind)),
        },
    }
}
