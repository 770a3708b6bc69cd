//! The timeouts of a handle, which apply to calls without their own.

use super::direction::{Direction, PerDirection};
use crate::time::Timeout;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One timeout for each direction, in nanoseconds: [`NEVER`], [`NON_BLOCKING`], or a value between them.
pub(super) struct Timeouts(PerDirection<AtomicU64>);

const NEVER: u64 = u64::MAX;
const NON_BLOCKING: u64 = 0;

impl Timeouts {
    /// Calls wait forever.
    pub(super) fn never() -> Self {
        Self(PerDirection::new(|| AtomicU64::new(NEVER)))
    }

    #[inline]
    pub(super) fn get(&self, direction: Direction) -> Timeout {
        match self.0.of(direction).load(Ordering::Relaxed) {
            NEVER => Timeout::Never,
            NON_BLOCKING => Timeout::NonBlocking,
            nanoseconds => Timeout::After(Duration::from_nanos(nanoseconds)),
        }
    }

    pub(super) fn set(&self, direction: Direction, timeout: Timeout) {
        let nanoseconds = match timeout {
            Timeout::Never => NEVER,
            Timeout::NonBlocking => NON_BLOCKING,
            // More than 584 years becomes `Never`; a nanosecond is the shortest.
            Timeout::After(duration) => u64::try_from(duration.as_nanos()).unwrap_or(NEVER).max(1),
        };
        self.0.of(direction).store(nanoseconds, Ordering::Relaxed);
    }
}
