//! Spinning before a wait sleeps, where something is expected soon.
//!
//! Putting a thread to sleep and waking it takes about 20 µs of processor time, several times what an answer takes. A server with
//! few connections would sleep after every request. So if the last sleep was short, a wait first polls in a loop for twice that
//! time: the peer, too, has to be woken. After a spin that finds nothing, some waits sleep at once, twice as many after each
//! further such spin. On a single processor, where the peer can't run during a spin, this makes spins rare.
//!
//! A spin does not call sched_yield(2): a program with the policy `SCHED_IDLE` would then keep the processor for milliseconds.

use crate::caller::Interruptible;
use crate::error::Kind;
use crate::time::Deadline;
use std::time::{Duration, Instant};

/// How long a wait spins before it sleeps.
const SPIN: Duration = Duration::from_micros(40);
/// After a sleep shorter than this, the next event may come within [`SPIN`]: the measured time includes falling asleep and waking up.
const SHORT: Duration = Duration::from_micros(100);
/// A wait shorter than this did not sleep: the event was already there.
const AT_ONCE: Duration = Duration::from_micros(3);
/// How many waits sleep at once after the first spin that finds nothing, including the one that goes on with the same wait; doubled
/// after each further such spin.
const SKIPPED: u32 = 2;
/// The limit of this doubling.
const MOST_SKIPPED: u32 = 1024;

/// Where numbers up to [`MOST_SKIPPED`] lie in [`AdaptiveSpin::to_bits`].
const SKIPPED_SHIFT: u32 = 2;
const NEXT_SKIPPED_SHIFT: u32 = 13;
const NUMBER: u32 = (1 << 11) - 1;

type Found<T> = Result<Interruptible<Option<T>>, Kind>;

/// When the next wait is expected to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// The next wait looks once before it spins.
    AtOnce,
    /// It spins.
    Soon,
    /// It sleeps.
    Later,
}

/// Decides whether the next wait spins, from how long earlier ones took.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AdaptiveSpin {
    expected: Expected,
    /// How many more waits sleep at once although something is expected soon.
    skipped: u32,
    /// What `skipped` becomes after the next spin that finds nothing.
    next_skipped: u32,
}

impl AdaptiveSpin {
    pub(crate) const fn new() -> Self {
        Self {
            expected: Expected::Later,
            skipped: 0,
            next_skipped: SKIPPED,
        }
    }

    /// What [`to_bits`](Self::to_bits) has returned.
    pub(crate) fn from_bits(bits: u32) -> Self {
        let number = |shift| (bits >> shift) & NUMBER;
        Self {
            expected: match bits & 3 {
                0 => Expected::Later,
                1 => Expected::Soon,
                _ => Expected::AtOnce,
            },
            skipped: number(SKIPPED_SHIFT),
            next_skipped: number(NEXT_SKIPPED_SHIFT),
        }
    }

    /// All of it, as a number that is not 0.
    pub(crate) fn to_bits(&self) -> u32 {
        let expected = match self.expected {
            Expected::Later => 0,
            Expected::Soon => 1,
            Expected::AtOnce => 2,
        };
        expected | (self.skipped << SKIPPED_SHIFT) | (self.next_skipped << NEXT_SKIPPED_SHIFT)
    }

    /// Waits until `look` finds something or `deadline` has passed, which is not noticed during a spin. Returns `Interrupted` after
    /// a spin that found nothing, so that the caller checks for signals before it waits again.
    pub(crate) fn wait<T>(
        &mut self,
        deadline: Deadline,
        now: impl Fn() -> Instant,
        mut look: impl FnMut(Deadline) -> Found<T>,
    ) -> Found<T> {
        if self.expected == Expected::AtOnce {
            let found = look(Deadline::NonBlocking);
            if !is_nothing(&found) {
                return found;
            }
            self.expected = Expected::Soon;
        }
        let start = now();
        if self.spins() {
            let mut end = start;
            while end.duration_since(start) < SPIN {
                let found = look(Deadline::NonBlocking);
                if !is_nothing(&found) {
                    if end == start {
                        self.expected = Expected::AtOnce;
                    } else {
                        self.next_skipped = SKIPPED;
                    }
                    return found;
                }
                end = now();
            }
            self.skipped = self.next_skipped;
            self.next_skipped = (2 * self.next_skipped).min(MOST_SKIPPED);
            return Ok(Interruptible::Interrupted); // a signal during the spin has interrupted no system call
        }
        let found = look(deadline);
        let time = now().duration_since(start);
        self.expected = match time {
            _ if time < AT_ONCE => Expected::AtOnce,
            _ if time < SHORT => Expected::Soon,
            _ => Expected::Later,
        };
        found
    }

    /// Decides whether this wait spins first, and counts it.
    fn spins(&mut self) -> bool {
        if self.expected == Expected::Later {
            return false;
        }
        let sleeps = self.skipped > 0;
        self.skipped = self.skipped.saturating_sub(1);
        !sleeps
    }
}

