//! Whether all other threads of the process are idle, so that a thread may make most of its calls attached.
//!
//! The interpreter does not tell whether a thread waits for the lock. But one that has used no processor time has not
//! begun to. So a thread looks at how much the others have used: while that is nothing, only one of its calls in four detaches.
//! Another thread that begins to want the lock can take it during that call. It waits a little longer than if each call
//! detached, so this is for threads that seldom wake: once others have used some, every call detaches, and no thread looks for
//! a while.
//!
//! Plain arithmetic, without a clock and without the interpreter: `make test-python` tests this file alone.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A wait to reattach that is shorter than this found the lock free.
pub const NO_WAIT: Duration = Duration::from_micros(1);
/// How many calls are made attached after one that detached.
const KEPT_CALLS: u32 = 3;
/// How many detached calls do not check their wait after one that does.
const UNCHECKED: u32 = 7;
/// Other threads that have used less processor time than this have not run: waking up once takes at least this long. It is not zero,
/// because the two clocks are not read at the same time.
const USED_BY_IDLE: u64 = 3_000; // nanoseconds
/// How long other threads that have run are taken to be busy.
const MEMORY: i64 = 200_000_000; // nanoseconds

/// What one thread knows of the others.
pub struct IdleOthers {
    are_idle: Cell<bool>,
    /// How many more calls are made attached.
    kept: Cell<u32>,
    /// How many more detached calls do not check their wait.
    unchecked: Cell<u32>,
    /// How much processor time the others had used at the last look.
    used: Cell<i64>,
    /// What the coarse clock said at the last wait that was recorded.
    looked: Cell<i64>,
}

/// Until when, on the coarse clock, no thread looks, because one has found others busy. A look takes longer with more threads.
pub struct BusyUntil(AtomicI64);

impl BusyUntil {
    pub const fn never() -> Self {
        Self(AtomicI64::new(0))
    }
}

impl IdleOthers {
    pub const fn new() -> Self {
        Self {
            are_idle: Cell::new(false),
            kept: Cell::new(0),
            unchecked: Cell::new(0),
            used: Cell::new(0),
            looked: Cell::new(0),
        }
    }

    /// Whether a call is made attached; if so, counts it.
    #[inline]
    pub fn allow_a_call(&self) -> bool {
        let left = self.kept.get();
        self.kept.set(left.saturating_sub(1));
        left > 0
    }

    /// A call detaches, and then the next ones may be made attached. Whether it is to check that it does not wait to reattach,
    /// because a thread has woken.
    #[inline]
    pub fn detaches(&self) -> bool {
        self.are_idle.get() && {
            self.kept.set(KEPT_CALLS);
            let unchecked = self.unchecked.get();
            self.unchecked.set(unchecked.checked_sub(1).unwrap_or(UNCHECKED));
            unchecked == 0
        }
    }

    /// Forgets what is known, in a forked child.
    pub fn forget(&self) {
        self.are_idle.set(false);
        self.allow_none();
    }

    /// The next call detaches.
    pub fn allow_none(&self) {
        self.kept.set(0);
    }

    /// Records how long a wait to reattach took. After one in which another thread had the lock, the others are not idle until the
    /// next look. `used` returns how much processor time they have used so far, if that can be found out; it is called at most
    /// once for each tick of the coarse clock.
    pub fn waited(
        &self,
        time: Duration,
        busy: &BusyUntil,
        coarse_time: i64,
        used: impl FnOnce() -> Option<i64>,
    ) {
        if coarse_time != self.looked.get() {
            self.looked.set(coarse_time);
            self.are_idle.set(self.look(busy, coarse_time, used));
        }
        if time >= NO_WAIT {
            self.are_idle.set(false);
        }
        if !self.are_idle.get() {
            self.allow_none();
        }
    }

