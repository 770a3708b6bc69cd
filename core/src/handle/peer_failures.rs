//! Which of the failures that a peer can cause, by a reset or by silence, have been reported by calls.

use crate::error::Kind;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
pub(super) struct PeerFailures {
    /// The peer has reset the connection, or was gone.
    reset: AtomicBool,
    /// The time limit of a call passed.
    timed_out: AtomicBool,
}

impl PeerFailures {
    pub(super) fn note(&self, kind: Kind) {
        if let Some(reported) = self.flag_of(kind) {
            reported.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a call has reported such a failure; `None` for one that a peer can't cause.
    pub(super) fn reported(&self, kind: Kind) -> Option<bool> {
        self.flag_of(kind)
            .map(|reported| reported.load(Ordering::Relaxed))
    }

    fn flag_of(&self, kind: Kind) -> Option<&AtomicBool> {
        if kind == Kind::TimedOut {
            Some(&self.timed_out)
        } else if matches!(
            kind,
            Kind::Os(libc::ECONNRESET | libc::EPIPE | libc::ECONNABORTED)
        ) {
            Some(&self.reset)
        } else {
            None
        }
    }
}
