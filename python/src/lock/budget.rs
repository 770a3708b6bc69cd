//! How many calls a thread may make while it stays attached to the interpreter although there are other threads.
//!
//! A thread that computes gives the interpreter lock away only every 5 ms. Next to such a thread, one that detaches for
//! each call makes 200 calls a second. So a thread that was kept waiting for long gets a budget of calls that it makes
//! attached, which together take about as long as it had waited. Threads that keep each other waiting for less take
//! turns well enough, and get no budget.
//!
//! Plain arithmetic, without a clock and without the interpreter: `make test-python` tests this file alone.

use std::cell::Cell;
use std::time::Duration;

/// A wait to reattach that is this long was caused by a thread that computes.
pub const LONG_WAIT: Duration = Duration::from_millis(2);
/// ... unless other threads had more than one turn per this time during it. Then it was a crowd that kept this thread waiting
/// for the lock, or for the processor.
const TURN_BESIDE_COMPUTING: Duration = Duration::from_micros(200);
/// A wait shorter than this was not caused by another thread.
const SHORT_WAIT: Duration = Duration::from_micros(5);
/// How many calls a long wait grants.
pub const CALLS: u32 = 2000;
/// A transfer costs one more call for each of these.
const BYTES_PER_CALL: usize = 8 * 1024;
/// Up to this many bytes a transfer costs one call: copying more takes as long as detaching.
pub const FREE_BYTES: usize = BYTES_PER_CALL;
/// How long a receive may keep trying for the price of one call: `CALLS` of them make a wait of 5 ms.
const TIME_PER_CALL: Duration = Duration::from_nanos(2500);
/// The longest that one receive keeps trying: an answer from another process takes 10 to 30 µs.
const LONGEST_SPIN: Duration = Duration::from_micros(50);
/// A receive that may keep trying for less than this does not try again.
const SHORTEST_SPIN: Duration = Duration::from_micros(5);
/// How many detached calls between two ticks of the coarse clock cause one wait to be timed after the second one. At least one
/// wait is timed: each of a hundred threads makes only about ten calls between two ticks.
const CALLS_PER_TIMED: u64 = 16;
/// The most waits that are timed after a tick.
const MOST_TIMED: u64 = 8;
/// How many waits in a row are timed after one that shows that other threads want the lock.
const TIMED_AMONG_OTHERS: u32 = 64;
/// One call in this many looks at the coarse clock, unless its wait is timed anyway.
const CALLS_PER_LOOK: u32 = 4;

/// The budget of one thread.
pub struct Budget {
    calls: Cell<u32>,
    /// How many more waits are timed.
    timed: Cell<u32>,
    /// How many more calls do not look at the coarse clock.
    unlooked: Cell<u32>,
    /// What the coarse clock said at the last look.
    seen: Cell<i64>,
    /// How many calls had been made detached when it ticked last.
    detached_at_tick: Cell<u64>,
    /// How long one receive may keep trying, adapted to how well that has paid off so far.
    spin: Cell<Duration>,
    attached: Cell<u64>,
    detached: Cell<u64>,
}

impl Budget {
    pub const fn new() -> Self {
        Self {
            calls: Cell::new(0),
            timed: Cell::new(0),
            unlooked: Cell::new(0),
            seen: Cell::new(0),
            detached_at_tick: Cell::new(0),
            spin: Cell::new(LONGEST_SPIN),
            attached: Cell::new(0),
            detached: Cell::new(0),
        }
    }

    /// Whether no call is left.
    pub fn is_spent(&self) -> bool {
        self.calls.get() == 0
    }

    /// How many calls were made attached and how many detached.
    pub fn counts(&self) -> (u64, u64) {
        (self.attached.get(), self.detached.get())
    }

    /// Spends a call, or more for a large transfer; `false` when not enough is left.
    pub fn spend(&self, bytes: usize) -> bool {
        let price = u32::try_from(bytes / BYTES_PER_CALL).map_or(u32::MAX, |more| more.saturating_add(1));
        let left = self.calls.get().checked_sub(price);
        if let Some(left) = left {
            self.calls.set(left);
            self.count_attached();
        }
        left.is_some()
    }

    /// Counts a call that is made attached.
    #[inline]
    pub fn count_attached(&self) {
        self.attached.set(self.attached.get().wrapping_add(1));
    }

    /// Drops the rest of the budget: more was received than a call should move attached.
    pub fn clear(&self) {
        self.calls.set(0);
    }

