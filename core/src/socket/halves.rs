//! What is permanently known about the two halves of a connection.

use std::sync::atomic::{AtomicU8, Ordering};

/// An event that stays true once it has happened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// The end of the stream was read.
    Ended = 1,
    /// We shut the receiving half down.
    InputShut = 1 << 1,
    /// We shut the sending half down.
    OutputShut = 1 << 2,
}

/// What happened to the halves of one connection.
#[derive(Default)]
pub(crate) struct Halves(AtomicU8);

impl Halves {
    pub(crate) fn has(&self, what: Half) -> bool {
        self.0.load(Ordering::Acquire) & what as u8 != 0
    }

    /// Records an event, and returns whether it is new.
    pub(crate) fn note(&self, what: Half) -> bool {
        self.0.fetch_or(what as u8, Ordering::AcqRel) & what as u8 == 0
    }
}
