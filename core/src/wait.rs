//! The only waiting loop.
//!
//! An operation is an `attempt` that makes one system call, as a rule without waiting. This loop calls it, waits for
//! readiness when there was nothing to do, keeps one deadline, hands signals to the [`Caller`], and notices when the
//! handle is closed.

use crate::caller::{CallHints, Caller, Start};
use crate::error::Kind;
use crate::handle::{Direction, Handle, Reason, Registration};
use crate::sys::holders;
use crate::sys::os::{self, Changes};
use crate::sys::unix::{self, Blocking, Readiness};
use crate::time::{Deadline, LazyDeadline, Left, Timeout};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// The longest a thread sleeps where it can't be woken, or where readiness can't be polled for.
const SLICE: Duration = Duration::from_millis(50);

/// So many times in a row a descriptor may be reported ready and then have nothing to do before we stop believing
/// it and try again by the clock (a Unix datagram socket is always writable, however full its peer).
const BELIEVED: u32 = 3;

/// A descriptor that let us wait so long is believed again.
const REAL_WAIT: Duration = Duration::from_millis(1);

/// A poll that came back sooner did not wait: the data were there. A wake-up by another processor takes longer.
const NO_WAIT: Duration = Duration::from_micros(4);

/// The longest a signal stays unnoticed that arrived while something moved: a call that does not wait is not
/// interrupted by it.
const UNASKED: Duration = Duration::from_millis(10);

/// What an operation needs.
pub(crate) struct Plan {
    pub(crate) direction: Direction,
    /// The poll events that say it is worth another attempt.
    pub(crate) events: i16,
    /// How many bytes it may move.
    pub(crate) bytes: usize,
    pub(crate) limit: LazyDeadline,
    /// The attempt can leave the waiting to the kernel, and shutdown(2) wakes it there.
    pub(crate) kernel_may_wait: bool,
}

impl Plan {
    /// Whether the kernel itself is to wait: without a deadline, on a descriptor in blocking mode that nobody else can
    /// hold. One system call then does all, and `close` wakes it by shutdown(2). The one predicate of this way; without it
    /// everything waits in [`wait`].
    fn kernel_waits(&self, handle: &Handle) -> bool {
        self.kernel_may_wait
            && self.limit.is_never()
            && !handle.mode.is_wanted_nonblocking()
            && handle.mode_is_private()
            && holders::knows_holders()
    }
}

/// What one attempt reached.
pub(crate) enum Step<T> {
    Done(T),
    /// Something moved and there is more to do; try again without waiting.
    More,
}

/// Whether a result is worth returning although the handle was closed meanwhile.
pub(crate) trait Progress {
    fn progressed(&self) -> bool;
}

impl Progress for usize {
    fn progressed(&self) -> bool {
        *self > 0
    }
}

impl Progress for () {
    fn progressed(&self) -> bool {
        true
    }
}

/// Whether everything that was asked for came.
impl Progress for bool {
    fn progressed(&self) -> bool {
        *self
    }
}

