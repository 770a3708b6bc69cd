//! Receiving, into memory of the worker.

use super::buffers::Received;
use super::item::{Input, Item};
use super::reason::CloseReason;
use super::traffic::Kept;
use super::worker::MessageWorker;
use crate::caller::NativeCaller;
use crate::error::{Error, Kind, Operation, Result};
use crate::framing::read_ahead::FIRST_PLACE;
use crate::memory;
use crate::socket::Socket;
use crate::time::Timeout;
use std::sync::Arc;

/// The most that one receive brings.
const MOST_RECEIVED: usize = 64 << 10;

/// When this much has been received for a batch, it is handled first: more would not stay in the processor's cache.
pub(super) const MOST_IN_BATCH: usize = 64 << 10;

/// How much memory a worker receives into: a batch that is not full yet has room for another receive. It begins where the
/// processor copies fast.
const MEMORY: usize = FIRST_PLACE + MOST_IN_BATCH + MOST_RECEIVED;

/// What is received begins at multiples of this.
const CACHE_LINE: usize = 64;

impl MessageWorker {
    /// The memory is free again, unless another worker still reads it.
    #[inline]
    pub(super) fn begin_batch(&mut self) {
        self.used = FIRST_PLACE;
        if self.buffers.received.is_empty() {
            match Arc::get_mut(&mut self.received) {
                Some(received) => self.buffers.received = std::mem::take(&mut received.0),
                None => self.received = Arc::new(Received(Vec::new())),
            }
        }
    }

    /// Whether something was received in this batch.
    pub(super) fn has_received(&self) -> bool {
        self.used > FIRST_PLACE
    }

    /// Receives what an item waits for, at once before its callbacks are called, so that no other worker needs the memory.
    #[inline]
    pub(super) fn receive_now(&mut self, item: &mut Item) {
        self.used = FIRST_PLACE;
        self.receive(item);
    }

    /// Receives what an item waits for.
    pub(super) fn receive(&mut self, item: &mut Item) {
        let Some(kept) = item.take_awaited() else { return };
        let socket = &item.connection.socket;
        let (received, input) = match kept {
            Some(kept) => receive_behind(socket, kept),
            None => self.receive_ahead(socket),
        };
        let end = match received {
            Ok(0) => Some(CloseReason::PeerFinished),
            Ok(_) => None,
            Err(error) if error.kind() == Kind::WouldBlock => None,
            Err(error) => Some(CloseReason::Failed(error)),
        };
        if self.server.options.idle_timeout.is_some() && end.is_none() {
            item.connection.note_active(self.server.milliseconds());
        }
        item.receive(input, end);
    }

    /// Receives into the worker's memory.
    fn receive_ahead(&mut self, socket: &Socket) -> (Result<usize>, Input) {
        let (start, memory) = (self.used, &mut self.buffers.received);
        let room = if memory.is_empty() {
            memory::zeros(MEMORY).map(|zeros| *memory = zeros)
        } else {
            Ok(())
        };
        let end = (start + MOST_RECEIVED).min(memory.len());
        let received = room
            .map_err(|kind| Error::new(Operation::Recv, kind))
            .and_then(|()| receive_once(socket, memory.get_mut(start..end).unwrap_or_default()));
        let count = received.as_ref().map_or(0, |count| *count);
        self.used = start + count.next_multiple_of(CACHE_LINE);
        (received, Input::Own(start..start + count))
    }
}

/// Receives behind bytes that were kept.
fn receive_behind(socket: &Socket, mut kept: Box<Kept>) -> (Result<usize>, Input) {
    let missing = kept.missing;
    let received = kept
        .input
        .room(missing)
        .map_err(|kind| Error::new(Operation::Recv, kind))
        .and_then(|room| {
            let most = room.len().min(MOST_RECEIVED);
            receive_once(socket, room.get_mut(..most).unwrap_or_default())
        });
    if let Ok(count) = received {
        kept.input.came(count);
    }
    (received, Input::Kept(kept))
}

fn receive_once(socket: &Socket, room: &mut [u8]) -> Result<usize> {
    socket.on(NativeCaller).within(Timeout::NonBlocking).recv(room)
}
