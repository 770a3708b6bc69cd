//! The mode of a descriptor (`O_NONBLOCK`): what the program wants, and what the descriptor is in.
//!
//! The two may differ as long as nobody else can see the descriptor: connect and accept need it non-blocking, a call
//! that the kernel is to let wait needs it blocking, and everything else does not care. So it is switched when a call
//! needs it, and brought in line with the program's wish when its number is told or somebody else comes to hold it.

use crate::handle::{Handle, Shared};
use crate::sys::fork::Held;
use crate::sys::{os, unix};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{fence, AtomicBool, Ordering};

/// What is known of a descriptor's mode. Changed under the handle's lock.
pub(crate) struct BlockingMode {
    /// The program wants it non-blocking.
    wanted: AtomicBool,
    /// It was non-blocking when we last had to do with it.
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
    pub(crate) fn is_wanted_nonblocking(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    fn is_as_wanted(&self) -> bool {
        self.actual.load(Ordering::Relaxed) == self.is_wanted_nonblocking()
    }

    fn switch(&self, fd: BorrowedFd<'_>, nonblocking: bool) -> io::Result<()> {
        os::set_nonblocking(fd, nonblocking)?;
        self.actual.store(nonblocking, Ordering::Relaxed);
        Ok(())
    }
}

/// Keeps the descriptor in non-blocking mode, until dropped.
pub(crate) struct NonBlocking<'a>(&'a Handle);

impl Handle {
    /// Whether nobody but us can have changed the descriptor's mode, or see it.
    pub(crate) fn mode_is_private(&self) -> bool {
        self.is_exclusive() && !self.fd_exposed.load(Ordering::Relaxed)
    }

    /// Sets the mode that the program wants. A descriptor that others can see gets it at once, or when the last call
    /// that needs another has ended.
    pub(crate) fn want_nonblocking(&self, fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
        let shared = self.shared.lock();
        // Who reads the wish must never find a descriptor that blocks where it says that none does.
        if !on {
            self.mode.wanted.store(false, Ordering::Relaxed);
        }
        if !self.mode_is_private() && (on || shared.need_nonblocking == 0) {
            self.mode.switch(fd, on)?;
        }
        self.mode.wanted.store(on, Ordering::Relaxed);
        Ok(())
    }

    /// Says that the number of the descriptor is told, and gives it the mode that the program wants.
    #[inline]
    pub(crate) fn expose_mode(&self) {
        if !self.fd_exposed.load(Ordering::Acquire) || !self.mode.is_as_wanted() {
            self.expose_mode_now();
        }
    }

    #[cold]
    fn expose_mode_now(&self) {
        // Under the lock, so that whoever found it untold is done with it.
        let shared = self.shared.lock();
        self.fd_exposed.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst); // a close that does not see it is seen by who asks
        self.bring_in_line(shared);
    }

    /// One call less needs the descriptor in non-blocking mode.
    pub(crate) fn need_nonblocking_no_more(&self, mut shared: Held<'_, Shared>) {
        // In a child forked meanwhile no call needs it.
        shared.need_nonblocking = shared.need_nonblocking.saturating_sub(1);
        if !self.mode_is_private() {
            self.bring_in_line(shared);
        }
    }

    /// Gives the descriptor the mode that the program wants, unless a call needs another.
    fn bring_in_line(&self, shared: Held<'_, Shared>) {
        if shared.need_nonblocking > 0 || self.mode.is_as_wanted() {
            return;
        }
        // A socket that was closed meanwhile has no mode any more.
        let inside = self.enter();
        if let Ok(inside) = &inside {
            // It does not fail on an open descriptor.
            let _ = self.mode.switch(inside.fd(), self.mode.is_wanted_nonblocking());
        }
        drop(shared); // who leaves may take it
    }

    /// Gives a descriptor that is given up the mode that the program wants.
    pub(crate) fn part_with_mode(&self, fd: BorrowedFd<'_>) {
        if !self.mode.is_as_wanted() {
            let _ = self.mode.switch(fd, self.mode.is_wanted_nonblocking());
        }
    }

    /// Puts the descriptor into blocking mode, unless a call needs it otherwise or the program wants it so.
    #[inline]
    pub(crate) fn let_block(&self, fd: BorrowedFd<'_>) {
        if !self.mode.is_as_wanted() {
            self.let_block_now(fd);
        }
    }

    #[cold]
    fn let_block_now(&self, fd: BorrowedFd<'_>) {
        let shared = self.shared.lock();
        if shared.need_nonblocking == 0 && !self.mode.is_wanted_nonblocking() {
            let _ = self.mode.switch(fd, false);
        }
    }

    /// Puts the descriptor into non-blocking mode until the result is dropped.
    pub(crate) fn hold_nonblocking(&self, fd: BorrowedFd<'_>) -> io::Result<NonBlocking<'_>> {
        let mut shared = self.shared.lock();
        let nonblocking = if self.mode_is_private() {
            self.mode.actual.load(Ordering::Relaxed)
        } else {
            unix::is_nonblocking(fd)?
        };
        if !nonblocking {
            self.mode.switch(fd, true)?;
        }
        shared.need_nonblocking += 1;
        Ok(NonBlocking(self))
    }

    /// Keeps a descriptor that the program wants in non-blocking mode so, until the result is dropped; none where the
    /// program wants it otherwise.
    pub(crate) fn keep_nonblocking(&self) -> Option<NonBlocking<'_>> {
        let mut shared = self.shared.lock();
        let wanted = self.mode.is_wanted_nonblocking();
        shared.need_nonblocking += u32::from(wanted);
        // Made only if it counts: dropping one takes the lock we hold.
        wanted.then(|| NonBlocking(self))
    }

    /// The turn to accept on a descriptor in blocking mode, where poll and accept must not be parted.
    pub(crate) fn take_accept_turn(&self) -> Option<AcceptTurn<'_>> {
        let mut shared = self.shared.lock();
        let free = !std::mem::replace(&mut shared.accepting, true);
        // A descriptor that is non-blocking for another call stays so: this one could sleep.
        shared.need_nonblocking += u32::from(free);
        // Made only if it is ours: dropping one gives the turn back, and takes the lock we hold.
        free.then(|| AcceptTurn(self))
    }

    /// Whether a thread has the turn to accept.
    pub(crate) fn is_accepting(&self) -> bool {
        self.shared.lock().accepting
    }
}

impl Drop for NonBlocking<'_> {
    fn drop(&mut self) {
        self.0.need_nonblocking_no_more(self.0.shared.lock());
    }
}

/// The turn to accept, until dropped.
pub(crate) struct AcceptTurn<'a>(&'a Handle);

impl Drop for AcceptTurn<'_> {
    fn drop(&mut self) {
        let mut shared = self.0.shared.lock();
        shared.accepting = false;
        self.0.need_nonblocking_no_more(shared);
    }
}
