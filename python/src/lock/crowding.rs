//! Threads that all make short calls, and so all want the interpreter lock all the time.
//!
//! A thread that gives the lock up wakes one that waits for it. That takes some microseconds, and by then the first
//! thread has often come back and taken the lock again: the other one was woken in vain. When many threads do this,
//! nearly every call ends with such a wake-up and takes several times as long as it would alone. So while threads crowd,
//! a thread that comes back first lets one that is already waiting go; and if its calls take less time than handing over
//! the lock, or many threads wait, it makes a number of them before it gives up the lock.
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
/// Handing over the lock to a thread on another processor takes longer than a call that takes less than this.
const SHORT_CALL: Duration = Duration::from_micros(4);
/// If at least this many threads wait, nearly all of them sleep, and each time the lock is given up, one is woken: then
/// longer calls keep it, too, unless this thread's calls often sleep. Such a thread gives the lock up soon anyway.
const MANY: usize = 3;
/// A call that took this long has slept: its length says nothing.
const SLEPT: Duration = Duration::from_micros(50);
/// After about this many calls in a row that have not slept, the next one is not expected to sleep.
const STEADY: u32 = 4;
/// More of them are not counted. One that has slept halves the count: its thread may only have been kept from running.
const STEADIEST: u32 = 16;
/// A call that takes this long does not keep it in any case.
const LONG_CALL: Duration = Duration::from_micros(20);
/// A call takes at least this long, with the Python code that makes it.
const SHORTEST_CALL: Duration = Duration::from_nanos(500);
/// How long a thread may keep the lock while others wait: some tens of calls, and ten times what handing it over takes.
const TENURE: Duration = Duration::from_micros(100);

/// What is known of one kind of call: how long it takes, without the wait for the lock.
struct Call(Cell<Duration>);

impl Call {
    const fn new() -> Self {
        Self(Cell::new(LONG_CALL)) // until it is known
    }

    /// Follows shorter times at once and longer ones slowly: what disturbs a call makes it longer.
    fn took(&self, time: Duration) {
        let usual = self.0.get();
        if time < usual {
            self.0.set((usual + time) / 2);
        } else if time < SLEPT {
            self.0.set(usual + (time - usual) / 32);
        }
    }
}

/// Which way a call moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    Send,
    Receive,
}

/// What one thread knows of the crowd.
pub struct Crowding {
    score: Cell<u32>,
    send: Call,
    receive: Call,
    /// How many calls have not slept, see [`STEADIEST`].
    awake: Cell<u32>,
    /// For how much longer this thread may keep the lock.
    left: Cell<Duration>,
}

impl Crowding {
    pub const fn new() -> Self {
        Self {
            score: Cell::new(0),
            send: Call::new(),
            receive: Call::new(),
            awake: Cell::new(0),
            left: Cell::new(TENURE),
        }
    }

