//! The work that there is for one connection: what has arrived on it, to be handled by one worker.

use super::buffers::{Buffers, Received};
use super::connection::Connection;
use super::reason::CloseReason;
use super::traffic::{ConnectionData, Kept};
use crate::error::{Error, Kind, Operation};
use crate::framing::decode::Decoded;
use crate::framing::Framing;
use std::ops::Range;
use std::sync::Arc;

/// The work for one connection.
pub(super) struct Item {
    pub(super) connection: Arc<Connection>,
    /// On the heap, because items move from list to list.
    pub(super) task: Box<Task>,
}

/// Work to be done. Workers reuse its memory.
#[derive(Default)]
pub(super) struct Task {
    /// `on_open` is due.
    opens: bool,
    /// The last callback was `on_open`.
    pub(super) opened: bool,
    /// `on_close` is due.
    closes: bool,
    /// Why the connection was closed.
    pub(super) closed: Option<Box<CloseReason>>,
    pub(super) input: Input,
    /// The input after these bytes has not been handled.
    at: usize,
    /// What followed the input.
    end: Option<Box<CloseReason>>,
    /// Whole messages may be left, for which there is no room to reply.
    held: bool,
    missing: usize,
    /// What the language keeps with the connection, while the callbacks are called.
    pub(super) data: ConnectionData,
}

#[derive(Default)]
pub(super) enum Input {
    #[default]
    None,
    /// To be received, after what was kept.
    Awaited(Option<Box<Kept>>),
    /// In this part of the worker's own memory.
    Own(Range<usize>),
    Shared(Arc<Received>, Range<usize>),
    Kept(Box<Kept>),
}

impl Input {
    /// `own` is the memory of the worker that has the item.
    #[inline]
    pub(super) fn bytes<'a>(&'a self, own: &'a [u8]) -> &'a [u8] {
        match self {
            Self::None | Self::Awaited(_) => b"",
            Self::Own(part) => own.get(part.clone()).unwrap_or_default(),
            Self::Shared(memory, part) => memory.0.get(part.clone()).unwrap_or_default(),
            Self::Kept(kept) => kept.input.bytes(),
        }
    }
}

/// What is left of an item.
pub(super) type Left = (Option<Result<Box<Kept>, Kind>>, Option<Box<CloseReason>>);

/// What comes next.
pub(super) enum Next {
    Open,
    /// A message, in this part of the input.
    Message(Range<usize>),
    Close,
    Nothing,
}

impl Item {
    pub(super) fn new(connection: Arc<Connection>, task: Box<Task>) -> Self {
        Self { connection, task }
    }

    pub(super) fn open(connection: Arc<Connection>) -> Self {
        let mut item = Self::new(connection, Box::default());
        item.task.opens = true;
        item
    }

    pub(super) fn close(connection: Arc<Connection>) -> Self {
        let mut item = Self::new(connection, Box::default());
        let task = &mut *item.task;
        let mut traffic = item.connection.traffic.lock();
        (task.closed, task.data) = (traffic.ending.clone(), traffic.data.take());
        task.closes = true;
        drop(traffic);
        item
    }

    /// Records what there is, and what followed it.
    pub(super) fn find(&mut self, input: Input, end: Option<Box<CloseReason>>) {
        (self.task.input, self.task.end) = (input, end);
    }

    /// Whether its input is still to be received.
    #[inline]
    pub(super) fn is_awaited(&self) -> bool {
        matches!(self.task.input, Input::Awaited(_))
    }

    /// Whether its input is in the memory of the worker that has received it.
    #[inline]
    pub(super) fn is_own(&self) -> bool {
        matches!(self.task.input, Input::Own(_))
    }

    /// What was kept of an item whose input is still to be received.
    #[inline]
    pub(super) fn take_awaited(&mut self) -> Option<Option<Box<Kept>>> {
        match &mut self.task.input {
            Input::Awaited(kept) => Some(kept.take()),
            Input::None | Input::Shared(..) | Input::Kept(_) | Input::Own(_) => None,
        }
    }

    /// Records what was received.
    pub(super) fn receive(&mut self, input: Input, end: Option<CloseReason>) {
        self.task.input = input;
        if let Some(end) = end {
            self.task.end = Some(Box::new(end));
        }
    }

    /// Nothing arrives after this item.
    pub(super) fn ends(&mut self, reason: CloseReason) {
        self.task.end.get_or_insert_with(|| Box::new(reason));
    }

    /// Shares the memory that the input is in.
    pub(super) fn share(&mut self, received: &Arc<Received>) {
        if let Input::Own(part) = &self.task.input {
            self.task.input = Input::Shared(Arc::clone(received), part.clone());
        }
    }

