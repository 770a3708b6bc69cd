//! What a call may do while it holds the interpreter lock.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether sockets try their calls first, unless they were set otherwise: see [`set_try_first`].
static TRY_FIRST: AtomicBool = AtomicBool::new(true);

/// When a call may be tried before this thread gives up the interpreter lock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LockPolicy {
    /// Never: trying would not do what the waiting call does.
    GiveUp,
    /// When no other thread can be waiting for the lock: the call may take some time.
    KeepIfAlone,
    /// Even if there are other threads, while they are idle or as far as the budget allows: for sends from plain memory, over a
    /// socket of a family whose calls don't sleep.
    KeepToSend,
    /// The same for a receive, of which only the capacity is known beforehand.
    KeepToReceive,
    /// The same for a receive from a Unix socket, but only within the budget: descriptors may come with the bytes, and closing those
    /// that are not received may sleep.
    KeepToReceiveInBudget,
}

impl LockPolicy {
    /// The policy of a call that may take some time.
    #[inline]
    pub fn if_alone() -> Self {
        Self::KeepIfAlone.unless_off()
    }

    /// This policy, unless calls are not tried first.
    #[inline]
    pub fn unless_off(self) -> Self {
        if try_first() {
            self
        } else {
            Self::GiveUp
        }
    }

    /// Whether it is that of a receive.
    pub fn receives(self) -> bool {
        matches!(self, Self::KeepToReceive | Self::KeepToReceiveInBudget)
    }

    /// This policy for a transfer from or to the interpreter's own memory. Other memory may belong to a file, whose
    /// pages may have to be read: then the policy of a call that may take some time.
    #[inline]
    pub fn for_memory(self, is_plain: bool) -> Self {
        if is_plain {
            self
        } else {
            Self::KeepIfAlone
        }
    }
}

/// Sets whether sockets try their calls first, unless they were set otherwise.
pub fn set_try_first(on: bool) {
    TRY_FIRST.store(on, Ordering::Relaxed);
}

/// What [`set_try_first`] set.
#[inline]
pub fn try_first() -> bool {
    TRY_FIRST.load(Ordering::Relaxed)
}
