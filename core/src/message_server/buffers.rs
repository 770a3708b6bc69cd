//! The memory that a worker receives into and sends from.

use super::traffic::Traffic;

/// How much memory for bytes to be sent a worker keeps, in pieces.
const MOST_SPARES: usize = 64;

/// A worker's memory. A connection has none while it is idle.
#[derive(Default)]
pub(super) struct Buffers {
    /// What is received into.
    pub(super) received: Vec<u8>,
    /// Memory for bytes to be sent.
    spares: Vec<Vec<u8>>,
}

impl Buffers {
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
