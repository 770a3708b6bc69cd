//! The word that every call compares with its handle's when it begins: the [generation](super::fork) of this process, and
//! whether calls are watched.
//!
//! A handle's state word has the generation in its upper bits. As long as calls are watched, this word has a bit that no
//! state word has where the two are compared, so that a call finds out without looking twice.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where the generation begins: 19 bits are enough to distinguish a child from its ancestors.
pub const GENERATION: u32 = 45;

const WATCHED: u64 = 1;

/// Watched until it is known whether calls are recorded. In models there is nothing to record.
static ENTRY: AtomicU64 = AtomicU64::new(1 << GENERATION | if cfg!(loom) { 0 } else { WATCHED });

/// What the word was when a call began.
#[derive(Clone, Copy)]
pub struct Entry(u64);

impl Entry {
    #[inline]
    pub fn now() -> Self {
        Self(ENTRY.load(Ordering::Relaxed))
    }

    /// Whether a call whose handle has these bits may go on: they are those of this process, and calls are not watched.
    #[inline]
    pub fn admits(self, bits: u64) -> bool {
        bits == self.0
    }

    /// See [`fork::generation`](super::fork::generation), of which this has the lower bits.
    #[inline]
    pub fn generation(self) -> u32 {
        (self.0 >> GENERATION) as u32
    }

    #[inline]
    pub fn is_watched(self) -> bool {
        self.0 & WATCHED != 0
    }
}

/// Has calls watched, or not.
pub fn watch_calls(on: bool) {
    if on {
        ENTRY.fetch_or(WATCHED, Ordering::Relaxed);
    } else {
        ENTRY.fetch_and(!WATCHED, Ordering::Relaxed);
    }
}

/// Notes that this process is of another generation. Called in a child that has one thread.
pub fn note_generation(generation: u32) {
    let watched = ENTRY.load(Ordering::Relaxed) & WATCHED;
    ENTRY.store(u64::from(generation) << GENERATION | watched, Ordering::Relaxed);
}
