//! Calling the callbacks of what has arrived.

use super::connection::Connection;
use super::item::Next;
use super::reason::CloseReason;
use super::traffic::ConnectionData;
use super::worker::MessageWorker;
use crate::error::{Kind, Result};
use std::sync::Arc;

/// What callbacks should be called for.
#[derive(Debug)]
#[non_exhaustive]
pub enum MessageEvent<'b> {
    /// A connection has been accepted.
    Open(&'b Arc<Connection>),
    /// A message has arrived.
    Message(&'b Arc<Connection>, &'b [u8]),
    /// A connection has ended.
    Close(&'b Arc<Connection>, &'b CloseReason),
}

/// Events of several connections. The callback for one is over when the [next](Self::next_event) is asked for.
///
/// If a batch is dropped earlier, the next step continues with what is left of it. If a callback takes long, other workers
/// take over what is left.
#[derive(Debug)]
pub struct MessageBatch<'w> {
    pub(super) worker: &'w mut MessageWorker,
}

impl MessageBatch<'_> {
    /// The next event; `None` at the end of the batch.
    pub fn next_event(&mut self) -> Option<MessageEvent<'_>> {
        self.next_event_and_data().map(|(event, _)| event)
    }

    /// The same, and what the language keeps with the connection.
    #[doc(hidden)]
    #[inline]
    pub fn next_event_and_data(&mut self) -> Option<(MessageEvent<'_>, &mut ConnectionData)> {
        let next = self.worker.next_callback()?;
        let MessageWorker { current, buffers, .. } = &mut *self.worker;
        let item = current.as_mut()?;
        let event = match next {
            Next::Open => MessageEvent::Open(&item.connection),
            Next::Message(part) => {
                let message = item.task.input.bytes(&buffers.received).get(part);
                MessageEvent::Message(&item.connection, message.unwrap_or_default())
            }
            Next::Close => MessageEvent::Close(&item.connection, item.task.closed.as_deref()?),
            Next::Nothing => return None,
        };
        Some((event, &mut item.task.data))
    }

    /// Sends a reply on the connection of the last event, framed. It goes out with the others when the callbacks for what
    /// has arrived have returned; it is accepted however much is unsent. If the connection has been closed meanwhile, it is
    /// dropped: `on_close` reports why.
    ///
    /// # Errors
    /// `EMSGSIZE` and `InvalidInput` for a message that the framing does not allow; `OutOfMemory`.
    pub fn reply(&mut self, message: &[u8]) -> Result<()> {
        let Some(item) = self.worker.current.as_ref() else {
            return Ok(());
        };
        match item.connection.reply(message) {
            Err(error) if error.kind() == Kind::Closed => Ok(()),
            sent => sent,
        }
    }

    /// Reports that the callback of the last event has failed: the connection will be closed. `kind` is the kind of the
    /// error, if a call failed. Returns whether the failure should be reported: all should, except `Closed` of a connection
    /// that the server has closed, and resets by the peer, which are counted, and reported at most once a second.
    pub fn failed(&mut self, kind: Option<Kind>) -> bool {
        self.worker.note_failed(kind)
    }
}
