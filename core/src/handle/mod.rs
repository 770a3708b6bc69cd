//! One descriptor shared by many threads: who is inside, who waits, who closes.
//!
//! What every call passes on its way in and out is one atomic word ([`state`]); what threads do to each other stands under
//! one lock, held for a few instructions ([`shared`]).

mod ending;
mod mode;
mod registration;
mod shared;
mod state;
mod turn;

use ending::Ending;
pub(crate) use mode::{BlockingMode, NonBlocking};
pub(crate) use registration::Registration;
pub(crate) use shared::{Candidate, Follower, Following, Reason, Shared};
use state::{Left, State, WaitsIn};
pub(crate) use turn::Turn;

use crate::caller::Caller;
use crate::error::Kind;
use crate::sys::descriptor::Descriptor;
use crate::sys::fork::{self, ForkLock};
use crate::sys::holders::{holders, knows_holders, Holders};
use crate::sys::{thread, unix};
use crate::time::Timeout;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{fence, AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long `close` waits for the calls inside to leave before it lets the last of them close the descriptor.
/// They leave within milliseconds; only a call stuck in the kernel takes longer.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// After this time `close` looks again whether somebody else still holds the descriptor, which a child does until it has
/// started another program; then after twice the time, and so on while its patience lasts.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The direction of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Receive,
    Send,
}

/// A descriptor, its state word, and the threads that wait on it.
pub(crate) struct Handle {
    state: State,
    descriptor: Descriptor,
    pub(crate) shared: ForkLock<Shared>,
    recv_timeout: AtomicU64,
    send_timeout: AtomicU64,
    recv_waits: AtomicBool,
    send_waits: AtomicBool,
    pub(crate) mode: BlockingMode,
    /// The descriptor was adopted or duplicated: others may hold the socket.
    shared_here: AtomicBool,
    /// What [`fork::sharing`] said when the handle was made.
    made_under: (u32, u32),
    /// A call found that the peer has reset the connection, or was gone.
    reset: AtomicBool,
    /// The time limit of a call passed.
    timed_out: AtomicBool,
    /// The number was told: a program may have handed the descriptor to another process.
    pub(crate) fd_exposed: AtomicBool,
    pub(crate) ending: Ending,
}

impl Handle {
    pub(crate) fn new(fd: OwnedFd, mode: BlockingMode) -> Self {
        fork::watch();
        knows_holders(); // so that the first call that waits need not find out
        Self {
            state: State::new(),
            descriptor: Descriptor::new(fd),
            shared: ForkLock::new(),
            recv_timeout: AtomicU64::new(encode(Timeout::Never)),
            send_timeout: AtomicU64::new(encode(Timeout::Never)),
            recv_waits: AtomicBool::new(false),
            send_waits: AtomicBool::new(false),
            mode,
            shared_here: AtomicBool::new(false),
            made_under: fork::sharing(),
            reset: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            fd_exposed: AtomicBool::new(false),
            ending: Ending::default(),
        }
    }

