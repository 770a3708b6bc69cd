//! What is on its way on one connection: the bytes to be sent, the input that is kept, and how the connection will end.

use super::reason::CloseReason;
use crate::error::{Error, Kind};
use crate::framing::read_ahead::ReadAhead;
use crate::poll::Events;
use crate::sys::fork::InChild;
use crate::sys::thread::{Thread, ThreadId};
use std::any::Any;

/// Memory larger than this is given back to the system once it is empty.
const LARGEST_SPARE: usize = 64 << 10;

/// The state of a connection, changed under its lock.
#[derive(Default)]
pub(super) struct Traffic {
    /// The bytes to be sent next, of which `taken` have been.
    first: Vec<u8>,
    taken: usize,
    /// The bytes after those.
    rest: Vec<u8>,
    /// How many bytes a thread is sending just now, without the lock.
    in_flight: usize,
    sending: bool,
    /// A worker has work of this connection, or the connection is over.
    pub(super) in_hands: bool,
    /// What the poller waits for; nothing: the connection is not registered.
    pub(super) watched: Events,
    /// Input that could not be handled yet.
    pub(super) kept: Option<Box<Kept>>,
    /// Why the connection will be closed once everything has been sent.
    pub(super) ending: Option<Box<CloseReason>>,
    /// `on_open` has failed, so `on_close` is not called.
    pub(super) refused: bool,
    /// It should end with a reset.
    pub(super) aborted: bool,
    /// Nothing more is sent or received, and `on_close` is due or has been called.
    pub(super) over: bool,
    /// Threads that wait for room to send.
    pub(super) waiting: Vec<Thread>,
    /// What a language keeps with the connection while no callback of it is running.
    pub(super) data: ConnectionData,
}

/// What a language keeps with a connection, for its callbacks.
#[doc(hidden)]
pub type ConnectionData = Option<Box<dyn Any + Send>>;

impl InChild for Traffic {
    /// The connection is the parent's.
    fn in_child(parents: Option<Self>) -> Self {
        std::mem::forget(parents);
        Self {
            in_hands: true,
            over: true,
            ..Self::default()
        }
    }
}

/// Received bytes that are kept with the connection.
pub(super) struct Kept {
    pub(super) input: ReadAhead,
    /// There may be whole messages among them, which wait until there is room for replies. Otherwise they are the beginning of
    /// one, of which at least this many bytes are missing.
    pub(super) held: bool,
    pub(super) missing: usize,
    /// What followed the input.
    pub(super) end: Option<Box<CloseReason>>,
}

impl Traffic {
    /// How many bytes are still to be sent.
    pub(super) fn unsent(&self) -> usize {
        self.first.len() - self.taken + self.rest.len() + self.in_flight
    }

