//! How long the kernel lets calls wait (`SO_RCVTIMEO`, `SO_SNDTIMEO`), on a socket that only its handle can reach.
//!
//! There a call with a time limit waits in the kernel, as one without does, and for the last part of its time in poll. The
//! limit stays set for the calls that follow, so it rarely costs a system call. It is one of few values, none longer than
//! the time of any call that relies on it, and is only lowered; a call that it ends too early goes on in poll.
//!
//! When others may see the socket, the limit is withdrawn: at once, or by the last of the calls that may rely on it. One
//! that has counted itself in and then finds the socket private is seen by the thread that makes it public, or forks; that
//! is what the orderings in [`state`](super::state) and [`exposure`](super::exposure) are for.

use super::direction::Direction;
use super::handle::{Handle, Inside};
use super::kernel_limits::{longest, CHANGING, NONE, NOT_OURS};
use super::shared::Shared;
use crate::sys::fork::Held;
use crate::sys::unix;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Handle {
    /// Has the kernel end a wait in this direction before `left` has passed, or returns false. For a call that is counted in
    /// as one that waits in the kernel.
    #[inline]
    pub(crate) fn limit_kernel(&self, fd: BorrowedFd<'_>, direction: Direction, left: Duration) -> bool {
        let most = longest(left);
        let set = self.kernel_limits.of(direction).load(Ordering::Acquire);
        if set != NONE && set <= most && self.is_private() {
            return true;
        }
        most != NONE && set != NOT_OURS && self.lower_limit(fd, direction, most)
    }

    #[cold]
    fn lower_limit(&self, fd: BorrowedFd<'_>, direction: Direction, most: u8) -> bool {
        let _shared = self.shared.lock();
        let limit = self.kernel_limits.of(direction);
        let before = limit.load(Ordering::Relaxed);
        if before == NOT_OURS || !self.is_private() {
            return false;
        }
        if before != NONE && before <= most {
            return true;
        }
        // A child that is forked meanwhile must know that there may be a limit; no other call may rely on it yet.
        limit.store(most | CHANGING, Ordering::Relaxed);
        let set = set_limit(fd, direction, Some(Duration::from_millis(1 << most)));
        limit.store(if set.is_ok() { most } else { before }, Ordering::Release);
        set.is_ok()
    }

    /// The limit that the program has set, which ends calls that have no other.
    pub(crate) fn limit_of_program(&self, fd: BorrowedFd<'_>, direction: Direction) -> Option<Duration> {
        if self.kernel_limits.is_ours(direction) {
            return None;
        }
        let sock = unix::sock(&fd);
        let limit = match direction {
            Direction::Receive => sock.read_timeout(),
            Direction::Send => sock.write_timeout(),
        };
        limit.ok().flatten()
    }

    /// Whether the limit in the kernel is ours, so that the program should not see it.
    pub(crate) fn hides_limit(&self, direction: Direction) -> bool {
        self.kernel_limits.is_ours(direction)
    }

    /// Lets the program set its own limit; from then on we set none.
    pub(crate) fn set_limit_of_program(
        &self,
        direction: Direction,
        set: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let _shared = self.shared.lock();
        let limit = self.kernel_limits.of(direction);
        let before = limit.swap(NOT_OURS, Ordering::Relaxed);
        set().inspect_err(|_| limit.store(before, Ordering::Relaxed))
    }

    /// Never sets a limit again: accepted sockets would start with it.
    pub(crate) fn renounce_limits(&self, fd: BorrowedFd<'_>) {
        let shared = self.shared.lock();
        self.withdraw_limits(fd, &shared);
        for direction in [Direction::Receive, Direction::Send] {
            if !self.kernel_limits.is_ours(direction) {
                self.kernel_limits
                    .of(direction)
                    .store(NOT_OURS, Ordering::Relaxed);
            }
        }
    }

    /// Whether there are limits that should be withdrawn, because others can see them.
    #[inline]
    pub(crate) fn must_withdraw_limits(&self) -> bool {
        self.kernel_limits.any() && !self.is_private()
    }

    /// Withdraws our limits, unless a call relies on them, which then does so itself; under the handle's lock.
    pub(super) fn withdraw_limits(&self, fd: BorrowedFd<'_>, _: &Held<'_, Shared>) {
        if self.state.may_wait_in_kernel() {
            return;
        }
        for direction in [Direction::Receive, Direction::Send] {
            if self.kernel_limits.is_ours(direction) && set_limit(fd, direction, None).is_ok() {
                self.kernel_limits.of(direction).store(NONE, Ordering::Relaxed);
            }
        }
    }

    /// Notes that a call waits in the kernel no longer, and withdraws limits that others can see.
    #[cold]
    pub(crate) fn end_kernel_wait(&self, inside: &mut Inside<'_>) {
        inside.wait_in_poll();
        if self.must_withdraw_limits() {
            self.withdraw_limits(inside.fd(), &self.shared.lock());
        }
    }

    /// Withdraws limits that others can see since the last call that relied on them was about to leave.
    #[cold]
    pub(super) fn withdraw_limits_late(&self) {
        if let Ok(inside) = self.enter() {
            let shared = self.shared.lock();
            self.withdraw_limits(inside.fd(), &shared);
            drop(shared); // before `inside`: leaving may take the lock
        }
    }
}

fn set_limit(fd: BorrowedFd<'_>, direction: Direction, limit: Option<Duration>) -> io::Result<()> {
    let sock = unix::sock(&fd);
    match direction {
        Direction::Receive => sock.set_read_timeout(limit),
        Direction::Send => sock.set_write_timeout(limit),
    }
}
