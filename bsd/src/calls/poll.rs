//! poll(2) and ppoll(2).
//!
//! To find out whether a call will wait, it is first made with a timeout of 0, which returns what the whole call would return at
//! once.

use crate::memory;
use crate::next;
use crate::result::done;
use libc::{c_int, nfds_t, pollfd, sigset_t, timespec};
use polysock::bare::{self, Call};
use polysock::{promises, Events};
use std::ptr;
use std::time::Duration;

/// How many entries a record shows, and how many are looked at.
const MOST_SHOWN: usize = 64;
const MOST_SEEN: usize = 1024;

const NANOSECONDS_PER_MILLISECOND: i64 = 1_000_000;
const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

pub(super) static NO_TIME: timespec = timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// A time limit in nanoseconds; `None` without one.
pub(super) fn limit_in_ms(timeout: c_int) -> Option<i64> {
    (timeout >= 0).then(|| i64::from(timeout) * NANOSECONDS_PER_MILLISECOND)
}

/// Whether a call with this time limit may wait; if the pointer or the limit is bad, the call itself says so.
pub(super) fn may_wait(timeout: *const timespec) -> bool {
    // SAFETY: any bytes are two numbers.
    let limit = || unsafe { memory::read(timeout) };
    bare::is_observed() && (timeout.is_null() || limit().is_some_and(is_time))
}

/// Whether it is a valid time, and not 0.
#[allow(clippy::useless_conversion)] // the numbers are narrower with 32 bits
fn is_time(limit: timespec) -> bool {
    let nanoseconds = i64::from(limit.tv_nsec);
    limit.tv_sec >= 0
        && (0..NANOSECONDS_PER_SECOND).contains(&nanoseconds)
        && (limit.tv_sec > 0 || nanoseconds > 0)
}

#[allow(clippy::useless_conversion)] // the numbers are narrower with 32 bits
pub(super) fn limit(timeout: *const timespec) -> Option<i64> {
    // SAFETY: any bytes are two numbers.
    let timeout = unsafe { memory::read(timeout) }?;
    Some(
        i64::from(timeout.tv_sec)
            .saturating_mul(NANOSECONDS_PER_SECOND)
            .saturating_add(i64::from(timeout.tv_nsec)),
    )
}

/// What is left of a time limit after some time, never less.
pub(super) fn left_in_ms(timeout: c_int, passed: Duration) -> c_int {
    if timeout > 0 {
        let passed = c_int::try_from(passed.as_millis()).unwrap_or(c_int::MAX);
        timeout.saturating_sub(passed).max(0)
    } else {
        timeout
    }
}

/// The time limit of an attempt: the program's, or what is left of it.
pub(super) enum Left {
    All(*const timespec),
    Some(timespec),
}

impl Left {
    pub(super) fn at(&self) -> *const timespec {
        match self {
            Self::All(timeout) => *timeout,
            Self::Some(left) => left,
        }
    }
}

/// What is left of a time limit after some time.
#[inline]
pub(super) fn left(timeout: *const timespec, passed: Duration) -> Left {
    if passed.is_zero() {
        Left::All(timeout)
    } else {
        left_of(timeout, passed)
    }
}

#[cold]
fn left_of(timeout: *const timespec, passed: Duration) -> Left {
    let Some(limit) = limit(timeout) else {
        return Left::All(timeout);
    };
    let passed = i64::try_from(passed.as_nanos()).unwrap_or(i64::MAX);
    let left = limit.saturating_sub(passed).max(0);
    let mut time = NO_TIME;
    time.tv_sec = narrowed(left / NANOSECONDS_PER_SECOND);
    time.tv_nsec = narrowed(left % NANOSECONDS_PER_SECOND);
    Left::Some(time)
}

/// A number in a type that is narrower with 32 bits, and came from there.
pub(super) fn narrowed<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

fn entries(first: *const pollfd, count: nfds_t) -> impl Iterator<Item = pollfd> {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(MOST_SEEN);
    // SAFETY: any bytes are three numbers.
    unsafe { memory::items(first, count) }
}

