//! The memory that a worker receives into and sends from.

use super::traffic::Traffic;
use std::sync::Arc;

/// How much memory for bytes to be sent a worker keeps, in pieces.
const MOST_SPARES: usize = 64;

/// The memory that one leader has received into.
pub(super) struct Received(pub(super) Vec<u8>);

/// A worker's memory. A connection has none while it is idle.
#[derive(Default)]
pub(super) struct Buffers {
    /// What is received into.
    pub(super) received: Vec<u8>,
    /// Memory for bytes to be sent.
    spares: Vec<Vec<u8>>,
}

impl Buffers {
    /// Moves what was received into `memory`, where other workers can read it. The caller has the only reference to it.
    #[inline]
    pub(super) fn share_received(&mut self, memory: &mut Arc<Received>) {
        if let Some(received) = Arc::get_mut(memory) {
            received.0 = std::mem::take(&mut self.received);
        }
    }

    /// Lends a connection memory for what its callback sends, unless it has some.
    #[inline]
    pub(super) fn lend(&mut self, traffic: &mut Traffic) {
        if traffic.has_no_memory() {
            if let Some(spare) = self.spares.pop() {
                traffic.lend(spare);
            }
        }
    }

    /// Takes back what it does not use.
    #[inline]
    pub(super) fn take_back(&mut self, traffic: &mut Traffic) {
        if self.spares.len() < MOST_SPARES {
            self.spares.extend(traffic.take_spare());
        }
    }
}
