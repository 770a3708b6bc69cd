//! Whether anything except its handle can reach a socket: another descriptor, another process, the program itself.

use super::atomic::{fence, AtomicBool, Ordering};
use crate::sys::fork;

pub(super) struct Exposure {
    /// Adopted or duplicated: there may be another descriptor of the socket.
    copied: AtomicBool,
    /// What [`fork::sharing`] returned when the handle was made.
    forks: u32,
    /// The program has the descriptor's number, and may have handed the descriptor to another process.
    fd_given_out: AtomicBool,
}

impl Exposure {
    pub(super) fn none() -> Self {
        Self {
            copied: AtomicBool::new(false),
            forks: fork::sharing(),
            fd_given_out: AtomicBool::new(false),
        }
    }

    pub(super) fn note_copied(&self) {
        self.copied.store(true, Ordering::Relaxed);
    }

    /// Whether the only possible copies are those made by number: the socket was neither adopted nor duplicated, and
    /// there was no fork since it was made.
    #[inline]
    pub(super) fn is_exclusive(&self) -> bool {
        !self.copied.load(Ordering::Relaxed) && self.forks == fork::sharing()
    }

    /// Whether only the handle can reach the socket.
    #[inline]
    pub(super) fn is_private(&self) -> bool {
        self.is_exclusive() && !self.fd_given_out.load(Ordering::SeqCst)
    }

    #[inline]
    pub(super) fn fd_is_given_out(&self) -> bool {
        self.fd_given_out.load(Ordering::Acquire)
    }

    /// Notes that the program gets the number, unless it then finds the handle closed.
    ///
    /// The fences pair up: either a close sees that the number was given out, or the program sees the close and gets no
    /// number.
    pub(super) fn give_out_fd(&self) {
        self.fd_given_out.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Whether the program may have the number. Called by a close that has marked the handle closed.
    pub(super) fn fd_was_given_out_before_close(&self) -> bool {
        fence(Ordering::SeqCst);
        self.fd_given_out.load(Ordering::SeqCst)
    }
}
