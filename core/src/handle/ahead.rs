//! The bytes that calls have received ahead on a handle, and whose turn it is to receive them.
//!
//! A call that receives messages has the turn and takes the bytes out; other calls find them only when it has ended. The
//! state word says whether a plain receive has to look here at all.

use super::direction::Direction;
use super::handle::Handle;
use super::messages::{BytesAhead, Holder};
use super::shared::Shared;
use super::turn::Turn;
use crate::caller::Caller;
use crate::error::Kind;
use crate::framing::read_ahead::ReadAhead;
use crate::sys::thread::me;
use crate::time::LazyDeadline;
use std::ops::{Deref, DerefMut};

impl Shared {
    /// Takes out the bytes, for the thread that has the turn.
    #[inline]
    fn take_ahead(&mut self, handle: &Handle) -> Result<BytesAhead, Kind> {
        if handle.is_closed() {
            return Err(Kind::Closed);
        }
        let incoming = &mut self.messages.get_or_insert_default().incoming;
        if incoming.holder != Holder::Handle {
            return Err(Kind::Busy);
        }
        let bytes = std::mem::take(&mut incoming.bytes);
        incoming.holder = Holder::Call { length: bytes.len() };
        if !handle.may_be_ahead() {
            handle.state.mark_ahead(true);
        }
        Ok(bytes)
    }

    /// Lets those that wait for the handle to become ready know what there is.
    fn announce(&mut self) {
        let Some(incoming) = self.incoming() else {
            return;
        };
        let readable = incoming.is_readable();
        let changed = readable || std::mem::take(&mut incoming.announced);
        if readable {
            incoming.announced = true;
            self.waiters.signal_ready();
        }
        if changed {
            for subscription in &self.subscriptions {
                if let Some(subscriber) = subscription.subscriber.upgrade() {
                    subscriber.readable_ahead(subscription.key, readable);
                }
            }
        }
    }

    /// Whether a receive would find bytes that were received ahead; the subscriber that asks is informed of changes.
    pub(super) fn announces_readable(&mut self) -> bool {
        self.incoming().is_some_and(|incoming| {
            incoming.announced |= incoming.is_readable();
            incoming.is_readable()
        })
    }
}

impl Handle {
    /// Whether a receive has to look for bytes that were received ahead.
    #[inline]
    pub(crate) fn may_be_ahead(&self) -> bool {
        self.state.may_be_ahead()
    }

    /// How many bytes were received ahead.
    pub(crate) fn ahead(&self) -> usize {
        if !self.may_be_ahead() {
            return 0;
        }
        self.shared
            .lock()
            .incoming()
            .map_or(0, |incoming| incoming.length())
    }

    /// Whether a receive would find some of them, without the system.
    pub(crate) fn is_readable_ahead(&self) -> bool {
        self.may_be_ahead()
            && self
                .shared
                .lock()
                .incoming()
                .is_some_and(|incoming| incoming.is_readable())
    }

    /// Lets other threads know what a call has received ahead and found to be incomplete.
    pub(crate) fn note_ahead(&self, ahead: &ReadAhead) {
        let mut shared = self.shared.lock();
        if let Some(incoming) = shared.incoming() {
            if let Holder::Call { length } = &mut incoming.holder {
                *length = ahead.len();
            }
        }
        shared.announce();
    }

    /// Forgets them; the handle is closed.
    pub(super) fn drop_ahead(&self) {
        if self.may_be_ahead() {
            let messages = self.shared.lock().messages.take();
            drop(messages);
        }
    }

    /// Calls `give_up`, and lets nothing be received ahead meanwhile.
    ///
    /// # Errors
    /// `Busy` if something was, or a call may be doing so.
    pub(super) fn with_nothing_ahead(&self, give_up: impl FnOnce() -> Result<(), Kind>) -> Result<(), Kind> {
        if !self.may_be_ahead() {
            return give_up();
        }
        let mut shared = self.shared.lock();
        match shared.incoming() {
            Some(incoming) if incoming.holder != Holder::Handle || incoming.length() > 0 => Err(Kind::Busy),
            Some(_) | None => give_up(),
        }
    }

    /// Why a receive is refused with `Busy`.
    pub(crate) fn why_busy(&self) -> &'static str {
        match self.shared.lock().incoming() {
            Some(incoming) if incoming.holder == Holder::Parent => {
                "a thread of the parent process has the bytes that were received ahead"
            }
            Some(_) | None => "a signal handler has interrupted a receive of this thread",
        }
    }
}

/// The turn to receive and the bytes that were received ahead, until dropped.
pub(crate) struct Ahead<'a> {
    bytes: BytesAhead,
    handle: &'a Handle,
}

impl<'a> Ahead<'a> {
    /// Takes the turn, waiting for it as long as the limit allows.
    ///
    /// # Errors
    /// `Busy` in a signal handler that has interrupted such a call, and in a forked child when the bytes are its
    /// parent's; `Closed`, `TimedOut`, `WouldBlock`.
    pub(crate) fn take<C: Caller>(
        handle: &'a Handle,
        caller: &mut C,
        limit: &mut LazyDeadline,
    ) -> Result<Self, Kind> {
        let mut shared = handle.shared.lock();
        if !shared.turns.take(Direction::Receive, me()) {
            drop(shared);
            let turn = Turn::take(handle, Direction::Receive, caller, limit)?;
            shared = handle.shared.lock();
            std::mem::forget(turn); // ends with the `Ahead`, under the lock that this takes anyway
        }
        let bytes = shared.take_ahead(handle);
        if bytes.is_err() {
            shared.end_turn(Direction::Receive);
        }
        drop(shared);
        Ok(Self {
            bytes: bytes?,
            handle,
        })
    }

    /// Nothing is left: plain receives need not look here any more. Keeps the turn.
    pub(crate) fn note_empty(&self) {
        let _shared = self.handle.shared.lock();
        self.handle.state.mark_ahead(false);
    }
}

impl Deref for Ahead<'_> {
    type Target = ReadAhead;

    #[inline]
    fn deref(&self) -> &ReadAhead {
        &self.bytes
    }
}

impl DerefMut for Ahead<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut ReadAhead {
        &mut self.bytes
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        let mut shared = self.handle.shared.lock();
        if self.handle.is_closed() {
            shared.messages = None;
        } else if let Some(incoming) = shared.incoming() {
            incoming.bytes = std::mem::take(&mut self.bytes);
            incoming.holder = Holder::Handle;
            shared.announce();
        }
        shared.end_turn(Direction::Receive);
    }
}
