//! Whether the last call in each direction had to wait: the next one will probably have to.

use super::direction::{Direction, PerDirection};
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
pub(super) struct WaitHints(PerDirection<AtomicBool>);

impl WaitHints {
    #[inline]
    pub(super) fn get(&self, direction: Direction) -> bool {
        self.0.of(direction).load(Ordering::Relaxed)
    }

    /// Writes only when the value changes: receiving and sending threads share the cache line.
    #[inline]
    pub(super) fn set(&self, direction: Direction, expected: bool) {
        let hint = self.0.of(direction);
        if hint.load(Ordering::Relaxed) != expected {
            hint.store(expected, Ordering::Relaxed);
        }
    }
}
