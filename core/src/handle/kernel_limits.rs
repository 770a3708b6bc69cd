//! The limits of waits (`SO_RCVTIMEO`, `SO_SNDTIMEO`) that we have set in the kernel; see
//! [`kernel_limiting`](super::kernel_limiting).

use super::direction::{Direction, PerDirection};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// The shortest time for which a limit is set: the kernel's clock ticks every 1 to 10 ms.
pub(crate) const SHORTEST: Duration = Duration::from_millis(50);

/// The limit for each direction that we have set in the kernel, as a power of two of milliseconds, or [`NONE`] or
/// [`NOT_OURS`]. Changed under the handle's lock.
pub(super) struct KernelLimits(PerDirection<AtomicU8>);

/// We have set none; the program may have.
pub(super) const NONE: u8 = 0;

/// The limit is not ours to set: the program has done so, or the socket listens and would pass it on.
pub(super) const NOT_OURS: u8 = u8::MAX;

/// Added to a limit that is being set.
pub(super) const CHANGING: u8 = 1 << 6;

impl KernelLimits {
    pub(super) fn none() -> Self {
        Self(PerDirection::new(|| AtomicU8::new(NONE)))
    }

    pub(super) fn of(&self, direction: Direction) -> &AtomicU8 {
        self.0.of(direction)
    }

    /// Whether there is a limit that we have set.
    #[inline]
    pub(super) fn is_ours(&self, direction: Direction) -> bool {
        !matches!(self.of(direction).load(Ordering::Relaxed), NONE | NOT_OURS)
    }

    #[inline]
    pub(super) fn any(&self) -> bool {
        self.is_ours(Direction::Receive) || self.is_ours(Direction::Send)
    }
}

/// The longest limit for a call that may wait for `left`, which the kernel's timers exceed by up to an eighth.
///
/// Only powers of two, so that calls with less and less time left do not each set another.
#[inline]
pub(super) fn longest(left: Duration) -> u8 {
    const LONGEST: u64 = 1 << 30;
    if left < SHORTEST {
        return NONE;
    }
    let left = left.as_secs().min(LONGEST) * 1000 + u64::from(left.subsec_millis());
    (left - left / 8).min(LONGEST).ilog2() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_ends_well_before_the_time_is_up() {
        let ms = Duration::from_millis;
        assert_eq!(longest(ms(49)), NONE);
        assert_eq!(longest(ms(50)), 5);
        assert_eq!(longest(ms(1169)), 9);
        assert_eq!(longest(ms(1170)), 10);
        assert_eq!(longest(ms(5000)), 12);
        assert_eq!(longest(Duration::MAX), 30);
    }
}
