//! How many things there are in this process; a forked child begins with none.

use crate::sys::fork;
use std::sync::atomic::{AtomicU64, Ordering};

/// The count in the lower half, above it the generation of the process that counted.
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    fn none() -> u64 {
        u64::from(fork::generation()) << 32
    }

    /// The count in this process.
    fn of_this_process(value: u64) -> u64 {
        value
            .checked_sub(Self::none())
            .filter(|count| *count <= u64::from(u32::MAX))
            .unwrap_or(0)
    }

    fn change(&self, change: impl Fn(u64) -> u64) {
        let next = |value| Some(Self::none() | change(Self::of_this_process(value)));
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
    }

    pub(super) fn add(&self) {
        self.change(|count| count + 1);
    }

    pub(super) fn subtract(&self) {
        self.change(|count| count.saturating_sub(1));
    }

    #[inline]
    pub(super) fn is_positive(&self) -> bool {
        Self::of_this_process(self.0.load(Ordering::SeqCst)) > 0
    }
}
