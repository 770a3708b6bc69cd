//! accept.

use super::attempt::{Attempt, KernelWaits, Plan, Progress};
use crate::address::Address;
use crate::error::Operation;
use crate::handle::NonBlocking;
use crate::handle::{Direction, Handle};
use crate::sys::os;
use crate::sys::unix::{self, Blocking};
use crate::sys::wakeable_poll::events_now;
use crate::trace::Line;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Accepts one connection.
pub(crate) struct Accept<'a> {
    handle: &'a Handle,
    peer: Option<&'a mut Address>,
    /// No other process or handle can see the descriptor's mode, so it is the one that accept needs.
    is_private: bool,
    nonblocking: Option<NonBlocking<'a>>,
}

impl<'a> Accept<'a> {
    /// The peer's address is asked for only if there is a place for it.
    pub(crate) fn new(handle: &'a Handle, peer: Option<&'a mut Address>) -> Self {
        Self {
            handle,
            peer,
            is_private: handle.is_private(),
            nonblocking: None,
        }
    }

    pub(crate) fn is_private(&self) -> bool {
        self.is_private
    }

    fn accept(&mut self, fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
        os::accept(fd, self.peer.as_deref_mut())
    }

    /// Accepts on a descriptor in blocking mode: polls first, and lets no other thread of this process take the
    /// connection in between.
    fn accept_ready(&mut self, fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
        let _turn = self.handle.take_accept_turn().ok_or_else(nothing_there)?;
        // A descriptor that does not listen is reported as hung up; accept then returns the error.
        if events_now(fd, libc::POLLIN)? == 0 {
            return Err(nothing_there());
        }
        self.accept(fd)
    }
}

impl Attempt for Accept<'_> {
    type Output = OwnedFd;

    const OPERATION: Operation = Operation::Accept;
    const DIRECTION: Direction = Direction::Receive;

    fn plan(&self) -> Plan {
        Plan {
            events: libc::POLLIN,
            // Trying on a descriptor in blocking mode takes more than one system call.
            bytes: if self.is_private || self.handle.mode.is_wanted_nonblocking() {
                0
            } else {
                usize::MAX
            },
            // Servers share listeners with the workers they fork: a waiting accept is always woken without shutdown.
            kernel_waits: KernelWaits::Never,
        }
    }

    fn advances(&self) -> bool {
        false
    }

    fn arguments(&self, _: &mut Line) {}

    fn attempt(&mut self, fd: BorrowedFd<'_>, _: Blocking) -> io::Result<Progress<OwnedFd>> {
        if self.is_private && self.nonblocking.is_none() {
            self.nonblocking = Some(self.handle.hold_nonblocking(fd)?);
        }
        let held = self.nonblocking.is_some();
        if held && self.handle.is_private() {
            return self.accept(fd).map(Progress::Done);
        }
        // Another thread may be about to set the mode: what is found here must stay true.
        let kept = self.handle.keep_nonblocking();
        let nonblocking = if self.handle.is_exclusive() {
            held || kept.is_some()
        } else {
            // Another holder of the descriptor may have changed its mode.
            kept.is_some() && unix::is_nonblocking(fd)?
        };
        let accepted = if !nonblocking {
            self.accept_ready(fd)
        } else if self.handle.is_accepting() {
            // Another thread polled while the descriptor was in blocking mode: taking its connection would make that
            // thread sleep.
            Err(nothing_there())
        } else {
            self.accept(fd)
        };
        accepted.map(Progress::Done)
    }
}

fn nothing_there() -> io::Error {
    io::Error::from_raw_os_error(libc::EAGAIN)
}
