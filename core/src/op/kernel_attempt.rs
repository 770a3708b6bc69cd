//! The first attempt of a call in which the kernel itself may wait.

use super::attempt::{Attempt, KernelWaits, Progress};
use crate::caller::Interruptible;
use crate::handle::{Direction, Handle, SHORTEST_KERNEL_LIMIT};
use crate::sys::holders::knows_holders;
use crate::sys::unix::Blocking;
use crate::time::{Deadline, LazyDeadline};
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// A wait that took less time than this did not sleep: a wake-up by another processor takes longer.
pub(super) const NO_SLEEP: Duration = Duration::from_micros(4);

/// The first attempt of a call, in which the kernel waits; `None` if it has no limit that ends this in time.
#[inline]
pub(super) fn attempt_in_kernel<A: Attempt>(
    handle: &Handle,
    fd: BorrowedFd<'_>,
    limit: &mut LazyDeadline,
    operation: &mut A,
    expects_wait: bool,
) -> Option<io::Result<Progress<A::Output>>> {
    let started = (expects_wait || !limit.is_never()).then(Instant::now);
    let attempted = if A::DIRECTION == Direction::Receive && handle.receives_may_spin() {
        attempt_spinning(handle, fd, limit, operation)
    } else {
        attempt_sleeping(handle, fd, limit, operation)
    };
    match (&attempted, started) {
        (Some(Ok(Progress::Done(_))), Some(started)) => {
            if expects_wait && started.elapsed() < NO_SLEEP {
                handle.expect_wait(A::DIRECTION, false);
            }
        }
        (_, Some(started)) => limit.start_at(started),
        (_, None) => {}
    }
    attempted
}

/// An attempt in which the kernel waits; `None` if it has no limit that ends this in time.
#[allow(clippy::inline_always)] // a part of nearly every call
#[inline(always)]
fn attempt_sleeping<A: Attempt>(
    handle: &Handle,
    fd: BorrowedFd<'_>,
    limit: &LazyDeadline,
    operation: &mut A,
) -> Option<io::Result<Progress<A::Output>>> {
    let limited = limit
        .time()
        .is_none_or(|time| handle.limit_kernel(fd, A::DIRECTION, time));
    limited.then(|| {
        handle.ensure_blocking(fd);
        operation.attempt(fd, Blocking::Allowed)
    })
}

/// The same, but where something is expected soon it is tried again and again before the kernel waits.
#[cold]
#[inline(never)]
fn attempt_spinning<A: Attempt>(
    handle: &Handle,
    fd: BorrowedFd<'_>,
    limit: &LazyDeadline,
    operation: &mut A,
) -> Option<io::Result<Progress<A::Output>>> {
    let Some(mut spin) = handle.spin(fd) else {
        return attempt_sleeping(handle, fd, limit, operation);
    };
    let found = spin.wait(Deadline::Never, Instant::now, |deadline| {
        if deadline == Deadline::Never {
            return Ok(Interruptible::Done(Some(attempt_sleeping(
                handle, fd, limit, operation,
            ))));
        }
        let attempted = operation.attempt(fd, Blocking::Forbidden);
        let is_nothing = matches!(&attempted, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        Ok(Interruptible::Done((!is_nothing).then_some(Some(attempted))))
    });
    handle.keep_spin(&spin);
    match found {
        Ok(Interruptible::Done(Some(attempted))) => attempted,
        // The spin found nothing. The caller checks for signals as after an interrupted call.
        _ => Some(Err(io::Error::from_raw_os_error(libc::EINTR))),
    }
}

/// Whether the kernel itself will wait: on a descriptor that no other process or handle can
/// hold, whose mode is ours to choose. One system call then does everything, and `close` wakes it with shutdown(2). This is the one
/// place that decides it; everything else waits in [`super::readiness`].
///
/// A call with a deadline needs a limit in the kernel, and is left to it only if it will probably have to wait.
#[inline]
pub(super) fn may_wait_in_kernel(
    handle: &Handle,
    allowed: KernelWaits,
    limit: &LazyDeadline,
    expects_wait: bool,
) -> bool {
    let wanted = match allowed {
        KernelWaits::Never => false,
        KernelWaits::WithoutLimit => limit.is_never(),
        KernelWaits::Always => limit.is_never() || (expects_wait && limit.is_at_least(SHORTEST_KERNEL_LIMIT)),
    };
    wanted && handle.is_private() && knows_holders()
}
