//! Receives that may spin before they sleep: those of a server's only connection.

use crate::adaptive_spin::AdaptiveSpin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Whether a receive may have to wait for more than one byte (`SO_RCVLOWAT`); sockets that are accepted inherit that. From then on
/// no receive spins: it would end with fewer.
static LOW_WATER: AtomicBool = AtomicBool::new(false);

/// From now on no receive spins: see [`LOW_WATER`].
pub(crate) fn low_water_was_set() {
    LOW_WATER.store(true, Ordering::Relaxed);
}

#[inline]
pub(super) fn has_low_water() -> bool {
    LOW_WATER.load(Ordering::Relaxed)
}

/// What has been learned from earlier receives, as a number; 0 if they may not spin.
#[derive(Default)]
pub(super) struct SpinningReceives(AtomicU32);

impl SpinningReceives {
    #[inline]
    pub(super) fn are_allowed(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    pub(super) fn get(&self) -> AdaptiveSpin {
        match self.0.load(Ordering::Relaxed) {
            0 => AdaptiveSpin::new(),
            bits => AdaptiveSpin::from_bits(bits),
        }
    }

    /// Keeps what was learned since [`get`](Self::get), unless receives may no longer spin.
    pub(super) fn put(&self, spin: &AdaptiveSpin) {
        let before = self.0.load(Ordering::Relaxed);
        if before != 0 {
            // If this fails, another receive has learned something, too.
            let _ = self
                .0
                .compare_exchange(before, spin.to_bits(), Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(super) fn allow(&self, allowed: bool) {
        if allowed != self.are_allowed() {
            let bits = if allowed { AdaptiveSpin::new().to_bits() } else { 0 };
            self.0.store(bits, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_kept_while_it_is_allowed() {
        let receives = SpinningReceives::default();
        assert!(!receives.are_allowed());
        receives.allow(true);
        assert!(receives.are_allowed());
        assert_eq!(receives.get(), AdaptiveSpin::new());
        let learned = AdaptiveSpin::from_bits(AdaptiveSpin::new().to_bits() + 1);
        receives.put(&learned);
        receives.allow(true);
        assert_eq!(receives.get(), learned);
        receives.allow(false);
        receives.put(&AdaptiveSpin::new());
        assert!(!receives.are_allowed());
    }
}
