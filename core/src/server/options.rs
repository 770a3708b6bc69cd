//! How a server serves.

use std::time::Duration;

/// How a server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// How many connections are handled at once, each in a thread of its own; 100 unless set. Further ones wait in the
    /// listener's queue (its backlog), and beyond that in the peers' own attempts to connect.
    pub max_connections: usize,
    /// How long a peer may be silent, or not take what is sent; none unless set. Connections begin with this timeout: a call
    /// that has to wait ends with `TimedOut` after this time, unless the handler gives the call or the connection another.
    pub idle_timeout: Option<Duration>,
    /// How long a handler may take; none unless set. Then the connection is closed, as [`stop`](super::Server::stop) closes it:
    /// calls that wait on it, and all later ones, end with `Closed`. The handler counts towards `max_connections` until it
    /// returns. What it has detached stays open. One worker more than `max_connections` is asked for, to enforce this while
    /// there is no room to accept.
    pub handler_timeout: Option<Duration>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            max_connections: 100,
            idle_timeout: None,
            handler_timeout: None,
        }
    }
}

impl ServeOptions {
    /// Whether a worker should wait for connections: there is room for one, or the time of handlers must be enforced.
    pub(super) fn needs_acceptor(&self, handling: usize) -> bool {
        handling < self.max_connections || self.handler_timeout.is_some()
    }

    pub(super) fn workers(&self) -> usize {
        self.max_connections
            .saturating_add(self.handler_timeout.is_some().into())
    }
}
