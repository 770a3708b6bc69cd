//! select(2) and pselect(2).

use super::poll::{left, limit, may_wait, narrowed};
use crate::memory;
use crate::next;
use crate::result::done;
use libc::{c_int, fd_set, nfds_t, pollfd, sigset_t, timespec, timeval};
use polysock::bare::{self, Call};
use polysock::{promises, Events};
use std::ptr;
use std::time::Duration;

/// A set of descriptors, as the kernel sees it: an array of longs.
const WORDS: usize = 128;
const BITS: usize = u64::BITS as usize;
/// How many descriptors the copies of sets have room for. A call with more is recorded without knowing whether it waits.
const MOST: usize = WORDS * BITS;
const MOST_SHOWN: usize = 64;
/// How many descriptors are looked at at a time.
const BLOCK: usize = 64;

/// What the program has in its three sets.
struct Sets {
    words: [[u64; WORDS]; 3],
    used: usize,
}

impl Sets {
    /// `None` if there are too many descriptors, or a pointer is bad.
    fn copy(count: c_int, places: [*mut fd_set; 3]) -> Option<Self> {
        let count = usize::try_from(count).ok().filter(|count| *count <= MOST)?;
        let mut sets = Self {
            words: [[0; WORDS]; 3],
            used: count.div_ceil(BITS),
        };
        for (words, place) in sets.words.iter_mut().zip(places) {
            if place.is_null() {
                continue;
            }
            // SAFETY: any bytes are bits.
            let there = unsafe { memory::items(place.cast::<u64>(), sets.used) };
            let copied = words
                .iter_mut()
                .zip(there)
                .map(|(word, there)| *word = there)
                .count();
            if copied < sets.used {
                return None;
            }
        }
        Some(sets)
    }

    /// Whether the call will return at once: one of the descriptors is ready, or not open.
    fn has_any(&self) -> bool {
        let mut entries = self.entries();
        loop {
            let mut block = [pollfd {
                fd: -1,
                events: 0,
                revents: 0,
            }; BLOCK];
            let mut count = 0;
            for (entry, (fd, events)) in block.iter_mut().zip(entries.by_ref().take(BLOCK)) {
                (entry.fd, entry.events) = (fd, events.0);
                count += 1;
            }
            if count == 0 {
                return false;
            }
            // SAFETY: the entries are ours.
            if unsafe { next::poll(block.as_mut_ptr(), BLOCK as nfds_t, 0) } != 0 {
                return true;
            }
        }
    }

    /// The descriptors in the sets and what they are in them for.
    fn entries(&self) -> impl Iterator<Item = (c_int, Events)> + '_ {
        (0..self.used * BITS).filter_map(|number| {
            let has = |words: &[u64; WORDS]| {
                words
                    .get(number / BITS)
                    .is_some_and(|word| word >> (number % BITS) & 1 == 1)
            };
            let [read, write, except] = &self.words;
            let mut events = 0;
            for (set, event) in [
                (read, libc::POLLIN),
                (write, libc::POLLOUT),
                (except, libc::POLLPRI),
            ] {
                if has(set) {
                    events |= event;
                }
            }
            (events != 0).then(|| (c_int::try_from(number).unwrap_or(c_int::MAX), Events(events)))
        })
    }
}

/// A time limit in nanoseconds; `None` without one.
#[allow(clippy::useless_conversion)] // the numbers are narrower with 32 bits
fn limit_in_us(timeout: *const timeval) -> Option<i64> {
    // SAFETY: any bytes are two numbers.
    let timeout = unsafe { memory::read(timeout) }?;
    let microseconds = i64::from(timeout.tv_sec)
        .saturating_mul(1_000_000)
        .saturating_add(i64::from(timeout.tv_usec));
    Some(microseconds.saturating_mul(1000))
}

/// Whether a call that a signal has ended leaves in the program's limit how much is left of it. musl's select(2) works on a copy.
const IS_LIMIT_REDUCED: bool = !cfg!(target_env = "musl");

/// What is left of a time limit after some time, never less.
#[cold]
fn left_in_us(timeout: *const timeval, passed: Duration) -> Option<timeval> {
    let passed = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
    let left = (limit_in_us(timeout)? / 1000).saturating_sub(passed).max(0);
    Some(timeval {
        tv_sec: narrowed(left / 1_000_000),
        tv_usec: narrowed(left % 1_000_000),
    })
}

/// Whether a call with this time limit may wait; if the pointer or the limit is bad, the call itself says so.
fn may_wait_us(timeout: *const timeval) -> bool {
    // SAFETY: any bytes are two numbers.
    let limit = || unsafe { memory::read(timeout) };
    let waits =
        |limit: timeval| limit.tv_sec >= 0 && limit.tv_usec >= 0 && limit.tv_sec.max(limit.tv_usec) > 0;
    bare::is_observed() && (timeout.is_null() || limit().is_some_and(waits))
}

/// Begins the record, if there is a socket among the descriptors.
#[cold]
#[inline(never)]
fn begin(
    count: c_int,
    places: [*mut fd_set; 3],
    may_wait: impl FnOnce() -> bool,
    limit: impl FnOnce() -> Option<i64>,
) -> Option<Call> {
    if !bare::is_observed() {
        return None;
    }
    bare::aside(|| {
        let sets = Sets::copy(count, places)?;
        if !sets.entries().any(|(number, _)| bare::is_socket(number)) {
            return None;
        }
        let call = bare::begin_without_socket("select", |fields| {
            fields.number("entries", sets.entries().count());
            fields.descriptors("waits_for", sets.entries().take(MOST_SHOWN));
            if let Some(limit) = limit() {
                fields.number("timeout", limit);
            }
        })?;
        let waits = may_wait() && !sets.has_any();
        Some(if waits { bare::wait(call) } else { call })
    })
}

#[inline]
fn end(call: Option<Call>, result: c_int, count: c_int, places: [*mut fd_set; 3]) {
    if let Some(call) = call {
        bare::end(call, done(result), |fields| {
            if result >= 0 {
                fields.number("found", result);
                if let Some(sets) = Sets::copy(count, places) {
                    fields.descriptors("ready", sets.entries().take(MOST_SHOWN));
                }
            }
        });
    }
}

pub(crate) unsafe fn select(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *mut timeval,
) -> c_int {
    let places = [read, write, except];
    let call = begin(count, places, || may_wait_us(timeout), || limit_in_us(timeout));
    let has_limit = !timeout.is_null() && !IS_LIMIT_REDUCED;
    let result = promises::select(count, places, has_limit, |passed| {
        let mut rest = None;
        if !passed.is_zero() {
            rest = left_in_us(timeout, passed);
        }
        next::select(
            count,
            read,
            write,
            except,
            rest.as_mut().map_or(timeout, ptr::from_mut),
        )
    });
    end(call, result, count, places);
    result
}

pub(crate) unsafe fn pselect(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    let unblocked = promises::unblocked(mask);
    let mask = unblocked.as_ref().map_or(mask, ptr::from_ref);
    let places = [read, write, except];
    let call = begin(count, places, || may_wait(timeout), || limit(timeout));
    let result = promises::select(count, places, !timeout.is_null(), |passed| {
        next::pselect(count, read, write, except, left(timeout, passed).at(), mask)
    });
    end(call, result, count, places);
    result
}
