//! What this thread knows of others that may want the interpreter lock, and how many do.

use super::budget::Budget;
use super::crowding::Crowding;
use super::idle_others::{BusyUntil, IdleOthers, NO_WAIT};
use crate::raw::threads::{
    call_in_forked_children, coarse_time, has_several_processors, processor_time_of_others,
};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many reasons there are to count the threads that wait to reattach: threads that have a budget, and a crowd.
static REASONS: AtomicUsize = AtomicUsize::new(0);

/// How many threads are waiting to reattach after a call.
static ATTACHING: AtomicUsize = AtomicUsize::new(0);

/// Until when threads are taken to crowd, on the coarse clock; zero if they don't.
static CROWDED_UNTIL: AtomicI64 = AtomicI64::new(0);

/// Until when the process is taken to have one processor, on the coarse clock.
static ONE_PROCESSOR_UNTIL: AtomicI64 = AtomicI64::new(0);

/// How many times a thread has reattached while there was a reason to count, or its wait was timed.
static TURNS: AtomicUsize = AtomicUsize::new(0);

/// Whether a thread that came back from a call while threads crowded has not begun its next one: it is attached, or sleeps
/// elsewhere.
static ATTACHED: AtomicBool = AtomicBool::new(false);

/// Whether a thread is waiting, awake, until that one detaches.
static LOOKING: AtomicBool = AtomicBool::new(false);

/// Until when threads take each other to be busy.
static BUSY_UNTIL: BusyUntil = BusyUntil::never();

/// How long a crowd is remembered.
const MEMORY: i64 = 50_000_000; // nanoseconds

/// How many times a thread that lets another one go first looks whether it has: together, they take as long as waking
/// a thread on another processor.
const LOOKS: u32 = 20;

thread_local! {
    static KNOWN: Known = const { Known { budget: Budget::new(), crowding: Crowding::new(), others: IdleOthers::new() } };
    static COUNTED: Counted = const { Counted(Cell::new(false)) };
}

/// What this thread knows.
struct Known {
    budget: Budget,
    crowding: Crowding,
    others: IdleOthers,
}

/// Whether this thread's budget is counted in [`REASONS`]; not once it has ended.
struct Counted(Cell<bool>);

