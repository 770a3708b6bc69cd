//! When a descriptor changes its mode.
//!
//! The mode that the program wants and the one the descriptor is in may differ as long as only the handle can see the
//! descriptor: connect and accept need it non-blocking, a call that waits in the kernel needs it blocking, and all others do
//! not care. So the mode is switched when a call needs another, and becomes what the program wants when the number is given
//! out or a copy is made.

use super::handle::Handle;
use super::shared::Shared;
use crate::sys::fork::Held;
use crate::sys::unix;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};

/// Keeps the descriptor in non-blocking mode, until dropped.
pub(crate) struct NonBlocking<'a>(&'a Handle);

impl Handle {
    /// Sets the mode that the program wants. A descriptor that others can see gets it at once, or when the last call
    /// that needs another has ended.
    pub(crate) fn want_nonblocking(&self, fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
        let shared = self.shared.lock();
        // A call that reads `wanted` as non-blocking must never find the descriptor in blocking mode.
        if !on {
            self.mode.set_wanted(false);
        }
        if !self.is_private() && (on || shared.need_nonblocking == 0) {
            self.mode.switch(fd, on)?;
        }
        self.mode.set_wanted(on);
        Ok(())
    }

    /// Notes that outside code may see the descriptor from now on, and gives it the mode that the program wants.
    #[inline]
    pub(crate) fn expose(&self) {
        if !self.exposure.fd_is_given_out() || !self.mode.is_as_wanted() {
            self.expose_now();
        }
    }

    #[cold]
    fn expose_now(&self) {
        // Under the lock: a call that switches the mode of a private descriptor holds it until it has done so.
        let shared = self.shared.lock();
        self.exposure.give_out_fd();
        // What was set on a socket that was closed meanwhile does not matter.
        if let Ok(inside) = self.enter() {
            self.withdraw_limits(inside.fd(), &shared);
            if shared.need_nonblocking == 0 {
                self.mode.apply_wanted(inside.fd());
            }
            drop(shared); // before `inside`: leaving may take the lock
        }
    }

    /// The descriptor's number for the program, which may pass the descriptor on; `None` once the handle is closed.
    pub(crate) fn expose_fd(&self) -> Option<RawFd> {
        self.expose();
        self.number()
    }

    /// Ends a call's need for non-blocking mode.
    pub(super) fn release_nonblocking(&self, mut shared: Held<'_, Shared>) {
        // In a child that was forked meanwhile, no call needs it.
        shared.need_nonblocking = shared.need_nonblocking.saturating_sub(1);
        if !self.is_private() {
            self.apply_wanted_mode(shared);
        }
    }

    /// Gives the descriptor the mode that the program wants, unless a call needs another.
    fn apply_wanted_mode(&self, shared: Held<'_, Shared>) {
        if shared.need_nonblocking > 0 || self.mode.is_as_wanted() {
            return;
        }
        // The mode of a socket that was closed meanwhile does not matter.
        let inside = self.enter();
        if let Ok(inside) = &inside {
            self.mode.apply_wanted(inside.fd());
        }
        drop(shared); // before `inside`: leaving may take the lock
    }

    /// Puts the descriptor into blocking mode, unless another call needs it non-blocking, or the program does and others can
    /// see it.
    #[inline]
    pub(crate) fn ensure_blocking(&self, fd: BorrowedFd<'_>) {
        if self.mode.is_nonblocking() {
            self.ensure_blocking_now(fd);
        }
    }

    #[cold]
    fn ensure_blocking_now(&self, fd: BorrowedFd<'_>) {
        let shared = self.shared.lock();
        let may_switch = self.is_private() || !self.mode.is_wanted_nonblocking();
        if shared.need_nonblocking == 0 && may_switch {
            let _ = self.mode.switch(fd, false);
        }
    }

    /// Puts the descriptor into non-blocking mode until the result is dropped.
    pub(crate) fn hold_nonblocking(&self, fd: BorrowedFd<'_>) -> io::Result<NonBlocking<'_>> {
        let mut shared = self.shared.lock();
        let nonblocking = if self.is_private() {
            self.mode.is_nonblocking()
        } else {
            unix::is_nonblocking(fd)?
        };
        if !nonblocking {
            self.mode.switch(fd, true)?;
        }
        shared.need_nonblocking += 1;
        Ok(NonBlocking(self))
    }

    /// Keeps the descriptor in non-blocking mode until the result is dropped, if the program wants that mode; otherwise
    /// `None`.
    pub(crate) fn keep_nonblocking(&self) -> Option<NonBlocking<'_>> {
        let mut shared = self.shared.lock();
        let wanted = self.mode.is_wanted_nonblocking();
        shared.need_nonblocking += u32::from(wanted);
        // Made only if it counts: dropping one takes the lock we hold.
        wanted.then(|| NonBlocking(self))
    }
}

impl Drop for NonBlocking<'_> {
    fn drop(&mut self) {
        self.0.release_nonblocking(self.0.shared.lock());
    }
}