    /// The input. `own` is the memory of the worker that has the item.
    #[inline]
    fn bytes<'a>(&'a self, own: &'a [u8]) -> &'a [u8] {
        self.task.input.bytes(own)
    }

    /// What comes next. There is nothing more for a connection that will be closed, or that has too much to send.
    #[inline]
    pub(super) fn next(
        &mut self,
        framing: Option<&Framing>,
        max_unsent: usize,
        buffers: &mut Buffers,
    ) -> Next {
        self.task.opened = std::mem::take(&mut self.task.opens);
        if self.task.opened {
            return Next::Open;
        }
        if std::mem::take(&mut self.task.closes) {
            return Next::Close;
        }
        let (at, length) = (self.task.at, self.bytes(&buffers.received).len());
        if at == length || !self.may_go_on(max_unsent, length, buffers) {
            return Next::Nothing;
        }
        let Some(framing) = framing else {
            return self.take(at..length, length);
        };
        let own = &buffers.received;
        let decoded = match &mut self.task.input {
            Input::Kept(kept) if at == 0 => kept.input.find(framing),
            Input::Shared(..) | Input::Kept(_) | Input::None | Input::Awaited(_) | Input::Own(_) => {
                framing.decode(self.bytes(own).get(at..).unwrap_or_default(), 0)
            }
        };
        match decoded {
            Ok(Decoded::Message(found)) => {
                self.take(at + found.body.start..at + found.body.end, at + found.next)
            }
            Ok(Decoded::Missing(missing)) => self.last(framing, missing, own),
            Err(refusal) => {
                self.task.end = Some(Box::new(CloseReason::BadMessage(refusal.error(framing))));
                self.task.at = length;
                Next::Nothing
            }
        }
    }

    #[inline]
    fn take(&mut self, body: Range<usize>, next: usize) -> Next {
        self.task.at = next;
        Next::Message(body)
    }

    /// The bytes that are left contain no end of a message.
    #[inline]
    fn last(&mut self, framing: &Framing, missing: usize, own: &[u8]) -> Next {
        self.task.missing = missing;
        if !matches!(self.task.end.as_deref(), Some(CloseReason::PeerFinished)) {
            return Next::Nothing;
        }
        let at = self.task.at;
        let rest = self.bytes(own).get(at..).unwrap_or_default();
        let length = rest.len();
        match framing.decode_last(rest) {
            Ok(Some(found)) => self.take(at + found.body.start..at + found.body.end, at + found.next),
            Ok(None) => {
                let error = Error::new(Operation::RecvFrame, Kind::Truncated { missing });
                self.task.end = Some(Box::new(CloseReason::BadMessage(error)));
                self.task.at += length;
                Next::Nothing
            }
            Err(refusal) => {
                self.task.end = Some(Box::new(CloseReason::BadMessage(refusal.error(framing))));
                self.task.at += length;
                Next::Nothing
            }
        }
    }

    /// Whether another message may be handled, of input of this length. If so, the worker has what its callback needs.
    #[inline]
    fn may_go_on(&mut self, max_unsent: usize, length: usize, buffers: &mut Buffers) -> bool {
        for flushed in [false, true] {
            {
                let mut traffic = self.connection.traffic.lock();
                if traffic.over || traffic.ending.is_some() {
                    self.task.at = length;
                    return false;
                }
                if traffic.unsent() <= max_unsent {
                    buffers.lend(&mut traffic);
                    if self.task.data.is_none() {
                        self.task.data = traffic.data.take();
                    }
                    return true;
                }
            }
            if !flushed {
                self.connection.flush();
            }
        }
        self.task.held = true;
        false
    }

    /// What is left when the callbacks have returned: input to be kept, and how the connection ends.
    pub(super) fn leave(&mut self, own: &[u8]) -> Left {
        let (at, held, missing) = (self.task.at, self.task.held, self.task.missing);
        let left = self.bytes(own).len() - at;
        let end = self.task.end.take();
        // The beginning of a message is not needed when there won't be more of it.
        if left == 0 || (end.is_some() && !held) {
            return (None, end);
        }
        let kept = match std::mem::replace(&mut self.task.input, Input::None) {
            Input::Kept(mut kept) => {
                if at > 0 {
                    kept.input.skip(at);
                }
                (kept.held, kept.missing, kept.end) = (held, missing, end);
                Ok(kept)
            }
            Input::Shared(memory, part) => {
                let rest = memory.0.get(part.start + at..part.end).unwrap_or_default();
                Kept::copy(rest, held, missing, end)
            }
            Input::Own(part) => {
                let rest = own.get(part.start + at..part.end).unwrap_or_default();
                Kept::copy(rest, held, missing, end)
            }
            Input::None | Input::Awaited(_) => return (None, end),
        };
        (Some(kept), None)
    }
}
