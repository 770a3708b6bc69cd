//! How many calls a thread may make while it stays attached to the interpreter, beside other threads.
//!
//! A thread that computes gives the interpreter away every 5 ms only. Beside one, a thread that detaches for each call
//! makes 200 calls a second. So a thread that was kept waiting for long gets credit: it may then make as many calls
//! attached as take about as long as it had waited. Threads that keep each other waiting for less take turns well
//! enough, and get none.
//!
//! Plain arithmetic, without a clock or the interpreter of its own: `make test-python` tests this file by itself.

use std::cell::Cell;
use std::time::Duration;

/// Who waits so long to attach again waits for a thread that computes.
pub const LONG: Duration = Duration::from_millis(2);
/// Who waits less has nobody beside it.
const SHORT: Duration = Duration::from_micros(5);
/// How many calls a long wait pays for.
pub const CREDIT: u32 = 2000;
/// Each so many bytes cost one call more.
const BYTES_PER_CALL: usize = 8 * 1024;
/// What costs as much as a call of its own: copying it takes as long as detaching.
pub const SMALL: usize = BYTES_PER_CALL;
/// So long a try may go on for the price of one call: `CREDIT` of them are a wait of 5 ms.
const TIME_PER_CALL: Duration = Duration::from_nanos(2500);
/// The longest that one call goes on trying: an answer from another process takes 10 to 30 µs.
const PATIENCE: Duration = Duration::from_micros(50);
/// Less patience than this is none.
const LEAST_PATIENCE: Duration = Duration::from_micros(5);
/// So many waits in a row are timed exactly once one seemed to have been long.
const WATCHED: u32 = 64;
/// Of those not timed exactly, every so many-th is looked at.
const SAMPLED: u32 = 4;

/// How a wait to attach again is to be timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// By a clock that ticks every few milliseconds and costs next to nothing.
    Coarse,
    /// Exactly.
    Exact,
    /// Not at all.
    None,
}

/// The account of one thread.
pub struct Account {
    left: Cell<u32>,
    watched: Cell<u32>,
    /// How many more waits are not looked at.
    unseen: Cell<u32>,
    patience: Cell<Duration>,
    attached: Cell<u64>,
    detached: Cell<u64>,
}

impl Account {
    pub const fn new() -> Self {
        Self {
            left: Cell::new(0),
            watched: Cell::new(0),
            unseen: Cell::new(0),
            patience: Cell::new(PATIENCE),
            attached: Cell::new(0),
            detached: Cell::new(0),
        }
    }

    /// Whether there is any credit.
    pub fn has_credit(&self) -> bool {
        self.left.get() > 0
    }

    /// How many calls were made attached and how many detached.
    pub fn counts(&self) -> (u64, u64) {
        (self.attached.get(), self.detached.get())
    }

    /// Pays for a call that moves so many bytes; `false` when the credit does not reach.
    pub fn pay(&self, bytes: usize) -> bool {
        let price = u32::try_from(bytes / BYTES_PER_CALL).map_or(u32::MAX, |more| more.saturating_add(1));
        let left = self.left.get().checked_sub(price);
        if let Some(left) = left {
            self.left.set(left);
            self.attached.set(self.attached.get().wrapping_add(1));
        }
        left.is_some()
    }

    /// Takes note that more came than a call should move attached. Large transfers detach from now on.
    pub fn forfeit(&self) {
        self.left.set(0);
    }

    /// How a call that detaches now is to time its return.
    pub fn detach(&self) -> Timing {
        self.detached.set(self.detached.get().wrapping_add(1));
        if self.watched.get() > 0 {
            return Timing::Exact;
        }
        match self.unseen.get() {
            0 => {
                self.unseen.set(SAMPLED - 1);
                Timing::Coarse
            }
            more => {
                self.unseen.set(more - 1);
                Timing::None
            }
        }
    }

    /// Takes note that the coarse clock ticked during a wait: it may have been long, so the next ones are timed.
    pub fn ticked(&self) {
        self.watched.set(WATCHED);
    }

    /// Takes note of how long attaching again took.
    pub fn waited(&self, time: Duration) {
        if time >= LONG {
            self.left.set(CREDIT);
            self.watched.set(WATCHED);
            self.patience.set(PATIENCE);
        } else {
            if time >= SHORT {
                self.left.set(0); // others take turns with us
            }
            self.watched.set(self.watched.get().saturating_sub(1));
        }
    }

    /// How long a call that found nothing may go on trying before it detaches.
    pub fn patience(&self) -> Duration {
        let payable = TIME_PER_CALL.saturating_mul(self.left.get());
        let patience = self.patience.get().min(payable);
        if patience < LEAST_PATIENCE {
            Duration::ZERO
        } else {
            patience
        }
    }

