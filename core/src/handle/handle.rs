//! The handle itself, and how calls enter and leave it.

use super::connection_end::ConnectionEnd;
use super::direction::Direction;
use super::exposure::Exposure;
use super::kernel_limits::KernelLimits;
use super::low_water::has_low_water;
use super::mode::BlockingMode;
use super::peer_failures::PeerFailures;
use super::shared::Shared;
use super::spinning_receives::SpinningReceives;
use super::state::{Left, State, WaitsIn};
use super::subscription::Subscription;
use super::timeouts::Timeouts;
use super::wait_hints::WaitHints;
use crate::adaptive_spin::AdaptiveSpin;
use crate::error::Kind;
use crate::sys::descriptor::Descriptor;
use crate::sys::entry::Entry;
use crate::sys::fork::ForkLock;
use crate::sys::unix;
use crate::time::Timeout;
use crate::trace::{self, On, Traced};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

/// A descriptor that any number of threads use, and that any of them may close.
// In this order, what every call looks at lies together, followed by the lock and the turns. With a hundred connections, most
// handles are not in the first-level cache.
#[repr(C)]
pub(crate) struct Handle {
    pub(super) state: State,
    timeouts: Timeouts,
    pub(super) exposure: Exposure,
    pub(super) descriptor: Descriptor,
    pub(crate) mode: BlockingMode,
    pub(super) kernel_limits: KernelLimits,
    wait_hints: WaitHints,
    peer_failures: PeerFailures,
    pub(super) spinning_receives: SpinningReceives,
    pub(crate) shared: ForkLock<Shared>,
    pub(crate) connection_end: ConnectionEnd,
    pub(crate) traced: Traced,
}

// One cache line, with the two counts of the `Arc` that mostly surround it.
#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Handle, shared) + 2 * size_of::<usize>() <= 64);

impl Handle {
    /// [`trace::is_on`] must be called before the first handle is made: it starts to count forks.
    pub(crate) fn new(fd: OwnedFd, mode: BlockingMode) -> Self {
        Self {
            state: State::new(Entry::now()),
            descriptor: Descriptor::new(fd),
            shared: ForkLock::new(),
            mode,
            exposure: Exposure::none(),
            kernel_limits: KernelLimits::none(),
            timeouts: Timeouts::never(),
            wait_hints: WaitHints::default(),
            peer_failures: PeerFailures::default(),
            spinning_receives: SpinningReceives::default(),
            connection_end: ConnectionEnd::default(),
            traced: Traced::default(),
        }
    }