impl Progress for OwnedFd {
    fn progressed(&self) -> bool {
        true
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Attempt,
    Wait,
    /// Wait without having tried, because the last call had to wait.
    WaitFirst,
}

enum Verdict<T> {
    Finished(Result<T, Kind>),
    Interrupted(Next),
    /// Something moved, and a signal may have arrived that interrupted nothing.
    Unasked(Next),
}

/// Runs one operation.
pub(crate) fn run<C: Caller, T: Progress + Send>(
    handle: &Handle,
    caller: &mut C,
    mut plan: Plan,
    mut attempt: impl FnMut(BorrowedFd<'_>, Blocking) -> io::Result<Step<T>> + Send,
) -> Result<T, Kind> {
    let kernel_waits = plan.kernel_waits(handle);
    let mut inside = handle.enter_to(kernel_waits)?;
    let hint = CallHints {
        bytes: plan.bytes,
        alone: inside.alone(),
        expects_wait: plan.limit.may_wait() && handle.expects_wait(plan.direction),
        kernel_waits,
    };
    let mut verdict = match caller.start(hint) {
        Start::Direct => match directly(inside.fd(), caller, &plan, handle, hint, &mut attempt) {
            Attempted::Over(result) => Verdict::Finished(result),
            Attempted::Interrupted => Verdict::Interrupted(Next::Attempt),
            Attempted::Nothing if !plan.limit.may_wait() => Verdict::Finished(Err(Kind::WouldBlock)),
            Attempted::Nothing => {
                let fd = inside.fd();
                caller.block(|| drive(handle, fd, &mut plan, kernel_waits, Next::Wait, &mut attempt))
            }
            Attempted::More => Verdict::Unasked(Next::Attempt),
        },
        Start::Blocking => {
            let fd = inside.fd();
            caller.block(|| drive(handle, fd, &mut plan, kernel_waits, Next::Attempt, &mut attempt))
        }
        Start::Waiting => {
            let fd = inside.fd();
            caller.block(|| drive(handle, fd, &mut plan, kernel_waits, Next::WaitFirst, &mut attempt))
        }
    };
    loop {
        match verdict {
            Verdict::Finished(Ok(value)) if value.progressed() => return Ok(value),
            Verdict::Finished(_) if handle.is_closed() => return Err(Kind::Closed),
            Verdict::Finished(result) => {
                return result.inspect_err(|kind| handle.note_failure(inside.fd(), *kind));
            }
            Verdict::Interrupted(next) | Verdict::Unasked(next) => {
                drop(inside);
                plan.limit.deadline(); // the clock runs while handlers do
                let asked = if matches!(verdict, Verdict::Unasked(_)) {
                    caller.moved()
                } else {
                    caller.interrupted()
                };
                asked.map_err(|_| Kind::Interrupted)?;
                let kernel_waits = plan.kernel_waits(handle);
                inside = handle.enter_to(kernel_waits)?;
                let fd = inside.fd();
                verdict = caller.block(|| drive(handle, fd, &mut plan, kernel_waits, next, &mut attempt));
            }
        }
    }
}

enum Attempted<T> {
    Over(Result<T, Kind>),
    More,
    Nothing,
    Interrupted,
}

fn once<T>(
    fd: BorrowedFd<'_>,
    waiting: Blocking,
    attempt: &mut impl FnMut(BorrowedFd<'_>, Blocking) -> io::Result<Step<T>>,
) -> Attempted<T> {
    match attempt(fd, waiting) {
        Ok(Step::Done(value)) => Attempted::Over(Ok(value)),
        Ok(Step::More) => Attempted::More,
        Err(error) => match (error.raw_os_error(), Kind::from_io(&error)) {
            (Some(libc::EINTR), _) => Attempted::Interrupted,
            (_, Kind::WouldBlock) => Attempted::Nothing,
            (_, kind) => Attempted::Over(Err(kind)),
        },
    }
}

/// Attempts without waiting, as often as the caller wants to.
fn directly<C: Caller, T>(
    fd: BorrowedFd<'_>,
    caller: &mut C,
    plan: &Plan,
    handle: &Handle,
    hint: CallHints,
    attempt: &mut impl FnMut(BorrowedFd<'_>, Blocking) -> io::Result<Step<T>>,
) -> Attempted<T> {
    let mut attempted = once(fd, Blocking::Forbidden, attempt);
    if hint.expects_wait && !matches!(attempted, Attempted::Nothing) {
        handle.expect_wait(plan.direction, false);
    }
    while matches!(attempted, Attempted::Nothing) && plan.limit.may_wait() && caller.try_again() {
        attempted = once(fd, Blocking::Forbidden, attempt);
    }
    attempted
}

/// Attempts and waits until something final happens or a signal arrives. Sleeps.
fn drive<T>(
    handle: &Handle,
    fd: BorrowedFd<'_>,
    plan: &mut Plan,
    kernel_waits: bool,
    mut next: Next,
    attempt: &mut impl FnMut(BorrowedFd<'_>, Blocking) -> io::Result<Step<T>>,
) -> Verdict<T> {
    if kernel_waits {
        if let Some(verdict) = let_the_kernel_wait(handle, fd, plan, next, attempt) {
            return verdict;
        }
        next = Next::Wait;
    }
    let mut watch = None;
    let mut changes = None;
    let mut fruitless = 0;
    let mut unasked: Option<Instant> = None;
    let mut until_when = None;
    loop {
        if !plan.limit.may_wait() {
            match next {
                Next::Attempt => {}
                Next::Wait => return Verdict::Finished(Err(Kind::WouldBlock)),
                Next::WaitFirst => next = Next::Attempt,
            }
        }
        if next != Next::Attempt {
            let watch = watch.get_or_insert_with(|| Registration::new(handle, Reason::Readiness));
            let started = (next == Next::WaitFirst).then(Instant::now);
            let deadline = *until_when.get_or_insert_with(|| wait_until(fd, plan));
            let mut waited = Waited::Ready;
            if fruitless == BELIEVED && changes.is_none() && has_reports(fd, plan.events) {
                changes = Changes::of(fd, plan.events).ok();
            }
            if fruitless >= BELIEVED && changes.is_none() {
                waited = pause(handle, deadline, watch, fruitless - BELIEVED);
            }
            if matches!(waited, Waited::Ready) {
                let began = (fruitless > 0).then(Instant::now);
                let until = unasked.map_or(deadline, |since| deadline.or_earlier(since + UNASKED));
                waited = match &changes {
                    Some(watched) => {
                        let waited = wait(handle, Some((watched.poll_fd(), libc::POLLIN)), until, watch);
                        if !watched.take() {
                            changes = None; // it would stay readable
                        }
                        waited
                    }
                    None => wait(handle, Some((fd, plan.events)), until, watch),
                };
                if matches!(waited, Waited::TimeUp) && unasked.is_some() && !deadline.passed() {
                    return Verdict::Unasked(next);
                }
                if began.is_some_and(|began| began.elapsed() >= REAL_WAIT) {
                    fruitless = 0;
                }
            }
            match waited {
                Waited::Ready => {}
                Waited::TimeUp if plan.limit.is_never() => return last_try(fd, Kind::WouldBlock, attempt),
                Waited::TimeUp => return last_try(fd, Kind::TimedOut, attempt),
                Waited::Closed => return Verdict::Finished(Err(Kind::Closed)),
                Waited::Failed(kind) => return Verdict::Finished(Err(kind)),
                Waited::Interrupted => return Verdict::Interrupted(next),
            }
            match started {
                Some(started) if started.elapsed() < NO_WAIT => handle.expect_wait(plan.direction, false),
                Some(_) => {}
                None => handle.expect_wait(plan.direction, true),
            }
        }
        match once(fd, Blocking::Forbidden, attempt) {
            Attempted::Over(result) => return Verdict::Finished(result),
            Attempted::Interrupted => return Verdict::Interrupted(Next::Attempt),
            Attempted::Nothing => {
                fruitless = if next == Next::Attempt { 0 } else { fruitless + 1 };
                next = Next::Wait;
            }
            Attempted::More => {
                if handle.is_closed() {
                    return Verdict::Finished(Err(Kind::Closed));
                }
                if plan.limit.deadline().passed() {
                    return Verdict::Finished(Err(Kind::TimedOut));
                }
                if unasked.get_or_insert_with(Instant::now).elapsed() >= UNASKED {
                    return Verdict::Unasked(Next::Attempt);
                }
                if plan.limit.is_never() {
                    until_when = None; // the kernel's limit is one of each wait
                }
                next = Next::Attempt;
            }
        }
    }
}

/// Whether all that makes the descriptor ready are reports in its error queue (ip(7), timestamping, zero copy), which stay
/// until the program takes them out.
fn has_reports(fd: BorrowedFd<'_>, events: i16) -> bool {
    let mut set = [entry(fd.as_raw_fd(), events)];
    let ready = look(&mut set);
    let [seen] = set.map(|entry| entry.revents);
    matches!(ready, Waited::Ready) && seen & events == 0 && seen & libc::POLLERR != 0
}

/// Attempts with the kernel waiting; `None` when it turns out that it does not.
fn let_the_kernel_wait<T>(
    handle: &Handle,
    fd: BorrowedFd<'_>,
    plan: &Plan,
    next: Next,
    attempt: &mut impl FnMut(BorrowedFd<'_>, Blocking) -> io::Result<Step<T>>,
) -> Option<Verdict<T>> {
    handle.let_block(fd);
    let started = (next == Next::WaitFirst && handle.expects_wait(plan.direction)).then(Instant::now);
    match once(fd, Blocking::Allowed, attempt) {
        Attempted::Over(result) => {
            if next == Next::Wait {
                handle.expect_wait(plan.direction, true);
            } else if started.is_some_and(|started| started.elapsed() < NO_WAIT) {
                handle.expect_wait(plan.direction, false);
            }
            Some(Verdict::Finished(result))
        }
        Attempted::Interrupted => Some(Verdict::Interrupted(next)),
        Attempted::More if handle.is_closed() => Some(Verdict::Finished(Err(Kind::Closed))),
        // Only a signal ends a call that the kernel lets wait before everything has moved.
        Attempted::More => Some(Verdict::Interrupted(Next::Attempt)),
        // Somebody put the descriptor into non-blocking mode, perhaps for a moment that is over; or time is up that the
        // program has set in the kernel.
        Attempted::Nothing => match unix::is_nonblocking(fd) {
            Ok(false) if time_limit(fd, plan.direction).is_some() => {
                Some(Verdict::Finished(Err(Kind::WouldBlock)))
            }
            Ok(_) | Err(_) => None,
        },
    }
}

/// How long the kernel itself lets a call wait: the program's own `SO_RCVTIMEO` or `SO_SNDTIMEO`.
fn time_limit(fd: BorrowedFd<'_>, direction: Direction) -> Option<Duration> {
    let sock = unix::sock(&fd);
    let limit = match direction {
        Direction::Receive => sock.read_timeout(),
        Direction::Send => sock.write_timeout(),
    };
    limit.ok().flatten()
}

/// The end of a wait: the call's deadline. A call without one waits as long as the kernel would let it.
fn wait_until(fd: BorrowedFd<'_>, plan: &mut Plan) -> Deadline {
    let kernels = if plan.limit.is_never() {
        time_limit(fd, plan.direction)
    } else {
        None
    };
    kernels.map_or_else(
        || plan.limit.deadline(),
        |limit| Deadline::after(Timeout::After(limit)),
    )
}

/// Looks once more when time is up: the deadline may have passed before we came to wait, or while a signal was
/// handled.
fn last_try<T>(
    fd: BorrowedFd<'_>,
    time_up: Kind,
    attempt: &mut impl FnMut(BorrowedFd<'_>, Blocking) -> io::Result<Step<T>>,
) -> Verdict<T> {
    match once(fd, Blocking::Forbidden, attempt) {
        Attempted::Over(result) => Verdict::Finished(result),
        Attempted::More | Attempted::Nothing | Attempted::Interrupted => Verdict::Finished(Err(time_up)),
    }
}

/// What a wait ended with.
pub(crate) enum Waited {
    Ready,
    TimeUp,
    Closed,
    Interrupted,
    Failed(Kind),
}

/// Waits until the descriptor has one of the events (or, without one, until this thread is signalled), the
/// deadline passes, the handle is closed or a signal arrives. Only the clock decides that time is up.
pub(crate) fn wait(
    handle: &Handle,
    target: Option<(BorrowedFd<'_>, i16)>,
    deadline: Deadline,
    watch: &mut Registration<'_>,
) -> Waited {
    let (fd, events) = target.map_or((PASSED_OVER, 0), |(fd, events)| (fd.as_raw_fd(), events));
    let mut set = [entry(fd, events), entry(PASSED_OVER, 0)];
    loop {
        match wait_many(&mut set, std::slice::from_mut(watch), deadline) {
            Waited::Ready if target.is_none() && handle.is_closed() => return Waited::Closed,
            Waited::Ready if target.is_none() => return Waited::Ready,
            Waited::Ready => {}
            end @ (Waited::TimeUp | Waited::Closed | Waited::Interrupted | Waited::Failed(_)) => return end,
        }
        let [seen, _] = set.map(|entry| entry.revents);
        if seen & libc::POLLNVAL != 0 {
            return Waited::Failed(Kind::Os(libc::EBADF)); // closed behind our back
        }
        if seen != 0 {
            return Waited::Ready;
        }
    }
}

/// The same for many descriptors and handles at once. The last entry of `set` is for the wake-up descriptor.
/// `Ready` also says that this thread was signalled, or that it can't be and should look around.
pub(crate) fn wait_many(
    set: &mut [libc::pollfd],
    watches: &mut [Registration<'_>],
    deadline: Deadline,
) -> Waited {
    loop {
        if watches.iter().any(Registration::is_closed) {
            return Waited::Closed;
        }
        let left = match deadline.left() {
            Left::Forever => None,
            Left::Some(left) => Some(left),
            Left::Nothing => return Waited::TimeUp,
        };
        let wake_fd = watches.first().and_then(Registration::poll_fd);
        let in_slices = wake_fd.is_none() && !watches.is_empty();
        let left = if in_slices {
            Some(left.map_or(SLICE, |left| left.min(SLICE)))
        } else {
            left
        };
        if let Some(last) = set.last_mut() {
            *last = entry(wake_fd.unwrap_or(PASSED_OVER), libc::POLLIN);
        }
        match os::poll(set, left) {
            Ok(Readiness::Interrupted) => return Waited::Interrupted,
            Ok(Readiness::TimeUp) if in_slices => return Waited::Ready,
            Ok(Readiness::TimeUp) => continue,
            Ok(Readiness::Ready) => {}
            Err(error) => return Waited::Failed(Kind::from_io(&error)),
        }
        if set.last().is_some_and(|last| last.revents != 0) {
            let signals = watches
                .iter_mut()
                .filter_map(|watch| watch.take_signal().then_some(()));
            if signals.count() == 0 {
                Registration::renew(watches);
            }
        }
        return Waited::Ready;
    }
}

/// Looks at once: `Ready` or `TimeUp`.
pub(crate) fn look(set: &mut [libc::pollfd]) -> Waited {
    match os::poll(set, Some(Duration::ZERO)) {
        Ok(Readiness::Ready) => Waited::Ready,
        Ok(Readiness::TimeUp) => Waited::TimeUp,
        Ok(Readiness::Interrupted) => Waited::Interrupted,
        Err(error) => Waited::Failed(Kind::from_io(&error)),
    }
}

/// What stands for no descriptor: poll passes over negative ones.
pub(crate) const PASSED_OVER: RawFd = -1;

/// One entry of a poll.
pub(crate) fn entry(fd: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd {
        fd,
        events,
        revents: 0,
    }
}

/// Waits a growing time, where readiness says nothing; the same ends as [`wait`].
fn pause(handle: &Handle, deadline: Deadline, watch: &mut Registration<'_>, round: u32) -> Waited {
    let slice = Duration::from_millis(1 << round.min(6)).min(SLICE);
    let end = Instant::now() + slice;
    let waited = wait(handle, None, deadline.or_earlier(end), watch);
    if matches!(waited, Waited::TimeUp) && !deadline.passed() {
        Waited::Ready
    } else {
        waited
    }
}
