//! Sleeping on a value.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// All threads that sleep on some value.
static SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

/// Sleeps while a value is the expected one: until [`wake_at`], at most for the given time, perhaps less.
pub fn sleep_at(value: &AtomicU32, expected: u32, longest: Option<Duration>) {
    let (lock, changed) = &SLEEPERS;
    let held = lock.lock().unwrap_or_else(PoisonError::into_inner);
    if value.load(Ordering::SeqCst) == expected {
        match longest {
            Some(longest) => drop(changed.wait_timeout(held, longest)),
            None => drop(changed.wait(held)),
        }
    }
}

/// Wakes all sleeping threads, which then look at their values again.
pub fn wake_at(_: &AtomicU32) {
    let (lock, changed) = &SLEEPERS;
    // A thread that has looked at its value is asleep by now.
    drop(lock.lock());
    changed.notify_all();
}
