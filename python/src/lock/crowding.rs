//! Threads that all make short calls, and so all want the interpreter lock all the time.
//!
//! A thread that gives the lock up wakes one that waits for it. That takes some microseconds, and by then the first
//! thread has often come back and taken the lock again: the other one was woken in vain. When many threads do this,
//! nearly every call ends with such a wake-up and takes several times as long as it would alone. So while threads crowd,
//! a thread that comes back first lets one that is already waiting go, and then waits awake for a moment.
//!
//! Plain arithmetic, without a clock and without the interpreter: `make test-python` tests this file alone.

use std::cell::Cell;
use std::time::Duration;

/// A wait to reattach that is this long was caused by another thread.
const CAUSED_WAIT: Duration = Duration::from_micros(5);
/// What a wait caused by another thread adds to the score, from which every other wait takes one away: threads crowd if
/// one wait in five is caused by another thread.
const CAUSED_SCORE: u32 = 4;
/// The score from which on threads crowd.
const CROWDED_SCORE: u32 = 4 * CAUSED_SCORE;
/// The highest score: a crowd that has dispersed is soon forgotten.
const HIGHEST_SCORE: u32 = 4 * CROWDED_SCORE;

/// What one thread knows of the crowd.
pub struct Crowding {
    score: Cell<u32>,
}

impl Crowding {
    pub const fn new() -> Self {
        Self { score: Cell::new(0) }
    }

    /// Records how long a wait to reattach took; returns whether it shows that threads crowd.
    pub fn waited(&self, time: Duration) -> bool {
        let score = self.score.get();
        if time < CAUSED_WAIT {
            self.score.set(score.saturating_sub(1));
            return false;
        }
        let score = (score + CAUSED_SCORE).min(HIGHEST_SCORE);
        self.score.set(score);
        score >= CROWDED_SCORE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn us(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    /// Of 100 waits every `nth` is caused by another thread; whether any of them showed a crowd.
    fn shows_crowd(crowding: &Crowding, nth: u32) -> bool {
        (1..=100)
            .map(|number| crowding.waited(if number % nth == 0 { us(5) } else { us(4) }))
            .fold(false, |any, shown| any | shown)
    }

    #[test]
    fn threads_crowd_if_more_than_one_wait_in_five_is_caused_by_another_thread() {
        assert!(!shows_crowd(&Crowding::new(), 200));
        assert!(!shows_crowd(&Crowding::new(), 5));
        assert!(shows_crowd(&Crowding::new(), 4));
        assert!(shows_crowd(&Crowding::new(), 1));
    }

    #[test]
    fn one_long_wait_makes_no_crowd() {
        let crowding = Crowding::new();
        assert!(!crowding.waited(Duration::from_secs(1)));
        assert!(!crowding.waited(us(5)));
    }

    #[test]
    fn a_crowd_is_forgotten_after_waits_that_nobody_caused() {
        let crowding = Crowding::new();
        assert!(shows_crowd(&crowding, 1));
        for _ in 0..HIGHEST_SCORE {
            assert!(!crowding.waited(us(1)));
        }
        assert!(!crowding.waited(us(100)));
    }
}