fn is_nothing<T>(found: &Found<T>) -> bool {
    matches!(found, Ok(Interruptible::Done(None)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const fn us(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    /// A clock, and a thread that waits.
    struct Waits {
        spin: AdaptiveSpin,
        time: Cell<Instant>,
    }

    impl Waits {
        fn new() -> Self {
            Self {
                spin: AdaptiveSpin::new(),
                time: Cell::new(Instant::now()),
            }
        }

        /// Waits for what comes after `gap`; a look takes 1 µs. Returns how many looks there were, and whether it slept.
        fn wait(&mut self, gap: Duration) -> (u32, bool) {
            let (mut looks, mut slept) = (0, false);
            let time = &self.time;
            let comes = time.get() + gap;
            let mut look = |deadline| {
                looks += 1;
                time.set(time.get() + us(1));
                if deadline != Deadline::NonBlocking && time.get() < comes {
                    slept = true;
                    time.set(comes);
                }
                Ok(Interruptible::Done((time.get() >= comes).then_some(())))
            };
            let mut wait = || self.spin.wait(Deadline::Never, || time.get(), &mut look);
            let mut found = wait();
            if matches!(found, Ok(Interruptible::Interrupted)) {
                found = wait();
            }
            assert!(matches!(found, Ok(Interruptible::Done(Some(())))));
            (looks, slept)
        }

        fn slept(&mut self, gap: Duration) -> bool {
            self.wait(gap).1
        }
    }

    #[test]
    fn after_a_short_wait_the_next_one_spins() {
        let mut waits = Waits::new();
        assert!(waits.slept(us(99)), "nothing is known yet");
        for _ in 0..100 {
            assert_eq!(waits.wait(us(30)), (30, false));
        }
    }

    #[test]
    fn after_a_long_wait_the_next_one_sleeps() {
        let mut waits = Waits::new();
        for _ in 0..100 {
            assert_eq!(waits.wait(us(100)), (1, true));
        }
        assert!(waits.slept(us(20)));
        assert!(!waits.slept(us(20)));
    }

    #[test]
    fn what_is_there_already_takes_one_look() {
        let mut waits = Waits::new();
        for _ in 0..100 {
            assert_eq!(waits.wait(us(0)), (1, false));
        }
        assert_eq!(waits.wait(us(20)), (20, false));
        assert_eq!(waits.wait(us(1)), (1, false));
    }

    #[test]
    fn the_more_spins_find_nothing_the_more_waits_sleep_at_once() {
        let mut waits = Waits::new();
        waits.wait(us(50));
        let mut at_once = 0;
        let mut runs = Vec::new();
        while runs.len() < 13 {
            match waits.wait(us(50)) {
                (1, true) => at_once += 1,
                (looks, true) => {
                    assert_eq!(looks, 41, "40 that find nothing, and one that sleeps");
                    runs.push(std::mem::take(&mut at_once));
                }
                (_, false) => unreachable!(),
            }
        }
        assert_eq!(runs, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1023, 1023]);
    }

    #[test]
    fn what_is_there_already_does_not_reset_it() {
        let mut waits = Waits::new();
        for _ in 0..40 {
            waits.wait(us(50));
        }
        assert_eq!(waits.spin.next_skipped, 64);
        for _ in 0..100 {
            waits.wait(us(0));
        }
        assert_eq!(waits.spin.next_skipped, 64);
    }

    #[test]
    fn one_spin_that_finds_something_resets_the_count() {
        let mut waits = Waits::new();
        for _ in 0..40 {
            waits.wait(us(50));
        }
        while waits.slept(us(20)) {}
        assert_eq!(waits.wait(us(50)), (41, true));
        assert_eq!(waits.wait(us(50)), (1, true));
        assert_eq!(waits.wait(us(50)), (41, true));
    }

    #[test]
    fn it_can_be_kept_as_a_number() {
        for expected in [Expected::AtOnce, Expected::Soon, Expected::Later] {
            for (skipped, next_skipped) in [(0, SKIPPED), (1, 2), (MOST_SKIPPED, MOST_SKIPPED)] {
                let bits = AdaptiveSpin {
                    expected,
                    skipped,
                    next_skipped,
                }
                .to_bits();
                assert_ne!(bits, 0);
                assert_eq!(
                    AdaptiveSpin::from_bits(bits),
                    AdaptiveSpin {
                        expected,
                        skipped,
                        next_skipped
                    }
                );
            }
        }
    }

    #[test]
    fn a_deadline_and_a_failure_are_passed_on() {
        let mut spin = AdaptiveSpin::new();
        let start = Instant::now();
        let deadline = Deadline::At(start + us(50));
        let mut given = Vec::new();
        for result in [
            Ok(Interruptible::Done(None::<()>)),
            Ok(Interruptible::Interrupted),
            Err(Kind::Closed),
        ] {
            let result = Cell::new(Some(result));
            let found = spin.wait(
                deadline,
                || start,
                |deadline| {
                    given.push(deadline);
                    result.take().unwrap()
                },
            );
            match given.len() {
                1 => assert!(is_nothing(&found)),
                2 => assert!(matches!(found, Ok(Interruptible::Interrupted))),
                _ => assert!(matches!(found, Err(Kind::Closed))),
            }
        }
        assert_eq!(given, [deadline, Deadline::NonBlocking, Deadline::NonBlocking]);
    }
}
