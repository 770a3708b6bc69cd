//! The mode of a descriptor: what the program wants it to be, and connects that need it non-blocking meanwhile.

use crate::handle::Handle;
use crate::sys::{special, unix};
use std::io;
use std::os::fd::BorrowedFd;

/// Connects under way that hold the descriptor in non-blocking mode.
#[derive(Default)]
pub(crate) struct Connecting {
    count: usize,
    /// The last of them puts the descriptor into blocking mode.
    restore: bool,
}

/// Holds the descriptor in non-blocking mode, until dropped.
pub(crate) struct NonBlocking<'a>(&'a Handle);

impl Handle {
    /// Sets the mode of the descriptor, once no connect needs another.
    pub(crate) fn set_nonblocking(&self, fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
        let mut shared = self.shared.lock();
        // Who reads the note must never find a descriptor that blocks where it says that none does.
        if !on {
            self.note_nonblocking(false);
        }
        if on || shared.connecting.count == 0 {
            special::set_nonblocking(fd, on)?;
        }
        shared.connecting.restore = !on;
        self.note_nonblocking(on);
        Ok(())
    }

    /// Puts the descriptor into non-blocking mode until the result is dropped, and leaves it in the mode it had.
    pub(crate) fn hold_nonblocking(&self, fd: BorrowedFd<'_>) -> io::Result<NonBlocking<'_>> {
        let mut shared = self.shared.lock();
        let nonblocking = if self.knows_mode() {
            self.is_nonblocking() || shared.connecting.count > 0
        } else {
            unix::is_nonblocking(fd)?
        };
        if !nonblocking {
            special::set_nonblocking(fd, true)?;
        }
        if shared.connecting.count == 0 {
            shared.connecting.restore = !nonblocking;
        }
        shared.connecting.count += 1;
        Ok(NonBlocking(self))
    }
}

impl Drop for NonBlocking<'_> {
    fn drop(&mut self) {
        // A socket that was closed meanwhile has no mode any more.
        let inside = self.0.enter();
        let mut shared = self.0.shared.lock();
        // In a child forked meanwhile nobody connects.
        shared.connecting.count = shared.connecting.count.saturating_sub(1);
        if shared.connecting.count > 0 || !shared.connecting.restore {
            return;
        }
        // By reference: who leaves may take the lock.
        if let Ok(inside) = &inside {
            // Calls that find it non-blocking still wait.
            let _ = special::set_nonblocking(inside.fd(), false);
        }
    }
}
