//! The work that there is for one connection: what has arrived on it, to be handled by one worker.

use super::connection::Connection;
use super::reason::CloseReason;
use super::traffic::Kept;
use crate::error::{Error, Kind, Operation};
use crate::framing::decode::Decoded;
use crate::framing::Framing;
use std::ops::Range;
use std::sync::Arc;

/// The memory that one leader has received into.
pub(super) struct Received(pub(super) Vec<u8>);

/// The work for one connection.
pub(super) struct Item {
    pub(super) connection: Arc<Connection>,
    /// `on_open` is due.
    opens: bool,
    /// The last callback was `on_open`.
    pub(super) opened: bool,
    /// `on_close` is due.
    closes: bool,
    /// Why the connection was closed.
    pub(super) closed: Option<Box<CloseReason>>,
    input: Input,
    /// The input after these bytes has not been handled.
    at: usize,
    /// What followed the input.
    end: Option<Box<CloseReason>>,
    /// Whole messages may be left, for which there is no room to reply.
    held: bool,
    missing: usize,
}

pub(super) enum Input {
    None,
    /// To be received, after what was kept.
    Awaited(Option<Box<Kept>>),
    /// In this part of the worker's memory, which is still to be shared.
    Unshared(Range<usize>),
    Shared(Arc<Received>, Range<usize>),
    Kept(Box<Kept>),
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
    pub(super) fn open(connection: Arc<Connection>) -> Self {
        Self {
            opens: true,
            ..Self::received(connection, Input::None, None)
        }
    }

    pub(super) fn close(connection: Arc<Connection>) -> Self {
        let reason = connection.traffic.lock().ending.clone();
        Self {
            closes: true,
            closed: reason,
            ..Self::received(connection, Input::None, None)
        }
    }

    pub(super) fn received(connection: Arc<Connection>, input: Input, end: Option<Box<CloseReason>>) -> Self {
        Self {
            connection,
            opens: false,
            opened: false,
            closes: false,
            closed: None,
            input,
            at: 0,
            end,
            held: false,
            missing: 0,
        }
    }

    /// Whether its input is still to be received.
    #[inline]
    pub(super) fn is_awaited(&self) -> bool {
        matches!(self.input, Input::Awaited(_))
    }

    /// What was kept of an item whose input is still to be received.
    #[inline]
    pub(super) fn take_awaited(&mut self) -> Option<Option<Box<Kept>>> {
        match &mut self.input {
            Input::Awaited(kept) => Some(kept.take()),
            Input::None | Input::Shared(..) | Input::Kept(_) | Input::Unshared(_) => None,
        }
    }

    /// Records what was received.
    pub(super) fn receive(&mut self, input: Input, end: Option<CloseReason>) {
        self.input = input;
        if let Some(end) = end {
            self.end = Some(Box::new(end));
        }
    }

    /// Nothing arrives after this item.
    pub(super) fn ends(&mut self, reason: CloseReason) {
        self.end.get_or_insert_with(|| Box::new(reason));
    }

    /// Shares the memory that the input is in.
    pub(super) fn share(&mut self, received: &Arc<Received>) {
        if let Input::Unshared(part) = &self.input {
            self.input = Input::Shared(Arc::clone(received), part.clone());
        }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.input {
            Input::None | Input::Awaited(_) | Input::Unshared(_) => b"",
            Input::Shared(memory, part) => memory.0.get(part.clone()).unwrap_or_default(),
            Input::Kept(kept) => kept.input.bytes(),
        }
    }

    /// What comes next. There is nothing more for a connection that will be closed, or that has too much to send.
    #[inline]
    pub(super) fn next(&mut self, framing: Option<&Framing>, max_unsent: usize) -> Next {
        self.opened = std::mem::take(&mut self.opens);
        if self.opened {
            return Next::Open;
        }
        if std::mem::take(&mut self.closes) {
            return Next::Close;
        }
        if self.at == self.bytes().len() || !self.may_go_on(max_unsent) {
            return Next::Nothing;
        }
        let Some(framing) = framing else {
            return self.take(self.at..self.bytes().len(), self.bytes().len());
        };
        let at = self.at;
        let decoded = match &mut self.input {
            Input::Kept(kept) if at == 0 => kept.input.find(framing),
            Input::Shared(..) | Input::Kept(_) | Input::None | Input::Awaited(_) | Input::Unshared(_) => {
                framing.decode(self.bytes().get(at..).unwrap_or_default(), 0)
            }
        };
        match decoded {
            Ok(Decoded::Message(found)) => {
                self.take(at + found.body.start..at + found.body.end, at + found.next)
            }
            Ok(Decoded::Missing(missing)) => self.last(framing, missing),
            Err(refusal) => {
                self.end = Some(Box::new(CloseReason::BadMessage(refusal.error(framing))));
                self.at = self.bytes().len();
                Next::Nothing
            }
        }
    }

    #[inline]
    fn take(&mut self, body: Range<usize>, next: usize) -> Next {
        self.at = next;
        Next::Message(body)
    }

    /// The bytes that are left contain no end of a message.
    #[inline]
    fn last(&mut self, framing: &Framing, missing: usize) -> Next {
        self.missing = missing;
        if !matches!(self.end.as_deref(), Some(CloseReason::PeerFinished)) {
            return Next::Nothing;
        }
        let at = self.at;
        let rest = self.bytes().get(at..).unwrap_or_default();
        let length = rest.len();
        match framing.decode_last(rest) {
            Ok(Some(found)) => self.take(at + found.body.start..at + found.body.end, at + found.next),
            Ok(None) => {
                let error = Error::new(Operation::RecvFrame, Kind::Truncated { missing });
                self.end = Some(Box::new(CloseReason::BadMessage(error)));
                self.at += length;
                Next::Nothing
            }
            Err(refusal) => {
                self.end = Some(Box::new(CloseReason::BadMessage(refusal.error(framing))));
                self.at += length;
                Next::Nothing
            }
        }
    }

    /// Whether another message may be handled.
    #[inline]
    fn may_go_on(&mut self, max_unsent: usize) -> bool {
        for flushed in [false, true] {
            {
                let traffic = self.connection.traffic.lock();
                if traffic.over || traffic.ending.is_some() {
                    self.at = self.bytes().len();
                    return false;
                }
                if traffic.unsent() <= max_unsent {
                    return true;
                }
            }
            if !flushed {
                self.connection.flush();
            }
        }
        self.held = true;
        false
    }

    /// What is left when the callbacks have returned: input to be kept, and how the connection ends.
    pub(super) fn leave(&mut self) -> Left {
        let (at, held, missing) = (self.at, self.held, self.missing);
        let left = self.bytes().len() - at;
        let end = self.end.take();
        // The beginning of a message is not needed when there won't be more of it.
        if left == 0 || (end.is_some() && !held) {
            return (None, end);
        }
        let kept = match std::mem::replace(&mut self.input, Input::None) {
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
            Input::None | Input::Awaited(_) | Input::Unshared(_) => return (None, end),
        };
        (Some(kept), None)
    }
}
