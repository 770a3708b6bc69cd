//! How a server serves.

use std::time::Duration;

/// How a server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// How many connections are handled at once, each in its own thread; 100 unless set. Further ones wait in the
    /// listener's queue (its backlog), and beyond that in the peers' own attempts to connect.
    pub max_connections: usize,
    /// How long a peer may be silent, or not take what is sent; no limit unless set. Connections begin with this
    /// timeout: a call that has to wait ends with `TimedOut` after this time, unless the handler gives the call or the
    /// connection another one.
    pub idle_timeout: Option<Duration>,
    /// How long a handler may take; no limit unless set. When the time is up, the connection is closed in the same way
    /// as by [`stop`](super::Server::stop): calls that wait on it, and all later ones, end with `Closed`. The handler
    /// counts towards `max_connections` until it returns. A connection that it has detached stays open. One worker more
    /// than `max_connections` is requested, to enforce this while there is no room to accept.
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
    /// Whether a worker should wait for connections: there is room for one, or the time limit of handlers must be enforced.
    pub(super) fn needs_acceptor(&self, handling: usize) -> bool {
        handling < self.max_connections || self.handler_timeout.is_some()
    }

    pub(super) fn workers(&self) -> usize {
        self.max_connections
            .saturating_add(self.handler_timeout.is_some().into())
    }
}