    /// Counts a call in.
    #[inline]
    pub(crate) fn enter(&self) -> Result<Inside<'_>, Kind> {
        self.enter_waiting_in_kernel(false)
    }

    /// Counts in a call that may wait in the kernel, or one that does not.
    #[inline]
    pub(crate) fn enter_waiting_in_kernel(&self, kernel_waits: bool) -> Result<Inside<'_>, Kind> {
        let waits = WaitsIn::either(kernel_waits);
        let inside = self.state.enter(waits)?;
        Ok(self.inside(inside, waits))
    }

    /// The same, but `None` while calls are watched: the call may have to be recorded from before it enters.
    #[inline]
    pub(crate) fn enter_unwatched(&self, kernel_waits: bool) -> Result<Option<Inside<'_>>, Kind> {
        let waits = WaitsIn::either(kernel_waits);
        let inside = self.state.enter_unwatched(waits)?;
        Ok(inside.map(|inside| self.inside(inside, waits)))
    }

    #[inline]
    fn inside(&self, count: u64, waits: WaitsIn) -> Inside<'_> {
        Inside {
            handle: self,
            alone: count == 1,
            waits,
        }
    }

    /// Counts in a call that helps a close wake the calls that still wait in the kernel; `None` if there are none.
    pub(super) fn enter_closed(&self) -> Option<Inside<'_>> {
        self.state.enter_closed().then(|| Inside {
            handle: self,
            alone: false,
            waits: WaitsIn::Poll,
        })
    }

    /// Does what remains to be done by a call that leaves during or after a close.
    #[cold]
    fn after_leaving(&self, left: Left) {
        match left {
            Left::Nothing => {}
            Left::WakeCloser => {
                if let Some(closer) = &self.shared.lock().closer {
                    closer.unpark();
                }
            }
            // There is no caller to report a failure to.
            Left::CloseDescriptor => drop(self.close_descriptor()),
        }
    }

    pub(super) fn close_descriptor(&self) -> io::Result<()> {
        self.descriptor.take().map_or(Ok(()), unix::close)
    }

    /// Lets a trace look at the handle and its descriptor, which stays open meanwhile.
    #[cold]
    pub(crate) fn show<T>(&self, look: impl FnOnce(On<'_>) -> T) -> T {
        let inside = self.enter().ok();
        look(On {
            socket: &self.traced,
            fd: inside.as_ref().map(Inside::fd),
        })
    }

    /// Records a handle that was made, `how`, and from which other one.
    #[inline]
    pub(crate) fn note_made(&self, how: &'static str, from: Option<&Self>) {
        if trace::is_on() {
            self.record_made(how, from);
        }
    }

    /// Records a descriptor that this handle has accepted.
    #[cold]
    #[inline(never)]
    pub(crate) fn record_accepted(&self, fd: BorrowedFd<'_>) -> Traced {
        let accepted = Traced::default();
        trace::made(&accepted, fd, "accept", Some(&self.traced));
        accepted
    }

    #[cold]
    #[inline(never)]
    fn record_made(&self, how: &'static str, from: Option<&Self>) {
        let from = from.map(|from| &from.traced);
        trace::made(&self.traced, self.descriptor.lend(), how, from);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// The descriptor's number unless the handle is closed. Only for messages: it may be closed at any moment.
    pub(crate) fn number(&self) -> Option<RawFd> {
        (!self.is_closed()).then(|| self.descriptor.number()).flatten()
    }

    /// Lets `change` see the descriptor, the subscriptions, and whether there are bytes to receive that were received
    /// ahead, unless the handle is closed. A subscriber that is added is
    /// notified before the descriptor is closed.
    pub(crate) fn with_subscriptions<T>(
        &self,
        change: impl FnOnce(BorrowedFd<'_>, &mut Vec<Subscription>, bool) -> Result<T, Kind>,
    ) -> Result<T, Kind> {
        let inside = self.enter()?;
        let mut shared = self.shared.lock();
        self.state.note_registered();
        // A close since we entered may already have notified the subscribers, or found none.
        if self.is_closed() {
            return Err(Kind::Closed);
        }
        let ahead = shared.announces_readable();
        change(inside.fd(), &mut shared.subscriptions, ahead)
    }

    /// Notes that there may be another descriptor of the socket from now on.
    pub(crate) fn note_copied(&self) {
        self.exposure.note_copied();
    }

    /// Whether the only possible copies of the socket are those made by number.
    #[inline]
    pub(crate) fn is_exclusive(&self) -> bool {
        self.exposure.is_exclusive()
    }

    /// Whether only this handle can reach the socket, so that the descriptor's mode is ours to choose and shutdown(2) affects
    /// no one else.
    #[inline]
    pub(crate) fn is_private(&self) -> bool {
        self.exposure.is_private()
    }

    /// Records the error of a call.
    #[cold]
    pub(crate) fn note_failure(&self, fd: BorrowedFd<'_>, kind: Kind) {
        if let Kind::Os(errno) = kind {
            self.connection_end.note(fd, errno);
        }
        self.peer_failures.note(kind);
    }

    /// Whether the peer may have caused this failure of a handler, by a reset or by silence: a call has reported it, or
    /// the descriptor was given up, so that calls on it are no longer seen.
    pub(crate) fn peer_may_have_caused(&self, kind: Kind) -> bool {
        let reported = self.peer_failures.reported(kind);
        reported.is_some_and(|reported| reported || self.state.is_detached())
    }

    /// The timeout of calls without their own.
    pub(crate) fn timeout(&self, direction: Direction) -> Timeout {
        self.timeouts.get(direction)
    }

    pub(crate) fn set_timeout(&self, direction: Direction, timeout: Timeout) {
        self.timeouts.set(direction, timeout);
    }

    /// Whether the last call in this direction had to wait.
    #[inline]
    pub(crate) fn expects_wait(&self, direction: Direction) -> bool {
        self.wait_hints.get(direction)
    }

    #[inline]
    pub(crate) fn expect_wait(&self, direction: Direction, expected: bool) {
        self.wait_hints.set(direction, expected);
    }

    /// Sets whether receives may spin before they sleep.
    pub(crate) fn let_receives_spin(&self, allowed: bool) {
        self.spinning_receives.allow(allowed);
    }

    #[inline]
    pub(crate) fn receives_may_spin(&self) -> bool {
        self.spinning_receives.are_allowed() && !has_low_water()
    }

    /// What has been learned from earlier receives, if they may spin on this descriptor.
    pub(crate) fn spin(&self, fd: BorrowedFd<'_>) -> Option<AdaptiveSpin> {
        self.spinning_receives.get(|| {
            let low_water = unix::get_int(fd, libc::SOL_SOCKET, libc::SO_RCVLOWAT);
            low_water.is_ok_and(|bytes| bytes > 1) // a system without such marks has an error
        })
    }

    /// Keeps what a receive has learned.
    pub(crate) fn keep_spin(&self, learned: &AdaptiveSpin) {
        self.spinning_receives.put(learned);
    }
}

/// A call inside a handle, until dropped.
pub(crate) struct Inside<'a> {
    handle: &'a Handle,
    alone: bool,
    waits: WaitsIn,
}

impl<'a> Inside<'a> {
    /// The descriptor, which stays open while this call is inside.
    pub(crate) fn fd(&self) -> BorrowedFd<'a> {
        self.handle.descriptor.lend()
    }

    /// Counts the call as one that no longer waits in the kernel.
    pub(super) fn wait_in_poll(&mut self) {
        if self.waits == WaitsIn::Kernel && self.handle.state.end_kernel_wait() {
            self.waits = WaitsIn::Poll;
        }
    }

    /// Whether no other call was inside when this one entered.
    pub(crate) fn alone(&self) -> bool {
        self.alone
    }
}

impl Drop for Inside<'_> {
    #[inline(always)] // every call ends with it, and most know where they wait
    fn drop(&mut self) {
        let left = self.handle.state.leave(self.waits);
        if left != Left::Nothing {
            self.handle.after_leaving(left);
        }
        if self.waits == WaitsIn::Kernel && self.handle.must_withdraw_limits() {
            self.handle.withdraw_limits_late();
        }
    }
}
