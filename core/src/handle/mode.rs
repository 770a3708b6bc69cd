//! The mode of a descriptor (`O_NONBLOCK`): the one that the program wants, and the one that the descriptor is in.

use crate::sys::os;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is known of a descriptor's mode. Changed under the handle's lock.
pub(crate) struct BlockingMode {
    /// The program wants it non-blocking.
    wanted: AtomicBool,
    /// It was non-blocking when we last set or read its mode.
    actual: AtomicBool,
}

impl BlockingMode {
    pub(crate) fn new(wanted_nonblocking: bool, is_nonblocking: bool) -> Self {
        Self {
            wanted: AtomicBool::new(wanted_nonblocking),
            actual: AtomicBool::new(is_nonblocking),
        }
    }

    /// Whether the program wants it non-blocking.
    #[inline]
    pub(crate) fn is_wanted_nonblocking(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    pub(super) fn set_wanted(&self, nonblocking: bool) {
        self.wanted.store(nonblocking, Ordering::Relaxed);
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        self.actual.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn is_as_wanted(&self) -> bool {
        self.actual.load(Ordering::Relaxed) == self.is_wanted_nonblocking()
    }

    pub(super) fn switch(&self, fd: BorrowedFd<'_>, nonblocking: bool) -> io::Result<()> {
        os::set_nonblocking(fd, nonblocking)?;
        self.actual.store(nonblocking, Ordering::Relaxed);
        Ok(())
    }

    /// Gives the descriptor the mode that the program wants. That does not fail on an open descriptor.
    pub(super) fn apply_wanted(&self, fd: BorrowedFd<'_>) {
        if !self.is_as_wanted() {
            let _ = self.switch(fd, self.is_wanted_nonblocking());
        }
    }
}