    /// Counts a call that detaches, and decides whether its wait to reattach is timed. Timing takes two looks at an exact
    /// clock, so waits are timed only after the coarse clock has ticked, which it does every few milliseconds, and so also during
    /// a long wait.
    #[inline]
    pub fn is_next_timed(&self, coarse_time: impl FnOnce() -> i64) -> bool {
        self.detached.set(self.detached.get().wrapping_add(1));
        match self.unlooked.get() {
            0 => self.timed.get() > 0 || self.looks_at(coarse_time()),
            more => {
                self.unlooked.set(more - 1);
                false
            }
        }
    }

    fn looks_at(&self, coarse_time: i64) -> bool {
        let ticked = self.seen.replace(coarse_time) != coarse_time;
        if ticked {
            let now = self.detached.get();
            let since = now.wrapping_sub(self.detached_at_tick.replace(now));
            let timed = (since / CALLS_PER_TIMED).clamp(1, MOST_TIMED);
            self.timed.set(u32::try_from(timed).unwrap_or(1));
        } else {
            self.unlooked.set(CALLS_PER_LOOK - 1);
        }
        ticked
    }

    /// Has the next waits timed: other threads want the lock.
    pub fn time_next_waits(&self) {
        self.timed.set(TIMED_AMONG_OTHERS);
        self.unlooked.set(0);
    }

