//! Receives that may spin before they sleep: those of a server's only connection.

use crate::adaptive_spin::AdaptiveSpin;
use std::sync::atomic::{AtomicU32, Ordering};

/// What is stored until a receive has found out whether the socket has a low-water mark, perhaps inherited from its listener.
const UNCHECKED: u32 = 1 << 31;

/// What has been learned from earlier receives, as a number; 0 if they may not spin.
#[derive(Default)]
pub(super) struct SpinningReceives(AtomicU32);

impl SpinningReceives {
    #[inline]
    pub(super) fn are_allowed(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// What has been learned. The first time, they are allowed no longer, and there is nothing, if the socket has a low-water mark.
    pub(super) fn get(&self, has_low_water: impl FnOnce() -> bool) -> Option<AdaptiveSpin> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            UNCHECKED if has_low_water() => {
                self.allow(false);
                None
            }
            UNCHECKED => Some(AdaptiveSpin::new()),
            bits => Some(AdaptiveSpin::from_bits(bits)),
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
            let bits = if allowed { UNCHECKED } else { 0 };
            self.0.store(bits, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::{BlockingMode, Handle};
    use crate::sys::unix;
    use std::os::unix::net::UnixStream;

    #[test]
    fn what_was_learned_is_kept_while_it_is_allowed() {
        let receives = SpinningReceives::default();
        let learned = || receives.get(|| false);
        assert!(!receives.are_allowed());
        assert_eq!(learned(), None);
        receives.allow(true);
        assert!(receives.are_allowed());
        assert_eq!(learned(), Some(AdaptiveSpin::new()));
        let more = AdaptiveSpin::from_bits(AdaptiveSpin::new().to_bits() + 1);
        receives.put(&more);
        receives.allow(true);
        assert_eq!(receives.get(|| unreachable!("it was checked before")), Some(more));
        receives.allow(false);
        receives.put(&AdaptiveSpin::new());
        assert!(!receives.are_allowed());
    }

    /// Regression: an accepted socket inherits the mark that its listener had before it was adopted.
    #[test]
    fn receives_with_a_low_water_mark_do_not_spin() {
        let (one, _other) = UnixStream::pair().unwrap();
        let handle = Handle::new(one.into(), BlockingMode::new(false, false));
        handle.let_receives_spin(true);
        let inside = handle.enter().ok().unwrap();
        assert_eq!(handle.spin(inside.fd()), Some(AdaptiveSpin::new()));
        unix::set_option(
            inside.fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            &4_i32.to_ne_bytes(),
        )
        .unwrap();
        assert_eq!(handle.spin(inside.fd()), None);
        assert!(!handle.spinning_receives.are_allowed());
    }
}
