//! select(2) and pselect(2).

use super::poll::{limit, look_then_wait, may_wait, NO_TIME};
use crate::memory;
use crate::next::{self, pass_on};
use crate::result::done;
use libc::{c_int, fd_set, sigset_t, timespec, timeval};
use polysock::bare::{self, Call};
use polysock::Events;
use std::ptr;

/// A set of descriptors, as the kernel sees it: an array of longs.
const WORDS: usize = 128;
const BITS: usize = u64::BITS as usize;
/// How many descriptors the copies of sets have room for. A call with more is recorded without knowing whether it waits.
const MOST: usize = WORDS * BITS;
const MOST_SHOWN: usize = 64;

/// What the program has in its three sets.
struct Sets {
    places: [*mut fd_set; 3],
    words: [[u64; WORDS]; 3],
    used: usize,
}

impl Sets {
    /// `None` if there are too many descriptors, or a pointer is bad.
    fn copy(count: c_int, places: [*mut fd_set; 3]) -> Option<Self> {
        let count = usize::try_from(count).ok().filter(|count| *count <= MOST)?;
        let mut sets = Self {
            places,
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

    /// Puts back what the program had there.
    ///
    /// # Safety
    /// The kernel has written to the sets just now.
    unsafe fn restore(&self) {
        for (words, place) in self.words.iter().zip(self.places) {
            if !place.is_null() {
                // SAFETY: the kernel has written this many words there just now.
                unsafe { ptr::copy_nonoverlapping(words.as_ptr(), place.cast::<u64>(), self.used) };
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
fn limit_in_us(timeout: *const timeval) -> Option<i64> {
    // SAFETY: any bytes are two numbers.
    let timeout = unsafe { memory::read(timeout) }?;
    let microseconds = timeout
        .tv_sec
        .saturating_mul(1_000_000)
        .saturating_add(timeout.tv_usec);
    Some(microseconds.saturating_mul(1000))
}

/// Begins the record, if there is a socket among the descriptors.
#[inline]
fn begin(count: c_int, places: [*mut fd_set; 3], limit: impl FnOnce() -> Option<i64>) -> Option<Call> {
    if bare::is_observed() {
        begin_observed(count, places, limit)
    } else {
        None
    }
}

#[cold]
fn begin_observed(
    count: c_int,
    places: [*mut fd_set; 3],
    limit: impl FnOnce() -> Option<i64>,
) -> Option<Call> {
    let sets = Sets::copy(count, places)?;
    if !sets.entries().any(|(number, _)| bare::is_socket(number)) {
        return None;
    }
    bare::begin_without_socket("select", |fields| {
        fields.number("entries", sets.entries().count());
        fields.descriptors("waits_for", sets.entries().take(MOST_SHOWN));
        if let Some(limit) = limit() {
            fields.number("timeout", limit);
        }
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

/// Makes the call without waiting. If nothing was found, the sets are as before.
#[cold]
fn look(count: c_int, places: [*mut fd_set; 3], call: impl FnOnce() -> c_int) -> c_int {
    let Some(before) = Sets::copy(count, places) else {
        return 0;
    };
    let found = call();
    if found == 0 {
        // SAFETY: the kernel has written to them.
        unsafe { before.restore() };
    }
    found
}

#[no_mangle]
pub unsafe extern "C-unwind" fn select(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *mut timeval,
) -> c_int {
    pass_on!(select(count, read, write, except, timeout));
    let places = [read, write, except];
    let mut call = begin(count, places, || limit_in_us(timeout));
    let mut no_time = timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let result = look_then_wait(
        &mut call,
        bare::is_observed() && (timeout.is_null() || limit_in_us(timeout).is_some_and(|limit| limit > 0)),
        || {
            look(count, places, || {
                next::select(count, read, write, except, &raw mut no_time)
            })
        },
        || next::select(count, read, write, except, timeout),
    );
    end(call, result, count, places);
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn pselect(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    pass_on!(pselect(count, read, write, except, timeout, mask));
    let places = [read, write, except];
    let mut call = begin(count, places, || limit(timeout));
    let result = look_then_wait(
        &mut call,
        may_wait(timeout),
        || {
            look(count, places, || {
                next::pselect(count, read, write, except, &raw const NO_TIME, mask)
            })
        },
        || next::pselect(count, read, write, except, timeout, mask),
    );
    end(call, result, count, places);
    result
}
