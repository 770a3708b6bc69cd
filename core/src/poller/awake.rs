//! Waiting awake for what comes soon.
//!
//! To put a thread to sleep and wake it again takes about 20 µs of processor time, several times as much as it takes a server
//! to answer. One with few connections would sleep between any two requests. So where the waits before were short, a wait first
//! keeps looking for about as long as sleeping would cost. If that was in vain, the next waits sleep at once, and the more of them
//! the more often it has been in vain: as on a single processor, where the peer can't run meanwhile.
//!
//! The thread does not yield its processor while it is awake: a program that only wants what is left of it would keep it for
//! milliseconds.

use crate::caller::Interruptible;
use crate::error::Kind;
use crate::time::Deadline;
use std::time::{Duration, Instant};

/// How long a wait looks before it sleeps.
const AWAKE: Duration = Duration::from_micros(40);
/// A wait that was shorter than this, though the thread slept, may be shorter than [`AWAKE`] if it doesn't.
const SHORT: Duration = Duration::from_micros(100);
/// In a wait that was shorter than this the thread has not slept.
const AT_ONCE: Duration = Duration::from_micros(3);
/// How many waits sleep at once after one that was awake in vain, the first of them for the same thing; twice as many each time
/// that it is in vain again.
const SKIPPED: u32 = 2;
/// The most that this becomes.
const MOST_SKIPPED: u32 = 1024;

type Found<T> = Result<Interruptible<Option<T>>, Kind>;

/// When the next wait is expected to end.
#[derive(PartialEq, Eq)]
enum Expected {
    AtOnce,
    Soon,
    Later,
}

/// What a thread has learnt from its waits.
pub(crate) struct AwakeWait {
    expected: Expected,
    /// How many of the next waits that could be awake sleep at once.
    skipped: u32,
    /// The same after the next one that is awake in vain.
    next_skipped: u32,
}

impl AwakeWait {
    pub(crate) const fn new() -> Self {
        Self {
            expected: Expected::Later,
            skipped: 0,
            next_skipped: SKIPPED,
        }
    }

    /// Waits until `look` finds something or the deadline that it is given has passed, or was awake in vain: then a signal
    /// may have arrived.
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
        if self.is_awake() {
            let mut end = start;
            while end.duration_since(start) < AWAKE {
                let found = look(Deadline::NonBlocking);
                if !is_nothing(&found) {
                    if end == start {
                        self.expected = Expected::AtOnce;
                    } else {
                        self.next_skipped = SKIPPED; // it was worth it
                    }
                    return found;
                }
                end = now();
            }
            self.skipped = self.next_skipped;
            self.next_skipped = (2 * self.next_skipped).min(MOST_SKIPPED);
            return Ok(Interruptible::Interrupted); // a signal that has come meanwhile found nothing to interrupt
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

    /// Whether this wait looks before it sleeps.
    fn is_awake(&mut self) -> bool {
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
        awake: AwakeWait,
        time: Cell<Instant>,
    }

    impl Waits {
        fn new() -> Self {
            Self {
                awake: AwakeWait::new(),
                time: Cell::new(Instant::now()),
            }
        }

        /// A wait for what comes after `gap`, each look of which takes 1 µs: how many looks it took, and whether it slept.
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
            let mut wait = || self.awake.wait(Deadline::Never, || time.get(), &mut look);
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
    fn after_a_short_wait_the_next_one_is_awake() {
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
    fn the_more_often_it_was_awake_in_vain_the_more_waits_sleep_at_once() {
        let mut waits = Waits::new();
        waits.wait(us(50));
        let mut at_once = 0;
        let mut runs = Vec::new();
        while runs.len() < 13 {
            match waits.wait(us(50)) {
                (1, true) => at_once += 1,
                (looks, true) => {
                    assert_eq!(looks, 41, "40 in vain, and one that sleeps");
                    runs.push(std::mem::take(&mut at_once));
                }
                (_, false) => unreachable!(),
            }
        }
        assert_eq!(runs, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1023, 1023]);
    }

    #[test]
    fn what_is_there_already_does_not_show_that_it_is_worth_being_awake() {
        let mut waits = Waits::new();
        for _ in 0..40 {
            waits.wait(us(50));
        }
        assert_eq!(waits.awake.next_skipped, 64);
        for _ in 0..100 {
            waits.wait(us(0));
        }
        assert_eq!(waits.awake.next_skipped, 64);
    }

    #[test]
    fn being_awake_once_with_success_makes_up_for_that() {
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
    fn a_deadline_and_a_failure_are_passed_on() {
        let mut awake = AwakeWait::new();
        let start = Instant::now();
        let deadline = Deadline::At(start + us(50));
        let mut given = Vec::new();
        for result in [
            Ok(Interruptible::Done(None::<()>)),
            Ok(Interruptible::Interrupted),
            Err(Kind::Closed),
        ] {
            let result = Cell::new(Some(result));
            let found = awake.wait(
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