    fn call(&self, transfer: Transfer) -> &Call {
        match transfer {
            Transfer::Send => &self.send,
            Transfer::Receive => &self.receive,
        }
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

    /// Records how long a call took, without the wait to reattach.
    pub fn called(&self, transfer: Transfer, time: Duration) {
        self.call(transfer).took(time);
        let awake = self.awake.get();
        self.awake.set(if time < SLEPT {
            STEADIEST.min(awake + 1)
        } else {
            awake / 2
        });
    }

    /// Whether the next call may be made with the lock although this many threads wait for it; if so, its time is taken from
    /// what is left.
    pub fn keep(&self, transfer: Transfer, waiting: usize) -> bool {
        let usual = self.call(transfer).0.get();
        let many = waiting >= MANY && self.awake.get() >= STEADY;
        if usual >= (if many { LONG_CALL } else { SHORT_CALL }) {
            return false;
        }
        let left = self.left.get().checked_sub(usual.max(SHORTEST_CALL));
        if let Some(left) = left {
            self.left.set(left);
        }
        left.is_some()
    }

    /// Records that others have had their turn.
    pub fn gave_way(&self) {
        self.left.set(TENURE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn us(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    /// How many calls in a row may be made with the lock while one other thread waits for it.
    fn kept(crowding: &Crowding, transfer: Transfer) -> u128 {
        kept_from(crowding, transfer, 1)
    }

    /// The same while this many wait.
    fn kept_from(crowding: &Crowding, transfer: Transfer, waiting: usize) -> u128 {
        (0..).take_while(|_| crowding.keep(transfer, waiting)).count() as u128
    }

    fn with_calls_of(time: Duration) -> Crowding {
        let crowding = Crowding::new();
        for _ in 0..64 {
            crowding.called(Transfer::Send, time);
            crowding.called(Transfer::Receive, time);
        }
        crowding
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

    #[test]
    fn short_calls_keep_the_lock_for_a_tenure() {
        let crowding = with_calls_of(us(1));
        let calls = kept(&crowding, Transfer::Send);
        assert_eq!(calls, TENURE.as_nanos() / us(1).as_nanos());
        assert_eq!(kept(&crowding, Transfer::Receive), 0, "the tenure is over");
        crowding.gave_way();
        assert_eq!(kept(&crowding, Transfer::Receive), calls);
    }

    #[test]
    fn the_shortest_calls_do_not_keep_it_for_longer() {
        let crowding = with_calls_of(Duration::ZERO);
        let most = TENURE.as_nanos() / SHORTEST_CALL.as_nanos();
        assert_eq!(kept(&crowding, Transfer::Send), most);
    }

    #[test]
    fn longer_calls_and_unknown_ones_give_it_up() {
        assert_eq!(kept(&Crowding::new(), Transfer::Send), 0);
        assert_eq!(kept(&with_calls_of(SHORT_CALL), Transfer::Send), 0);
        assert_eq!(kept(&with_calls_of(us(10)), Transfer::Receive), 0);
    }

    #[test]
    fn while_many_wait_longer_calls_keep_it_too() {
        let calls = TENURE.as_nanos() / us(10).as_nanos();
        assert_eq!(kept_from(&with_calls_of(us(10)), Transfer::Send, MANY - 1), 0);
        assert_eq!(kept_from(&with_calls_of(us(10)), Transfer::Send, MANY), calls);
        assert_eq!(kept_from(&with_calls_of(us(30)), Transfer::Send, MANY), 0);
        assert_eq!(kept_from(&with_calls_of(us(300)), Transfer::Send, MANY), 0);
        assert_eq!(kept_from(&Crowding::new(), Transfer::Send, MANY), 0);
    }

    #[test]
    fn calls_that_have_become_longer_give_it_up() {
        let crowding = with_calls_of(us(1));
        for _ in 0..64 {
            crowding.called(Transfer::Receive, us(30));
        }
        assert_eq!(kept_from(&crowding, Transfer::Receive, MANY), 0);
    }

    #[test]
    fn while_many_wait_calls_that_often_sleep_give_it_up() {
        let crowding = with_calls_of(us(10));
        crowding.called(Transfer::Receive, SLEPT);
        assert!(crowding.keep(Transfer::Send, MANY), "once is not often");
        for _ in 0..64 {
            crowding.called(Transfer::Receive, SLEPT);
            crowding.called(Transfer::Send, us(10));
        }
        assert!(!crowding.keep(Transfer::Send, MANY));
    }

    #[test]
    fn sends_and_receives_are_told_apart() {
        let crowding = with_calls_of(us(1));
        for _ in 0..200 {
            crowding.called(Transfer::Send, us(10));
        }
        assert!(!crowding.keep(Transfer::Send, 1));
        assert!(crowding.keep(Transfer::Receive, 1));
    }

    #[test]
    fn a_call_that_slept_says_nothing_of_its_length() {
        let crowding = with_calls_of(us(1));
        for _ in 0..1000 {
            crowding.called(Transfer::Receive, SLEPT);
        }
        assert!(crowding.keep(Transfer::Receive, 1));
    }
}