impl Counted {
    fn set(&self, counted: bool) {
        if self.0.replace(counted) != counted {
            if counted {
                REASONS.fetch_add(1, Ordering::Relaxed);
            } else {
                REASONS.fetch_sub(1, Ordering::Relaxed);
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

/// Counts afresh in forked children, which have none of the other threads. Called once.
pub fn watch_forks() {
    call_in_forked_children(forget_other_threads);
}

extern "C" fn forget_other_threads() {
    ATTACHING.store(0, Ordering::Relaxed);
    LOOKING.store(false, Ordering::Relaxed);
    ATTACHED.store(false, Ordering::Relaxed);
    CROWDED_UNTIL.store(0, Ordering::Relaxed);
    let has_budget = KNOWN.with(|Known { budget, others, .. }| {
        others.forget();
        !budget.is_spent()
    });
    REASONS.store(usize::from(has_budget), Ordering::Relaxed);
}

/// How many calls this thread made attached, and how many detached, while there were other threads.
pub fn counts() -> (u64, u64) {
    KNOWN.with(|known| known.budget.counts())
}

/// Whether another thread, known to be waiting, would be kept waiting longer.
#[inline]
pub fn others_wait() -> bool {
    ATTACHING.load(Ordering::Relaxed) > 0
}

/// Whether there is a crowd.
fn remembers_crowd() -> bool {
    let until = CROWDED_UNTIL.load(Ordering::Relaxed);
    if until == 0 || coarse_time() < until {
        return until != 0;
    }
    let forgotten = CROWDED_UNTIL.compare_exchange(until, 0, Ordering::Relaxed, Ordering::Relaxed);
    if forgotten.is_ok() {
        REASONS.fetch_sub(1, Ordering::Relaxed);
    }
    false
}

/// Remembers a crowd for some time; `false` on a single processor, where threads wait for the processor rather than the
/// lock, and handing the lock over wakes no thread in vain.
fn remember_crowd() -> bool {
    let now = coarse_time();
    let remembered = CROWDED_UNTIL.load(Ordering::Relaxed);
    if remembered.saturating_sub(now) > MEMORY / 2 {
        return true;
    }
    if now < ONE_PROCESSOR_UNTIL.load(Ordering::Relaxed) {
        return false;
    }
    if !has_several_processors() {
        ONE_PROCESSOR_UNTIL.store(now.saturating_add(MEMORY), Ordering::Relaxed); // it takes two system calls to ask
        return false;
    }
    if CROWDED_UNTIL.fetch_max(now.saturating_add(MEMORY), Ordering::Relaxed) == 0 {
        REASONS.fetch_add(1, Ordering::Relaxed);
    }
    true
}

/// Waits, detached, until another thread has reattached, but not for longer than that usually takes.
#[cold]
fn give_way() {
    let turns = TURNS.load(Ordering::Relaxed);
    for _ in 0..LOOKS {
        std::thread::yield_now(); // the other one may need the processor
        if TURNS.load(Ordering::Relaxed) != turns {
            break;
        }
    }
}

/// Waits, detached and awake, until the thread that is attached has begun a call: it mostly does so sooner than this one could
/// be put to sleep and woken again. Only one thread at a time does this, so that it takes no more than one processor.
#[cold]
fn await_detached() {
    if LOOKING.swap(true, Ordering::Relaxed) {
        return;
    }
    for _ in 0..LOOKS {
        std::thread::yield_now();
        if !ATTACHED.load(Ordering::Relaxed) {
            break;
        }
    }
    LOOKING.store(false, Ordering::Relaxed);
}

/// Whether a thread may have a budget, or threads crowd.
#[inline]
pub fn is_counted() -> bool {
    REASONS.load(Ordering::Relaxed) > 0
}

/// Spends the budget on a call that moves `bytes`; `false` if it is not enough, or if another thread is waiting.
pub fn spend(bytes: usize) -> bool {
    KNOWN.with(|Known { budget, .. }| {
        let spent = !budget.is_spent() && !others_wait() && budget.spend(bytes);
        if spent && budget.is_spent() {
            update_count(budget);
        }
        spent
    })
}

/// Whether this thread may make a call attached because all others are idle; if so, counts it.
#[inline]
pub fn keep_beside_idle_ones() -> bool {
    KNOWN.with(|Known { budget, others, .. }| {
        let keeps = others.allow_a_call();
        if keeps {
            budget.count_attached();
        }
        keeps
    })
}

/// Has the next call detach: more was received than a call should move attached.
#[cold]
pub fn received_much() {
    KNOWN.with(|Known { budget, others, .. }| {
        others.allow_none();
        budget.clear();
        update_count(budget);
    });
}

/// How long a receive that found nothing may keep trying.
pub fn spin_limit() -> Duration {
    KNOWN.with(|known| known.budget.spin_limit())
}

/// Spends the budget on having kept trying since `start`.
#[cold]
pub fn spun_since(start: Instant, found: bool) {
    KNOWN.with(|Known { budget, .. }| {
        budget.spend_on_spin(start.elapsed(), found);
        update_count(budget);
    });
}

/// A call that is made detached.
pub struct Detached {
    is_timed: bool,
    is_checked: bool,
}

impl Detached {
    /// Begins a call, still attached.
    #[inline]
    pub fn begin() -> Self {
        KNOWN.with(|Known { budget, others, .. }| Self {
            is_timed: budget.is_next_timed(coarse_time),
            is_checked: others.detaches(),
        })
    }

    /// Notes that the thread has detached.
    #[inline]
    pub fn is_detached(&self) {
        if ATTACHED.load(Ordering::Relaxed) {
            ATTACHED.store(false, Ordering::Relaxed);
        }
    }

    /// Ends it and begins the wait to reattach; `None` if the wait need not be timed, counted or checked.
    #[inline]
    pub fn end(self) -> Option<Attaching> {
        let is_counted = is_counted();
        if is_counted || self.is_timed {
            Some(Attaching::Noted(Noted::begin(self.is_timed, is_counted)))
        } else {
            self.is_checked.then(|| Attaching::Checked(Instant::now()))
        }
    }
}

/// A wait to reattach.
pub enum Attaching {
    Noted(Noted),
    /// It should be none. When it began.
    Checked(Instant),
}

impl Attaching {
    /// Ends it, attached.
    #[inline]
    pub fn end(self) {
        match self {
            Self::Noted(noted) => noted.end(),
            Self::Checked(start) => {
                let time = start.elapsed();
                if time >= NO_WAIT {
                    waited(time, 0);
                }
            }
        }
    }
}

/// A wait to reattach that is timed or counted.
pub struct Noted {
    /// When it began, and how many turns there had been, if it is timed.
    start: Option<(Instant, usize)>,
    is_counted: bool,
    is_crowded: bool,
}

impl Noted {
    #[inline(never)] // most waits are neither
    fn begin(is_timed: bool, is_counted: bool) -> Self {
        let is_crowded = is_counted && remembers_crowd();
        if is_crowded && others_wait() {
            give_way();
        }
        if is_counted {
            ATTACHING.fetch_add(1, Ordering::Relaxed);
        }
        if is_crowded && ATTACHED.load(Ordering::Relaxed) {
            await_detached();
        }
        Self {
            start: is_timed.then(|| (Instant::now(), TURNS.load(Ordering::Relaxed))),
            is_counted,
            is_crowded,
        }
    }

    #[inline(never)]
    fn end(self) {
        if self.is_counted {
            ATTACHING.fetch_sub(1, Ordering::Relaxed);
        }
        if self.is_crowded {
            ATTACHED.store(true, Ordering::Relaxed);
        }
        TURNS.fetch_add(1, Ordering::Relaxed);
        if let Some((start, turns)) = self.start {
            let others = TURNS
                .load(Ordering::Relaxed)
                .wrapping_sub(turns)
                .saturating_sub(1);
            waited(start.elapsed(), others);
        }
    }
}

/// Records a wait to reattach, and how many turns others had during it: a long wait gives this thread a budget; many waits that
/// others caused show a crowd. If the coarse clock has ticked, it also finds out whether all others are idle.
#[cold]
fn waited(time: Duration, turns: usize) {
    KNOWN.with(
        |Known {
             budget,
             crowding,
             others,
         }| {
            budget.waited(time, turns);
            others.waited(time, &BUSY_UNTIL, coarse_time(), processor_time_of_others);
            if crowding.waited(time) && remember_crowd() {
                budget.time_next_waits();
            }
            update_count(budget);
        },
    );
}
