//! A server: the state that its workers share.

use super::accepting;
use super::monitor::Monitor;
use super::options::ServeOptions;
use super::state::{ServerStats, State};
use crate::caller::Caller;
use crate::error::{Error, Operation, Result};
use crate::socket::Socket;
use crate::sys::waker::SharedWaker;
use crate::time::Timeout;
use std::sync::Arc;
use std::time::Duration;

/// A worker that stays only while it is needed leaves after this time without a turn.
pub(super) const IDLE: Duration = Duration::from_secs(10);

/// A server: a listener, and the threads that accept on it and handle what they accept.
///
/// The threads are the caller's, each with a [`Worker`](super::Worker). One of them waits in accept; when a connection
/// arrives it hands the turn on, handles the connection, and comes back for another turn. So at most
/// [`ServeOptions::max_connections`] connections are handled at once, another thread is requested only when none is
/// free, and a connection that can't be handled yet stays in the kernel. [`Server::start`] does all this with its own
/// threads.
///
/// A forked child inherits the listener, but none of the threads, so [`wait`](Self::wait) fails there. The child may
/// have its own workers.
pub struct Server {
    pub(super) listener: Arc<Socket>,
    pub(super) options: ServeOptions,
    /// How long a worker that is not needed waits before it leaves.
    pub(super) idle: Duration,
    pub(super) state: Monitor<State>,
    /// That of the worker whose turn it is to accept.
    pub(super) acceptors_waker: SharedWaker,
}

impl Server {
    /// Makes a server from a listening socket. It accepts as soon as it has a [worker](Self::worker); until then connections
    /// wait in the listener's queue. The descriptor is put into non-blocking mode (`O_NONBLOCK`).
    ///
    /// Closing the listener, from anywhere, ends accepting as [`stop`](Self::stop) does.
    ///
    /// # Errors
    /// `InvalidInput` when `max_connections` or one of the timeouts is zero; `EINVAL` when the socket is not listening,
    /// `EOPNOTSUPP` when it can't; `Closed`.
    pub fn new(listener: impl Into<Arc<Socket>>, options: ServeOptions) -> Result<Self> {
        let listener = listener.into();
        let invalid = |argument| Err(Error::invalid(Operation::Server, argument, "must not be 0"));
        if options.max_connections == 0 {
            return invalid("max_connections");
        }
        if options.idle_timeout == Some(Duration::ZERO) {
            return invalid("idle_timeout");
        }
        if options.handler_timeout == Some(Duration::ZERO) {
            return invalid("handler_timeout");
        }
        accepting::prepare(&listener)?;
        Ok(Self {
            listener,
            options,
            idle: IDLE,
            state: Monitor::new(),
            acceptors_waker: SharedWaker::new(),
        })
    }

    /// The socket it accepts on.
    pub fn listener(&self) -> &Arc<Socket> {
        &self.listener
    }

    /// How many connections are being handled now.
    pub fn connections(&self) -> usize {
        self.state.lock().handling
    }

    /// What the server has counted so far.
    pub fn stats(&self) -> ServerStats {
        self.state.lock().stats
    }

    /// Waits until accepting has ended: the server was stopped, its listener was closed, or it can't go on.
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`; `Interrupted` when the caller ends the wait, which leaves the server running; `Closed`
    /// in a forked child that has not stopped its copy, since it has none of its parent's threads; the error of accept
    /// when that can't go on, such as `EBADF` after the descriptor was closed by its number.
    pub fn wait<C: Caller>(&self, timeout: impl Into<Timeout>, caller: &mut C) -> Result<()> {
        if self.state.lock().lost_workers_in_fork && !self.listener.is_closed() {
            return Err(accepting::lost_in_fork());
        }
        accepting::wait_until_closed(&self.listener, timeout.into(), caller)?;
        self.outcome()
    }

    /// How accepting has ended.
    fn outcome(&self) -> Result<()> {
        self.state.lock().failure.clone().map_or(Ok(()), Err)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .field("options", &self.options)
            .field("connections", &self.connections())
            .finish()
    }
}
