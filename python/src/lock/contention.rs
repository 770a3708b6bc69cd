//! The budget of this thread, and how many threads want the interpreter lock.

use super::budget::{Budget, Timing, FREE_BYTES};
use crate::raw::threads::coarse_time;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many threads have a budget. Threads that wait to reattach are counted only while there are some.
static WITH_BUDGET: AtomicUsize = AtomicUsize::new(0);

/// How many threads are waiting to reattach after a call.
static ATTACHING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static BUDGET: Budget = const { Budget::new() };
    static COUNTED: Counted = const { Counted(Cell::new(false)) };
}

/// Whether this thread is counted in [`WITH_BUDGET`]; not once it has ended.
struct Counted(Cell<bool>);

impl Counted {
    fn set(&self, counted: bool) {
        if self.0.replace(counted) != counted {
            if counted {
                WITH_BUDGET.fetch_add(1, Ordering::Relaxed);
            } else {
                WITH_BUDGET.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.set(false);
    }
}

#[cold]
fn update_count(budget: &Budget) {
    // A thread that is ending need not be counted.
    let _ = COUNTED.try_with(|counted| counted.set(!budget.is_spent()));
}

/// How many calls this thread made attached, and how many detached, while there were other threads.
pub fn counts() -> (u64, u64) {
    BUDGET.with(Budget::counts)
}

/// Whether another thread, known to be waiting, would be kept waiting longer.
#[inline]
pub fn others_wait() -> bool {
    ATTACHING.load(Ordering::Relaxed) > 0
}

/// Spends the budget on a call that moves `bytes`; `false` if it is not enough, or if another thread is waiting.
pub fn spend(bytes: usize) -> bool {
    if WITH_BUDGET.load(Ordering::Relaxed) == 0 {
        return false;
    }
    BUDGET.with(|budget| {
        let spent = !budget.is_spent() && !others_wait() && budget.spend(bytes);
        if spent && budget.is_spent() {
            update_count(budget);
        }
        spent
    })
}

/// Ends the budget if more was received than a call should move attached.
#[inline]
pub fn received(count: usize) {
    if count > FREE_BYTES {
        BUDGET.with(|budget| {
            budget.clear();
            update_count(budget);
        });
    }
}

/// How long a receive that found nothing may keep trying.
pub fn spin_limit() -> Duration {
    BUDGET.with(Budget::spin_limit)
}

/// Spends the budget on having kept trying since `start`.
#[cold]
pub fn spun_since(start: Instant, found: bool) {
    BUDGET.with(|budget| {
        budget.spend_on_spin(start.elapsed(), found);
        update_count(budget);
    });
}

/// A wait to reattach: when it began, on the clock by which it is timed.
pub struct Attaching {
    start: Start,
    is_counted: bool,
}

enum Start {
    Coarse(i64),
    Exact(Instant),
    Untimed,
}

/// Decides, while still attached, how this thread's wait to reattach is timed.
#[inline]
pub fn next_timing() -> Timing {
    BUDGET.with(Budget::next_timing)
}

impl Attaching {
    /// Begins a wait, detached.
    #[inline]
    pub fn begin(timing: Timing) -> Self {
        let is_counted = WITH_BUDGET.load(Ordering::Relaxed) > 0;
        if is_counted {
            ATTACHING.fetch_add(1, Ordering::Relaxed);
        }
        let start = match timing {
            Timing::Exact => Start::Exact(Instant::now()),
            Timing::Coarse => Start::Coarse(coarse_time()),
            Timing::Untimed => Start::Untimed,
        };
        Self { start, is_counted }
    }

    /// Ends it, attached: a long wait gives this thread a budget.
    #[inline]
    pub fn end(self) {
        if self.is_counted {
            ATTACHING.fetch_sub(1, Ordering::Relaxed);
        }
        match self.start {
            Start::Untimed => {}
            Start::Coarse(start) if coarse_time() == start => {}
            Start::Coarse(_) => BUDGET.with(Budget::time_next_waits),
            Start::Exact(start) => BUDGET.with(|budget| {
                budget.waited(start.elapsed());
                update_count(budget);
            }),
        }
    }
}
