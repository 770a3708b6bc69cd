//! What a worker does next, for its own language.

use super::batch::MessageBatch;
use super::worker::{MessageWorker, Turn};
use crate::caller::{check_signals, Caller};
use crate::error::{Error, Operation, Result};

/// What a worker should do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum MessageStep<'w> {
    /// Call the callbacks of these events.
    Batch(MessageBatch<'w>),
    /// Let another thread become a [`MessageWorker`] before the next step. If none can be started, go on: one is requested
    /// again later.
    Recruit,
    /// Accepting failed. It is tried again after a pause, which grows up to a second and ends early when a connection ends.
    /// After an error that [`MessageServer::wait`](super::MessageServer::wait) returns the server is stopped.
    Trouble(Error),
}

impl MessageWorker {
    /// Finishes the previous step, and waits for the next one; `None` when the server is stopped, or when this thread
    /// stays only [while it is needed](Self::while_needed) and was not. In a forked child the result is `None`, too.
    ///
    /// # Errors
    /// `Interrupted` when the caller ended the wait; the worker may go on.
    pub fn step<C: Caller>(&mut self, caller: &mut C) -> Result<Option<MessageStep<'_>>> {
        loop {
            match caller.block(|| self.turn()) {
                Turn::Work => return Ok(Some(MessageStep::Batch(MessageBatch { worker: self }))),
                Turn::Recruit => return Ok(Some(MessageStep::Recruit)),
                Turn::Trouble(error) => return Ok(Some(MessageStep::Trouble(error))),
                Turn::Leave => return Ok(None),
                Turn::Interrupted => {
                    check_signals(caller).map_err(|kind| Error::new(Operation::Server, kind))?;
                }
            }
        }
    }
}