    /// Whether the others have not run since the last look.
    fn look(&self, busy: &BusyUntil, now: i64, used: impl FnOnce() -> Option<i64>) -> bool {
        if now < busy.0.load(Ordering::Relaxed) {
            return false;
        }
        let have_run = used().is_none_or(|used| used.abs_diff(self.used.replace(used)) >= USED_BY_IDLE);
        if have_run {
            busy.0.store(now.saturating_add(MEMORY), Ordering::Relaxed);
        }
        !have_run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;
    const TICK: i64 = 4_000_000;
    const FREE: Duration = Duration::from_nanos(999);

    /// Which of the next eight calls are made attached.
    fn next(others: &IdleOthers) -> [bool; 8] {
        std::array::from_fn(|_| {
            let allowed = others.allow_a_call();
            if !allowed {
                others.detaches();
            }
            allowed
        })
    }

    const NONE: [bool; 8] = [false; 8];
    const THREE_IN_FOUR: [bool; 8] = [false, true, true, true, false, true, true, true];

    /// A thread that has found the others idle at that time.
    fn beside_idle_ones() -> (IdleOthers, BusyUntil) {
        let (others, busy) = (IdleOthers::new(), BusyUntil::never());
        others.waited(FREE, &busy, NOW - MEMORY, || Some(1_000_000));
        assert_eq!(next(&others), NONE, "they may have run just before");
        others.waited(FREE, &busy, NOW, || Some(1_000_000));
        (others, busy)
    }

    #[test]
    fn every_fourth_call_detaches_beside_idle_threads_only() {
        assert_eq!(next(&IdleOthers::new()), NONE, "it knows nothing yet");
        let (others, busy) = beside_idle_ones();
        for tick in 0..5 {
            others.waited(FREE, &busy, NOW + tick * TICK, || Some(1_000_000));
            assert_eq!(next(&others), THREE_IN_FOUR);
        }
    }

    #[test]
    fn the_next_call_detaches_if_it_is_told_to() {
        let (others, _) = beside_idle_ones();
        others.detaches();
        assert!(others.allow_a_call());
        others.allow_none();
        assert_eq!(next(&others), THREE_IN_FOUR);
    }

    #[test]
    fn a_wait_shows_that_others_are_not_idle_until_the_next_look() {
        let (others, busy) = beside_idle_ones();
        others.detaches();
        others.waited(NO_WAIT, &busy, NOW, || unreachable!("the clock has not ticked"));
        assert_eq!(next(&others), NONE);
        others.waited(FREE, &busy, NOW, || unreachable!());
        assert_eq!(next(&others), NONE);
        others.waited(FREE, &busy, NOW + TICK, || Some(1_000_000));
        assert_eq!(next(&others), THREE_IN_FOUR);
    }

    #[test]
    fn one_detached_call_in_eight_is_checked_beside_idle_threads_only() {
        assert!(!IdleOthers::new().detaches());
        let (others, _) = beside_idle_ones();
        let checked: Vec<usize> = (0..20).filter(|_| others.detaches()).collect();
        assert_eq!(checked, [0, 8, 16]);
    }

    #[test]
    fn without_the_clocks_the_others_are_taken_to_be_busy() {
        let (others, busy) = beside_idle_ones();
        others.waited(FREE, &busy, NOW + TICK, || None);
        assert_eq!(next(&others), NONE);
    }

    #[test]
    fn others_that_have_run_are_busy_for_a_while_and_no_thread_looks() {
        let (others, busy) = beside_idle_ones();
        others.waited(FREE, &busy, NOW + TICK, || Some(1_000_000 + 2_999));
        assert_eq!(
            next(&others),
            THREE_IN_FOUR,
            "two clocks are not read at the same time"
        );
        let ran = NOW + 2 * TICK;
        others.waited(FREE, &busy, ran, || Some(1_000_000 + 2_999 + 3_000));
        assert_eq!(next(&others), NONE);
        let another = IdleOthers::new();
        for thread in [&another, &others] {
            thread.waited(FREE, &busy, ran + MEMORY - 1, || unreachable!());
            assert_eq!(next(thread), NONE);
        }
        others.waited(FREE, &busy, ran + MEMORY, || Some(1_000_000 + 6_000));
        assert_eq!(next(&others), THREE_IN_FOUR);
        another.waited(FREE, &busy, ran + MEMORY, || Some(9_000_000));
        others.waited(FREE, &busy, ran + MEMORY + TICK, || {
            unreachable!("another thread has found some busy")
        });
        assert_eq!(next(&others), NONE);
    }

    #[test]
    fn a_forked_child_knows_nothing() {
        let (others, _) = beside_idle_ones();
        assert_eq!(next(&others), THREE_IN_FOUR);
        others.forget();
        assert_eq!(next(&others), NONE);
    }

    #[test]
    fn clocks_that_begin_again_in_a_forked_child_show_nothing() {
        let (others, busy) = beside_idle_ones();
        others.waited(FREE, &busy, NOW + TICK, || Some(0));
        assert_eq!(next(&others), NONE);
    }
}
