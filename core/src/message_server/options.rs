//! How a message server serves.

use crate::error::{Error, Operation, Result};
use std::time::Duration;

/// How a message server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageServeOptions {
    /// How many connections may be open at once; 10,000 unless set. Further ones wait in the listener's queue (its backlog).
    /// One that has ended counts until `on_close` has returned.
    pub max_connections: usize,
    /// How many callbacks may run at once, each in its own thread; 16 unless set. More than two threads are requested only
    /// while callbacks take longer than a few milliseconds, and one more than this only to enforce a
    /// [`handler_timeout`](Self::handler_timeout).
    pub workers: usize,
    /// How many bytes may wait to be sent on one connection; 256 KiB unless set. While more wait, no further messages of
    /// the connection are handled and nothing more is received on it; [`send`](super::Connection::send) fails rather than
    /// exceed it. Replies are always accepted.
    pub max_unsent: usize,
    /// Replies, and what [`send`](super::Connection::send) sends, go out as they are, without framing: for protocols whose
    /// answers are divided differently from requests, such as HTTP.
    pub raw_replies: bool,
    /// A peer that neither sends anything nor takes anything that is sent for this long is disconnected; no limit unless
    /// set. The time in which a callback of the connection runs does not count.
    pub idle_timeout: Option<Duration>,
    /// How long one callback may take; no limit unless set. When the time is up, its connection is closed; `on_close` is
    /// called once it has returned.
    pub handler_timeout: Option<Duration>,
}

impl Default for MessageServeOptions {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            workers: 16,
            max_unsent: 256 << 10,
            raw_replies: false,
            idle_timeout: None,
            handler_timeout: None,
        }
    }
}

impl MessageServeOptions {
    pub(super) fn check(&self) -> Result<()> {
        let zero = if self.max_connections == 0 {
            "max_connections"
        } else if self.workers == 0 {
            "workers"
        } else if self.max_unsent == 0 {
            "max_unsent"
        } else if self.idle_timeout == Some(Duration::ZERO) {
            "idle_timeout"
        } else if self.handler_timeout == Some(Duration::ZERO) {
            "handler_timeout"
        } else {
            return Ok(());
        };
        Err(Error::invalid(Operation::Server, zero, "must not be 0"))
    }

    /// How many threads there are at most.
    pub(super) fn threads(&self) -> usize {
        self.workers.saturating_add(self.handler_timeout.is_some().into())
    }
}
