//! What became of the bytes that were sent: how many are still on the way, whether the peer's system has them, how the
//! peer ended its stream, and a close that reports all of this.
//!
//! These are facts about TCP's acknowledgements. None of them proves that the peer's program has read anything: only an
//! answer from that program does.

mod acked;
mod connection;
mod ending;
mod graceful;
mod input;
mod pauses;
mod peer;
mod queue;
mod report;

pub use queue::SendQueue;
pub use report::{CloseReport, CloseVerdict};

/// How much of the peer's input [`close_graceful`](super::Socket::close_graceful) discards, in bytes: what two Linux systems
/// can have buffered on the way when the peer learns of the end, and some more.
pub const DISCARD_LIMIT: u64 = 16 << 20;