    /// Queues a message to send.
    pub(super) fn append(&mut self, parts: [&[u8]; 3]) -> Result<(), Kind> {
        let behind = self.sending || self.taken > 0 || !self.rest.is_empty();
        let queue = if behind { &mut self.rest } else { &mut self.first };
        let more = parts.iter().map(|part| part.len()).sum();
        queue.try_reserve(more).map_err(|_| Kind::OutOfMemory)?;
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            queue.extend_from_slice(part);
        }
        Ok(())
    }

    /// Takes the bytes to be sent next, and how many of them have been. No other thread gets any until they are
    /// [returned](Self::note_sent).
    pub(super) fn take_to_send(&mut self) -> Option<(Vec<u8>, usize)> {
        if self.sending || self.over {
            return None;
        }
        if self.first.is_empty() {
            if self.rest.is_empty() {
                return None;
            }
            std::mem::swap(&mut self.first, &mut self.rest);
        }
        self.sending = true;
        self.in_flight = self.first.len() - self.taken;
        Some((std::mem::take(&mut self.first), std::mem::take(&mut self.taken)))
    }

    /// Whether a thread is sending just now.
    pub(super) fn is_sending(&self) -> bool {
        self.sending
    }

    /// Records how sending them has ended; true when there may be more that the kernel takes.
    pub(super) fn note_sent(&mut self, mut bytes: Vec<u8>, taken: usize, sent: Result<usize, Error>) -> bool {
        self.sending = false;
        self.in_flight = 0;
        if self.over {
            return false;
        }
        let count = match sent {
            Ok(count) => count,
            Err(error) if error.kind() == Kind::WouldBlock => 0,
            Err(error) => {
                (self.first, self.taken) = (bytes, taken);
                self.cut_off(CloseReason::Failed(error));
                self.drop_unsent();
                return false;
            }
        };
        if count > 0 {
            self.waiting.drain(..).for_each(|sender| sender.unpark());
        }
        let all = taken + count >= bytes.len();
        if all {
            bytes.clear();
        } else {
            self.taken = taken + count;
        }
        self.first = bytes;
        all
    }

    /// Whether a thread waits for room.
    pub(super) fn waits(&self, thread: ThreadId) -> bool {
        self.waiting.iter().any(|sender| sender.id() == thread)
    }

    /// A thread no longer waits for room.
    pub(super) fn stop_waiting(&mut self, thread: ThreadId) {
        self.waiting.retain(|sender| sender.id() != thread);
    }

    pub(super) fn drop_unsent(&mut self) {
        self.first = Vec::new();
        self.rest = Vec::new();
        self.taken = 0;
        self.waiting.drain(..).for_each(|sender| sender.unpark());
    }

    /// Whether it lacks memory for bytes to be sent.
    #[inline]
    pub(super) fn has_no_memory(&self) -> bool {
        self.first.capacity() == 0 && !self.sending
    }

    /// Lends memory for bytes to be sent, if it [has none](Self::has_no_memory).
    pub(super) fn lend(&mut self, spare: Vec<u8>) {
        self.first = spare;
    }

    /// Takes back memory that is not in use.
    pub(super) fn take_spare(&mut self) -> Option<Vec<u8>> {
        if !self.first.is_empty() || self.sending {
            return None;
        }
        self.rest = Vec::new();
        let spare = std::mem::take(&mut self.first);
        (1..=LARGEST_SPARE).contains(&spare.capacity()).then_some(spare)
    }

    /// The connection will be closed for this reason, unless there is one already.
    pub(super) fn end(&mut self, reason: CloseReason) {
        self.ending.get_or_insert_with(|| Box::new(reason));
    }

    /// The connection is closed for this reason, whatever is unsent. The reason replaces that of a close that has not sent everything.
    pub(super) fn cut_off(&mut self, reason: CloseReason) {
        if self.sends_first() && self.unsent() > 0 {
            self.ending = None;
        }
        self.end(reason);
    }

    /// The same under a callback: what it has to reply is not sent any more.
    pub(super) fn cut_off_callback(&mut self, reason: CloseReason) {
        if self.sends_first() {
            self.ending = None;
        }
        self.end(reason);
    }

    /// Whether it will be closed when everything has been sent.
    fn sends_first(&self) -> bool {
        use CloseReason::{ByProgram, PeerFinished};
        !self.aborted && matches!(self.ending.as_deref(), Some(ByProgram | PeerFinished))
    }

    /// Whether the callback that has closed the connection, or is running meanwhile, may still reply.
    pub(super) fn takes_replies(&self) -> bool {
        !self.aborted && matches!(self.ending.as_deref(), Some(CloseReason::ByProgram))
    }

    /// Whether the connection should be closed now.
    pub(super) fn is_due_to_end(&self) -> bool {
        self.ending.is_some() && (self.aborted || self.unsent() == 0)
    }

    /// Whether whole messages wait until there is room for replies.
    pub(super) fn is_held(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.held)
    }

    /// Whether nothing follows the messages that wait for room.
    pub(super) fn is_last_held(&self) -> bool {
        self.is_held() && self.kept.as_ref().is_some_and(|kept| kept.end.is_some())
    }

    /// What to wait for while no worker has work of the connection.
    pub(super) fn wanted(&self, max_unsent: usize) -> Events {
        let receives = self.ending.is_none() && !self.is_held() && self.unsent() <= max_unsent;
        let sends = self.unsent() > 0 || self.is_held();
        let either = |wanted, events| if wanted { events } else { Events::NONE };
        either(receives, Events::READABLE) | either(sends, Events::WRITABLE)
    }
}

impl Kept {
    /// Copies bytes that were received elsewhere.
    pub(super) fn copy(
        bytes: &[u8],
        held: bool,
        missing: usize,
        end: Option<Box<CloseReason>>,
    ) -> Result<Box<Self>, Kind> {
        let mut input = ReadAhead::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = input.room(rest.len())?;
            let count = room.len().min(rest.len());
            let (now, later) = rest.split_at(count);
            if let Some(room) = room.get_mut(..count) {
                room.copy_from_slice(now);
            }
            input.came(count);
            rest = later;
        }
        Ok(Box::new(Self {
            input,
            held,
            missing,
            end,
        }))
    }
}
