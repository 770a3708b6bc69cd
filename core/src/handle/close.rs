//! Closing a handle, and giving up its descriptor.

use super::handle::Handle;
use super::state::Closing;
use super::subscription::Subscription;
use crate::caller::{block_until_done, Caller, Interruptible};
use crate::error::{Error, Kind, Operation};
use crate::sys::entry::Entry;
use crate::sys::holders::Holders;
use crate::sys::thread;
use crate::trace::{self, On};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long `close` waits for the calls inside to leave before it lets the last of them close the descriptor.
/// They leave within milliseconds; only a call stuck in the kernel takes longer.
const WAIT_FOR_CALLS: Duration = Duration::from_secs(1);

/// After this time `close` searches again for other holders of the socket, since a child process holds it until it has
/// started another program; then after twice the time, and so on while it waits for the calls inside.
const FIRST_NEW_SEARCH_AFTER: Duration = Duration::from_millis(10);

impl Handle {
    /// Closes the descriptor once, waking every waiting thread. `before_close` is called with the descriptor just before;
    /// its failure is reported once the descriptor is closed.
    #[inline(never)] // its callers need no room for what it does
    pub(crate) fn close<C: Caller>(
        &self,
        caller: &mut C,
        operation: Operation,
        before_close: impl FnOnce(BorrowedFd<'_>) -> io::Result<()> + Send,
    ) -> Result<(), Kind> {
        self.close_within(caller, operation, WAIT_FOR_CALLS, before_close)
    }

    /// The same, waiting `longest` for the calls inside.
    #[inline]
    pub(crate) fn close_within<C: Caller>(
        &self,
        caller: &mut C,
        operation: Operation,
        longest: Duration,
        before_close: impl FnOnce(BorrowedFd<'_>) -> io::Result<()> + Send,
    ) -> Result<(), Kind> {
        let entry = Entry::now();
        if entry.is_watched() {
            return self.close_watched(caller, operation, longest, before_close);
        }
        match self.state.close(entry, || self.descriptor.is_open()) {
            None => Ok(()),
            Some(closing) => self.go_on_closing(caller, closing, longest, before_close),
        }
    }

    // It also marks the handle closed: marked before this is called, an unrecorded close takes five more instructions.
    #[cold]
    #[inline(never)]
    fn close_watched<C: Caller>(
        &self,
        caller: &mut C,
        operation: Operation,
        longest: Duration,
        before_close: impl FnOnce(BorrowedFd<'_>) -> io::Result<()> + Send,
    ) -> Result<(), Kind> {
        let Some(closing) = self.state.close(Entry::now(), || self.descriptor.is_open()) else {
            return Ok(());
        };
        let recorded = self.close_begins(operation);
        let result = self.go_on_closing(caller, closing, longest, before_close);
        self.close_ended(recorded, operation, result);
        result
    }

    /// Goes on once no call can enter any more, and a thread that registers finds the handle closed.
    // The calls that are not recorded should not pay for being compiled twice.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn go_on_closing<C: Caller>(
        &self,
        caller: &mut C,
        closing: Closing,
        longest: Duration,
        before_close: impl FnOnce(BorrowedFd<'_>) -> io::Result<()> + Send,
    ) -> Result<(), Kind> {
        caller.block(|| {
            if closing.registered {
                self.notify_registered();
            }
            let prepared = before_close(self.descriptor.lend());
            let closed = self.finish_close(closing, longest);
            closed.and(prepared).map_err(|error| Kind::from_io(&error))
        })
    }

    /// Begins to record a close, after no call can enter any more; false when calls are not recorded.
    #[inline]
    fn close_begins(&self, operation: Operation) -> bool {
        let recorded = trace::is_on();
        if recorded {
            self.record_close(operation);
        }
        recorded
    }

    #[cold]
    #[inline(never)]
    fn record_close(&self, operation: Operation) {
        let on = On {
            socket: &self.traced,
            fd: self.descriptor.is_open().then(|| self.descriptor.lend()),
        };
        let others = self.state.calls().inside.saturating_sub(1);
        trace::close_begins(operation, on, usize::try_from(others).unwrap_or(usize::MAX));
    }

    /// Records how a close ended whose record was begun.
    #[inline]
    fn close_ended(&self, recorded: bool, operation: Operation, result: Result<(), Kind>) {
        if recorded {
            trace::close_ended(operation, &self.traced, result);
        }
    }

    /// Closes the descriptor once `work` is done, which sleeps and goes on after signals. Other calls are refused and woken
    /// from the beginning. If the caller stops it, the descriptor stays open and another close may go on.
    pub(crate) fn close_after<C: Caller, T: Send>(
        &self,
        caller: &mut C,
        mut work: impl FnMut(BorrowedFd<'_>) -> Result<Interruptible<T>, Kind> + Send,
    ) -> Result<T, Kind> {
        let closing = self.state.close(Entry::now(), || false).ok_or(Kind::Closed)?;
        let recorded = self.close_begins(Operation::CloseGraceful);
        let mut notify = closing.registered;
        let worked = block_until_done(caller, || {
            if std::mem::take(&mut notify) {
                self.notify_registered();
            }
            work(self.descriptor.lend())
        });
        if matches!(worked, Err(Kind::Interrupted)) {
            self.state.suspend_close();
            self.close_ended(recorded, Operation::CloseGraceful, Err(Kind::Interrupted));
            return worked;
        }
        let closed = caller.block(|| self.finish_close(closing, WAIT_FOR_CALLS));
        let result = worked.and_then(|value| closed.map(|()| value).map_err(|error| Kind::from_io(&error)));
        let ended = result.as_ref().map(drop).map_err(|kind| *kind);
        self.close_ended(recorded, Operation::CloseGraceful, ended);
        result
    }

    /// Closes the descriptor after waiting `longest` for the calls inside, or leaves that to the last of them.
    fn finish_close(&self, closing: Closing, longest: Duration) -> io::Result<()> {
        self.drop_ahead();
        if closing.alone || self.wait_for_calls_to_leave(longest) {
            self.close_descriptor()
        } else {
            Ok(())
        }
    }

    /// Wakes the calls inside and waits until they have left. `false` when the last of them will close the descriptor.
    fn wait_for_calls_to_leave(&self, longest: Duration) -> bool {
        self.shared.lock().closer = Some(thread::current());
        self.wake_until_alone(longest);
        self.shared.lock().closer = None;
        self.state.leave_closed()
    }

    /// Wakes the calls inside, retrying those that could not be woken yet, and waits until they have left. Does not
    /// wait for calls that wait in the kernel on a socket that has another holder.
    fn wake_until_alone(&self, longest: Duration) {
        let began = Instant::now();
        let mut holders = self.wake_kernel_waits(began, !longest.is_zero());
        let mut next_search = FIRST_NEW_SEARCH_AFTER.min(longest);
        loop {
            let calls = self.state.calls();
            let stuck = if holders == Holders::Lasting {
                calls.in_kernel
            } else {
                0
            };
            if calls.inside <= 1 + stuck {
                return;
            }
            let until = if holders == Holders::Transient {
                next_search
            } else {
                longest
            };
            let left = until.saturating_sub(began.elapsed());
            if !left.is_zero() {
                thread::park_timeout(left);
            } else if until == longest {
                return;
            } else {
                // A receive that was woken leaves once it gets a processor; a send that used up the room does not.
                let spares_stream = began.elapsed() < longest / 2;
                holders = self.wake_kernel_waits(Instant::now(), spares_stream);
                next_search = (next_search * 2).min(longest);
            }
        }
    }

    /// Wakes every registered thread, and notifies the subscribers. Called once no call can enter any more, while the
    /// descriptor is open.
    fn notify_registered(&self) {
        // In a forked child no thread is waiting: the waiters are the parent's.
        let subscriptions = {
            let mut shared = self.shared.lock();
            shared.waiters.signal_all();
            std::mem::take(&mut shared.subscriptions)
        };
        for Subscription { subscriber, key } in subscriptions {
            if let Some(subscriber) = subscriber.upgrade() {
                subscriber.descriptor_goes(key, self.descriptor.lend());
            }
        }
    }

    /// The same as [`detach`](Self::detach), and records it.
    #[inline]
    pub(crate) fn detach_recorded(&self) -> Result<OwnedFd, Kind> {
        if !trace::is_on() {
            return self.detach();
        }
        self.show(|on| trace::begin(Operation::Detach, Some(on), None, |_| {}));
        let result = self.detach();
        let on = On {
            socket: &self.traced,
            fd: None,
        };
        let error = result
            .as_ref()
            .err()
            .map(|kind| Error::new(Operation::Detach, *kind));
        trace::end(
            Operation::Detach,
            Some(on),
            error.as_ref(),
            trace::Moved::Nothing,
            |_| {},
        );
        result
    }

    /// Hands the descriptor over to the caller, in the mode that the program wants.
    pub(crate) fn detach(&self) -> Result<OwnedFd, Kind> {
        self.with_nothing_ahead(|| self.state.detach())?;
        self.drop_ahead(); // descriptors that came with messages
        self.notify_registered();
        let fd = self.descriptor.take().ok_or(Kind::Closed)?;
        self.withdraw_limits(fd.as_fd(), &self.shared.lock());
        self.mode.apply_wanted(fd.as_fd());
        Ok(fd)
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        if self.descriptor.is_open() {
            self.close_dropped();
        }
    }
}

impl Handle {
    /// Closes a handle that nothing else can reach any more.
    #[inline(never)]
    fn close_dropped(&self) {
        let recorded = self.close_begins(Operation::Drop);
        self.notify_registered();
        // No call is inside a value that is being dropped, and there is no caller to report a failure to.
        let _ = self.close_descriptor();
        self.close_ended(recorded, Operation::Drop, Ok(()));
    }
}