    /// Counts a call in.
    #[inline]
    pub(crate) fn enter(&self) -> Result<Inside<'_>, Kind> {
        self.enter_to(false)
    }

    /// Counts a call in that waits in the kernel itself, or one that does not.
    #[inline]
    pub(crate) fn enter_to(&self, wait_in_kernel: bool) -> Result<Inside<'_>, Kind> {
        let waits = if wait_in_kernel {
            WaitsIn::Kernel
        } else {
            WaitsIn::Poll
        };
        let inside = self.state.enter(waits)?;
        Ok(Inside {
            handle: self,
            alone: inside == 1,
            waits,
        })
    }

    /// What is left to do for a call that left while, or after, the handle was closed.
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

    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// Takes note of what a call failed with.
    #[cold]
    pub(crate) fn note_failure(&self, fd: BorrowedFd<'_>, kind: Kind) {
        if let Kind::Os(errno) = kind {
            self.ending.note(fd, errno);
        }
        if let Some(flag) = self.flag_of(kind) {
            flag.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the peer may have made a handler fail so, by a reset or by silence: a call has failed so, or the descriptor was
    /// given up, so that calls are not seen.
    pub(crate) fn may_have_failed(&self, kind: Kind) -> bool {
        let flag = self.flag_of(kind);
        flag.is_some_and(|flag| flag.load(Ordering::Relaxed) || self.is_detached())
    }

    fn flag_of(&self, kind: Kind) -> Option<&AtomicBool> {
        if kind == Kind::TimedOut {
            Some(&self.timed_out)
        } else if matches!(
            kind,
            Kind::Os(libc::ECONNRESET | libc::EPIPE | libc::ECONNABORTED)
        ) {
            Some(&self.reset)
        } else {
            None
        }
    }

    fn is_detached(&self) -> bool {
        self.state.is_detached()
    }

    /// The number of the descriptor unless the handle is closed. Only to be shown: it may be closed the next moment.
    pub(crate) fn number(&self) -> Option<RawFd> {
        (!self.is_closed()).then(|| self.descriptor.number()).flatten()
    }

    /// The same for a program, which may hand the descriptor on.
    pub(crate) fn expose_fd(&self) -> Option<RawFd> {
        self.expose_mode();
        self.number()
    }

    /// Closes the descriptor once, waking every waiting thread. `before_close` has its last words on the wire; that they
    /// failed is reported once the descriptor is closed.
    pub(crate) fn close<C: Caller>(
        &self,
        caller: &mut C,
        before_close: impl FnOnce(BorrowedFd<'_>) -> io::Result<()> + Send,
    ) -> Result<(), Kind> {
        self.close_within(caller, CLOSE_PATIENCE, before_close)
    }

    /// The same with a patience of the caller's for the calls inside.
    pub(crate) fn close_within<C: Caller>(
        &self,
        caller: &mut C,
        patience: Duration,
        before_close: impl FnOnce(BorrowedFd<'_>) -> io::Result<()> + Send,
    ) -> Result<(), Kind> {
        let Some(closing) = self.state.close(|| self.descriptor.is_open()) else {
            return Ok(());
        };
        caller.block(|| {
            if closing.registered {
                self.part_from_followers();
            }
            let said = before_close(self.descriptor.lend());
            let closed = if closing.alone || self.wait_for_calls_to_leave(patience) {
                self.close_descriptor()
            } else {
                Ok(())
            };
            closed.and(said).map_err(|error| Kind::from_io(&error))
        })
    }

    /// Wakes the calls inside and waits until they have left. `false` when the last of them is to close the descriptor.
    fn wait_for_calls_to_leave(&self, patience: Duration) -> bool {
        self.shared.lock().closer = Some(thread::current());
        self.wake_until_alone(patience);
        self.shared.lock().closer = None;
        self.state.leave_closed()
    }

    /// Wakes the calls inside, again where it could not yet, and waits until they have left. What waits in the kernel on a
    /// socket that somebody else holds and keeps is not waited for.
    fn wake_until_alone(&self, patience: Duration) {
        let began = Instant::now();
        let mut holders = self.wake_kernel_waits(began);
        let mut next_look = LOOK_AGAIN.min(patience);
        loop {
            let calls = self.state.calls();
            let stuck = if holders == Holders::Somebody {
                calls.in_kernel
            } else {
                0
            };
            if calls.inside <= 1 + stuck {
                return;
            }
            let until = if holders == Holders::ForNow {
                next_look
            } else {
                patience
            };
            let left = until.saturating_sub(began.elapsed());
            if !left.is_zero() {
                thread::park_timeout(left);
            } else if until == patience {
                return;
            } else {
                holders = self.wake_kernel_waits(Instant::now());
                next_look = (next_look * 2).min(patience);
            }
        }
    }

    /// Lets `change` see the descriptor and who follows it, unless the handle is closed. Whoever is added is told
    /// when it goes.
    pub(crate) fn with_followers<T>(
        &self,
        change: impl FnOnce(BorrowedFd<'_>, &mut Vec<Following>) -> Result<T, Kind>,
    ) -> Result<T, Kind> {
        let inside = self.enter()?;
        let mut shared = self.shared.lock();
        self.note_registered();
        // A close since we entered may have told all there were, or found that there are none.
        if self.is_closed() {
            return Err(Kind::Closed);
        }
        change(inside.fd(), &mut shared.followers)
    }

    /// Says that there is somebody on the lists. Who registers looks at CLOSED afterwards.
    fn note_registered(&self) {
        self.state.note_registered();
    }

    /// Wakes every registered thread, and tells the followers that the descriptor goes. Called while it is open, once
    /// nobody can enter any more.
    fn part_from_followers(&self) {
        // In a forked child nobody waits: the waiters are the parent's.
        let followers = {
            let mut shared = self.shared.lock();
            shared.wake_all();
            std::mem::take(&mut shared.followers)
        };
        for Following { follower, key } in followers {
            if let Some(follower) = follower.upgrade() {
                follower.release(key, self.descriptor.lend());
            }
        }
    }

    fn close_descriptor(&self) -> io::Result<()> {
        self.descriptor.take().map_or(Ok(()), unix::close)
    }

    /// Gives the descriptor up to the caller.
    pub(crate) fn detach(&self) -> Result<OwnedFd, Kind> {
        self.state.detach()?;
        self.part_from_followers();
        let fd = self.descriptor.take().ok_or(Kind::Closed)?;
        self.part_with_mode(fd.as_fd());
        Ok(fd)
    }

    /// Others may hold the socket from now on.
    pub(crate) fn mark_shared(&self) {
        self.shared_here.store(true, Ordering::Relaxed);
    }

    /// Whether nobody else can hold the socket, so that shutdown(2) wakes our threads and harms no one: made here,
    /// neither adopted nor duplicated, and no fork since.
    pub(crate) fn is_exclusive(&self) -> bool {
        !self.shared_here.load(Ordering::Relaxed) && self.made_under == fork::sharing()
    }

    /// Wakes the threads that wait in the kernel itself, unless somebody else has come to hold the socket since they began:
    /// they then leave when something arrives. `since`: whoever came to hold it did so before.
    fn wake_kernel_waits(&self, since: Instant) -> Holders {
        if self.state.calls().in_kernel == 0 {
            return Holders::Nobody;
        }
        // Either we see that the number was told, or who asked for it sees that the handle is closed.
        fence(Ordering::SeqCst);
        let fd = self.descriptor.lend();
        let holders = if self.mode_is_private() {
            Holders::Nobody
        } else {
            holders(fd, self.fd_exposed.load(Ordering::SeqCst), since)
        };
        if holders == Holders::Nobody {
            let sock = unix::sock(&fd);
            // What the close is to be on the wire, it is: with linger zero a reset, not an end of stream first.
            let resets = matches!(sock.linger(), Ok(Some(Duration::ZERO)));
            if !resets || unix::disconnect(fd).is_err() {
                // Not connected is no obstacle: the threads are woken all the same.
                let _ = sock.shutdown(std::net::Shutdown::Both);
            }
        }
        holders
    }

    /// Once it is closed: wakes the threads again that wait in the kernel itself and could not be woken then. Whether that
    /// may still be so later.
    pub(crate) fn wake_again(&self) -> bool {
        if self.mode_is_private() {
            return false; // they have been woken
        }
        if !self.state.enter_closed() {
            return false;
        }
        let _inside = Inside {
            handle: self,
            alone: false,
            waits: WaitsIn::Poll,
        };
        self.wake_kernel_waits(Instant::now()) == Holders::ForNow
    }

    /// The timeout of calls that name none.
    pub(crate) fn timeout(&self, direction: Direction) -> Timeout {
        decode(self.timeout_of(direction).load(Ordering::Relaxed))
    }

    pub(crate) fn set_timeout(&self, direction: Direction, timeout: Timeout) {
        self.timeout_of(direction)
            .store(encode(timeout), Ordering::Relaxed);
    }

    fn timeout_of(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::Receive => &self.recv_timeout,
            Direction::Send => &self.send_timeout,
        }
    }

    /// Whether the last call in this direction had to wait.
    pub(crate) fn expects_wait(&self, direction: Direction) -> bool {
        self.waits_of(direction).load(Ordering::Relaxed)
    }

    pub(crate) fn expect_wait(&self, direction: Direction, expected: bool) {
        let flag = self.waits_of(direction);
        if flag.load(Ordering::Relaxed) != expected {
            flag.store(expected, Ordering::Relaxed);
        }
    }

    fn waits_of(&self, direction: Direction) -> &AtomicBool {
        match direction {
            Direction::Receive => &self.recv_waits,
            Direction::Send => &self.send_waits,
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.descriptor.is_open() {
            self.part_from_followers();
            // No call is inside an owned value. Nobody is left to tell of a failure.
            let _ = self.close_descriptor();
        }
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

    /// Whether no other call was inside when this one entered.
    pub(crate) fn alone(&self) -> bool {
        self.alone
    }
}

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        let left = self.handle.state.leave(self.waits);
        if left != Left::Nothing {
            self.handle.after_leaving(left);
        }
    }
}

/// Timeouts are kept as nanoseconds, the greatest number for `Never`, 0 for `NonBlocking`.
fn encode(timeout: Timeout) -> u64 {
    match timeout {
        Timeout::Never => u64::MAX,
        Timeout::NonBlocking => 0,
        // Beyond 584 years there is only `Never`; below a nanosecond there is nothing.
        Timeout::After(duration) => u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1),
    }
}

fn decode(nanoseconds: u64) -> Timeout {
    match nanoseconds {
        u64::MAX => Timeout::Never,
        0 => Timeout::NonBlocking,
        _ => Timeout::After(Duration::from_nanos(nanoseconds)),
    }
}