    /// Pays for having gone on trying, and learns whether that is worth it.
    pub fn tried_for(&self, time: Duration, found: bool) {
        let calls = time.as_nanos() / TIME_PER_CALL.as_nanos();
        let price = u32::try_from(calls).unwrap_or(u32::MAX);
        self.left.set(self.left.get().saturating_sub(price));
        let patience = self.patience.get();
        self.patience.set(if found {
            patience.saturating_mul(2).min(PATIENCE)
        } else {
            patience / 2
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

    fn with_credit() -> Account {
        let account = Account::new();
        account.waited(ms(5));
        account
    }

    /// How many calls of so many bytes can be paid for.
    fn payable(account: &Account, bytes: usize) -> u32 {
        (0..)
            .take_while(|_| account.pay(bytes))
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn nobody_starts_with_credit() {
        let account = Account::new();
        assert!(!account.has_credit());
        assert!(!account.pay(1));
        assert_eq!(account.patience(), Duration::ZERO);
        assert_eq!(account.counts(), (0, 0));
    }

    #[test]
    fn a_long_wait_pays_for_so_many_small_calls() {
        for bytes in [0, 1, 64, SMALL - 1] {
            assert_eq!(payable(&with_credit(), bytes), CREDIT);
        }
        assert_eq!(payable(&with_credit(), SMALL), CREDIT / 2);
        assert_eq!(payable(&with_credit(), 64 * 1024), CREDIT / 9);
        assert_eq!(payable(&with_credit(), usize::MAX), 0);
    }

    #[test]
    fn only_a_long_wait_gives_credit_and_it_does_not_add_up() {
        let account = Account::new();
        for wait in [Duration::ZERO, us(4), us(5), us(1999)] {
            account.waited(wait);
            assert!(!account.has_credit(), "{wait:?}");
        }
        for _ in 0..3 {
            account.waited(LONG);
        }
        assert_eq!(payable(&account, 1), CREDIT);
    }

    #[test]
    fn threads_that_take_turns_end_the_credit() {
        let account = with_credit();
        account.waited(us(4));
        assert!(account.has_credit(), "nobody was there");
        account.waited(us(5));
        assert!(!account.has_credit());
    }

    #[test]
    fn a_large_transfer_ends_the_credit() {
        let account = with_credit();
        account.forfeit();
        assert_eq!(payable(&account, 1), 0);
    }

    #[test]
    fn a_tick_has_the_next_waits_timed_exactly() {
        let account = Account::new();
        let mut timings = [Timing::Exact; 8];
        for timing in &mut timings {
            *timing = account.detach();
        }
        assert_eq!(
            timings.iter().filter(|timing| **timing == Timing::Coarse).count(),
            2
        );
        assert!(!timings.contains(&Timing::Exact));
        account.ticked();
        for _ in 0..WATCHED {
            assert_eq!(account.detach(), Timing::Exact);
            account.waited(us(1));
        }
        assert_ne!(account.detach(), Timing::Exact);
        assert_eq!(account.counts(), (0, 8 + u64::from(WATCHED) + 1));
    }

    #[test]
    fn going_on_trying_is_paid_for_by_time() {
        let account = with_credit();
        account.tried_for(us(50), true);
        assert_eq!(payable(&account, 1), CREDIT - 20);
        let account = with_credit();
        account.tried_for(ms(60_000), true);
        assert!(!account.has_credit());
    }

    #[test]
    fn patience_goes_with_success_and_never_beyond_the_credit() {
        let account = with_credit();
        assert_eq!(account.patience(), PATIENCE);
        for expected in [25_000, 12_500, 6250, 0, 0] {
            account.tried_for(us(0), false);
            assert_eq!(account.patience(), Duration::from_nanos(expected));
        }
        // The next long wait gives it another chance, and success brings it back.
        account.waited(ms(5));
        assert_eq!(account.patience(), PATIENCE);
        for (found, expected) in [
            (false, 25_000),
            (false, 12_500),
            (true, 25_000),
            (true, 50_000),
            (true, 50_000),
        ] {
            account.tried_for(us(0), found);
            assert_eq!(account.patience(), Duration::from_nanos(expected));
        }
        while account.left.get() > 3 {
            account.pay(1);
        }
        assert_eq!(account.patience(), Duration::from_nanos(7500));
        account.pay(1);
        account.pay(1);
        assert_eq!(account.patience(), Duration::ZERO);
    }

    #[test]
    fn every_call_is_counted() {
        let account = with_credit();
        assert_eq!(payable(&account, 1), CREDIT);
        account.detach();
        assert_eq!(account.counts(), (u64::from(CREDIT), 1));
    }
}