/// Begins the record, if there is a socket among the entries.
#[cold]
#[inline(never)]
fn begin(first: *const pollfd, count: nfds_t, limit: impl FnOnce() -> Option<i64>) -> Option<Call> {
    if !bare::is_observed() {
        return None;
    }
    bare::aside(|| {
        if !entries(first, count).any(|entry| bare::is_socket(entry.fd)) {
            return None;
        }
        bare::begin_without_socket("poll", |fields| {
            fields.number("entries", count);
            let shown = entries(first, count).take(MOST_SHOWN);
            fields.descriptors("waits_for", shown.map(|entry| (entry.fd, Events(entry.events))));
            if let Some(limit) = limit() {
                fields.number("timeout", limit);
            }
        })
    })
}

#[inline]
fn end(call: Option<Call>, result: c_int, first: *const pollfd, count: nfds_t) {
    if let Some(call) = call {
        bare::end(call, done(result), |fields| {
            if result >= 0 {
                fields.number("found", result);
                let ready = entries(first, count).filter(|entry| entry.revents != 0);
                let shown = ready.take(MOST_SHOWN);
                fields.descriptors("ready", shown.map(|entry| (entry.fd, Events(entry.revents))));
            }
        });
    }
}

/// Makes a call, first without time to wait if it is recorded and may wait, so that it is known whether it waits.
#[inline]
pub(super) unsafe fn look_then_wait(
    call: &mut Option<Call>,
    may_wait: bool,
    look: impl FnOnce() -> c_int,
    wait: impl FnOnce() -> c_int,
) -> c_int {
    if let (Some(begun), true) = (*call, may_wait) {
        let found = look();
        if found != 0 {
            return found;
        }
        *call = Some(bare::wait(begun));
    }
    wait()
}

/// Makes a poll by `attempt`, which gets a time limit in milliseconds.
#[allow(clippy::inline_always)] // calls cost fewer instructions
#[inline(always)]
unsafe fn poll_by(
    first: *mut pollfd,
    count: nfds_t,
    timeout: c_int,
    attempt: impl Fn(c_int) -> c_int,
) -> c_int {
    let mut call = begin(first, count, || limit_in_ms(timeout));
    let result = look_then_wait(
        &mut call,
        timeout != 0,
        || attempt(0),
        || {
            promises::poll(first, count, timeout > 0, |passed| {
                attempt(left_in_ms(timeout, passed))
            })
        },
    );
    end(call, result, first, count);
    result
}

pub(crate) unsafe fn poll(first: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    poll_by(first, count, timeout, |timeout| next::poll(first, count, timeout))
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn __poll_chk(
    first: *mut pollfd,
    count: nfds_t,
    timeout: c_int,
    size: libc::size_t,
) -> c_int {
    poll_by(first, count, timeout, |timeout| {
        next::__poll_chk(first, count, timeout, size)
    })
}

/// Makes a ppoll by `attempt`, which gets a time limit and a set of signals to block.
#[allow(clippy::inline_always)] // calls cost fewer instructions
#[inline(always)]
unsafe fn ppoll_by(
    first: *mut pollfd,
    count: nfds_t,
    timeout: *const timespec,
    mask: *const sigset_t,
    attempt: impl Fn(*const timespec, *const sigset_t) -> c_int,
) -> c_int {
    let unblocked = promises::unblocked(mask);
    let mask = unblocked.as_ref().map_or(mask, ptr::from_ref);
    let mut call = begin(first, count, || limit(timeout));
    let result = look_then_wait(
        &mut call,
        may_wait(timeout),
        || attempt(&raw const NO_TIME, mask),
        || {
            promises::poll(first, count, !timeout.is_null(), |passed| {
                attempt(left(timeout, passed).at(), mask)
            })
        },
    );
    end(call, result, first, count);
    result
}

pub(crate) unsafe fn ppoll(
    first: *mut pollfd,
    count: nfds_t,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    ppoll_by(first, count, timeout, mask, |timeout, mask| {
        next::ppoll(first, count, timeout, mask)
    })
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn __ppoll_chk(
    first: *mut pollfd,
    count: nfds_t,
    timeout: *const timespec,
    mask: *const sigset_t,
    size: libc::size_t,
) -> c_int {
    ppoll_by(first, count, timeout, mask, |timeout, mask| {
        next::__ppoll_chk(first, count, timeout, mask, size)
    })
}