    /// Records how long a wait to reattach took, and how many other threads reattached meanwhile: a long wait
    /// that a computing thread caused fills the budget.
    pub fn waited(&self, time: Duration, turns: usize) {
        let longest_turns = TURN_BESIDE_COMPUTING.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX));
        if time >= LONG_WAIT && time >= longest_turns {
            self.calls.set(CALLS);
            self.time_next_waits();
            self.spin.set(LONGEST_SPIN);
        } else {
            if time >= SHORT_WAIT {
                self.calls.set(0); // another thread takes turns with this one
            }
            self.timed.set(self.timed.get().saturating_sub(1));
        }
    }

    /// How long a receive that found nothing may keep trying before it detaches.
    pub fn spin_limit(&self) -> Duration {
        let affordable = TIME_PER_CALL.saturating_mul(self.calls.get());
        let limit = self.spin.get().min(affordable);
        if limit < SHORTEST_SPIN {
            Duration::ZERO
        } else {
            limit
        }
    }

    /// Spends calls on having kept trying for this time, and learns whether that pays off.
    pub fn spend_on_spin(&self, time: Duration, found: bool) {
        let calls = time.as_nanos() / TIME_PER_CALL.as_nanos();
        let price = u32::try_from(calls).unwrap_or(u32::MAX);
        self.calls.set(self.calls.get().saturating_sub(price));
        let spin = self.spin.get();
        self.spin.set(if found {
            spin.saturating_mul(2).min(LONGEST_SPIN)
        } else {
            spin / 2
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    const fn us(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    fn with_calls() -> Budget {
        let budget = Budget::new();
        budget.waited(ms(5), 0);
        budget
    }

    /// How many calls that move `bytes` each are left.
    fn affordable(budget: &Budget, bytes: usize) -> u32 {
        (0..)
            .take_while(|_| budget.spend(bytes))
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_long_wait_in_which_many_others_had_their_turn_gives_no_calls() {
        let calls_after = |turns| {
            let budget = Budget::new();
            budget.waited(ms(5), turns);
            affordable(&budget, 1)
        };
        assert_eq!(calls_after(25), CALLS);
        assert_eq!(calls_after(26), 0);
        assert_eq!(calls_after(usize::MAX), 0);
    }

    #[test]
    fn a_new_thread_has_no_calls() {
        let budget = Budget::new();
        assert!(budget.is_spent());
        assert!(!budget.spend(1));
        assert_eq!(budget.spin_limit(), Duration::ZERO);
        assert_eq!(budget.counts(), (0, 0));
    }

    #[test]
    fn a_long_wait_gives_many_small_calls_or_few_large_ones() {
        for bytes in [0, 1, 64, FREE_BYTES - 1] {
            assert_eq!(affordable(&with_calls(), bytes), CALLS);
        }
        assert_eq!(affordable(&with_calls(), FREE_BYTES), CALLS / 2);
        assert_eq!(affordable(&with_calls(), 64 * 1024), CALLS / 9);
        assert_eq!(affordable(&with_calls(), usize::MAX), 0);
    }

    #[test]
    fn only_a_long_wait_gives_calls_and_they_do_not_add_up() {
        let budget = Budget::new();
        for wait in [Duration::ZERO, us(4), us(5), us(1999)] {
            budget.waited(wait, 0);
            assert!(budget.is_spent(), "{wait:?}");
        }
        for _ in 0..3 {
            budget.waited(LONG_WAIT, 0);
        }
        assert_eq!(affordable(&budget, 1), CALLS);
    }

    #[test]
    fn threads_that_take_turns_end_the_budget() {
        let budget = with_calls();
        budget.waited(us(4), 0);
        assert!(!budget.is_spent(), "there was no other thread");
        budget.waited(us(5), 0);
        assert!(budget.is_spent());
    }

    #[test]
    fn a_large_transfer_ends_the_budget() {
        let budget = with_calls();
        budget.clear();
        assert_eq!(affordable(&budget, 1), 0);
    }

    #[test]
    fn one_call_in_four_looks_at_the_clock_and_a_tick_has_the_next_waits_timed() {
        let budget = Budget::new();
        let looks = Cell::new(0);
        let is_timed_at = |time: i64| {
            budget.is_next_timed(|| {
                looks.set(looks.get() + 1);
                time
            })
        };
        assert!(is_timed_at(1), "the clock had not been seen before");
        budget.waited(us(1), 0);
        looks.set(0);
        assert!((0..9).all(|_| !is_timed_at(1)));
        assert_eq!(looks.get(), 3);
        assert!((0..3).all(|_| !is_timed_at(2)), "these do not look");
        assert!(is_timed_at(2));
        budget.waited(us(1), 0);
        assert_eq!(looks.get(), 4);
        assert!(!is_timed_at(2));
        assert_eq!(budget.counts(), (0, 1 + 9 + 3 + 1 + 1));
    }

    /// How many waits in a row are timed.
    fn timed(budget: &Budget, coarse_time: i64) -> u32 {
        let waits = (0..).take_while(|_| {
            let is_timed = budget.is_next_timed(|| coarse_time);
            budget.waited(us(1), 0);
            is_timed
        });
        waits.count().try_into().unwrap()
    }

    #[test]
    fn the_more_calls_between_two_ticks_the_more_waits_are_timed() {
        let budget = Budget::new();
        assert_eq!(timed(&budget, 0), 0);
        for (time, calls, expected) in [(1, 0, 1), (2, 48, 3), (3, 100, 6), (4, 1000, 8), (5, 0, 1)] {
            for _ in 0..calls {
                assert!(!budget.is_next_timed(|| time - 1));
            }
            budget.unlooked.set(0);
            assert_eq!(timed(&budget, time), expected, "after {calls}");
        }
    }

    #[test]
    fn a_long_wait_has_more_waits_timed_and_so_does_a_request() {
        let budget = Budget::new();
        assert_eq!(timed(&budget, 1), 1);
        budget.waited(ms(5), 0);
        assert_eq!(timed(&budget, 1), TIMED_AMONG_OTHERS);
        budget.time_next_waits();
        assert_eq!(timed(&budget, 1), TIMED_AMONG_OTHERS);
    }

    #[test]
    fn going_on_trying_costs_calls_by_time() {
        let budget = with_calls();
        budget.spend_on_spin(us(50), true);
        assert_eq!(affordable(&budget, 1), CALLS - 20);
        let budget = with_calls();
        budget.spend_on_spin(ms(60_000), true);
        assert!(budget.is_spent());
    }

    #[test]
    fn the_spin_limit_follows_success_and_never_exceeds_the_budget() {
        let budget = with_calls();
        assert_eq!(budget.spin_limit(), LONGEST_SPIN);
        for expected in [25_000, 12_500, 6250, 0, 0] {
            budget.spend_on_spin(us(0), false);
            assert_eq!(budget.spin_limit(), Duration::from_nanos(expected));
        }
        // The next long wait gives it another chance, and success brings it back.
        budget.waited(ms(5), 0);
        assert_eq!(budget.spin_limit(), LONGEST_SPIN);
        for (found, expected) in [
            (false, 25_000),
            (false, 12_500),
            (true, 25_000),
            (true, 50_000),
            (true, 50_000),
        ] {
            budget.spend_on_spin(us(0), found);
            assert_eq!(budget.spin_limit(), Duration::from_nanos(expected));
        }
        while budget.calls.get() > 3 {
            budget.spend(1);
        }
        assert_eq!(budget.spin_limit(), Duration::from_nanos(7500));
        budget.spend(1);
        budget.spend(1);
        assert_eq!(budget.spin_limit(), Duration::ZERO);
    }

    #[test]
    fn every_call_is_counted() {
        let budget = with_calls();
        assert_eq!(affordable(&budget, 1), CALLS);
        budget.is_next_timed(|| 1);
        assert_eq!(budget.counts(), (u64::from(CALLS), 1));
    }
}
