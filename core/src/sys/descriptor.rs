//! The one place a handle keeps its descriptor.

use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

/// A descriptor that many threads borrow and that one thread finally takes.
///
/// The handle's state word keeps the two apart: a thread that borrows is counted in, and the descriptor is taken only
/// when no thread is.
pub struct Descriptor(AtomicI32);

/// The value kept once the descriptor is gone.
const GONE: RawFd = -1;

impl Descriptor {
    pub fn new(fd: OwnedFd) -> Self {
        Self(AtomicI32::new(fd.into_raw_fd()))
    }

    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) != GONE
    }

    /// The number, only to be shown, not used.
    pub fn number(&self) -> Option<RawFd> {
        Some(self.0.load(Ordering::Relaxed)).filter(|fd| *fd != GONE)
    }

    /// Lends the descriptor to a call that is counted in.
    pub fn lend(&self) -> BorrowedFd<'_> {
        // SAFETY: a call that is counted in keeps the descriptor from being taken, so it is open.
        unsafe { BorrowedFd::borrow_raw(self.0.load(Ordering::Relaxed)) }
    }

    /// Takes the descriptor; `None` the second time.
    pub fn take(&self) -> Option<OwnedFd> {
        match self.0.swap(GONE, Ordering::AcqRel) {
            GONE => None,
            // SAFETY: the swap gave the number to us alone, and no thread borrows it any longer.
            fd => Some(unsafe { OwnedFd::from_raw_fd(fd) }),
        }
    }
}
