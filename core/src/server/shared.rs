//! A server: the state that its workers share.

use super::options::ServeOptions;
use super::state::{ServerStats, State};
use crate::caller::{block_until_done, Caller, Interruptible};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Reason, Registration};
use crate::hint::{NOTHING_TO_ACCEPT, NOT_LISTENING};
use crate::socket::Socket;
use crate::sys::fork::ForkLock;
use crate::sys::reserve::check_left;
use crate::sys::thread;
use crate::time::{Deadline, Left, Timeout};
use crate::wait::{wait_woken, WaitOutcome};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a thread that waits for others lets its caller handle signals.
pub(super) const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

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
    pub(super) state: ForkLock<State>,
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
        check_left().map_err(|kind| Error::new(Operation::Server, kind))?;
        listener.check_listening().map_err(not_a_listener)?;
        // A thread that shares a listener in blocking mode with another process may sleep in accept(2), where nothing wakes it.
        let set = listener.set_descriptor_nonblocking(true);
        set.map_err(|error| Error::new(Operation::Server, error.kind()))?;
        Ok(Self {
            listener,
            options,
            idle: IDLE,
            state: ForkLock::new(),
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
        let limit = timeout.into();
        let deadline = Deadline::after(limit);
        let handle = &self.listener.handle;
        if self.state.lock().lost_workers_in_fork && !self.listener.is_closed() {
            let error = Error::new(Operation::Server, Kind::Closed);
            return Err(error.with_detail("after a fork, which copies no threads"));
        }
        let ended = block_until_done(caller, || {
            let mut registration = Registration::new(handle, Reason::Readiness);
            loop {
                match wait_woken(deadline, &mut registration) {
                    WaitOutcome::Ready => {}
                    WaitOutcome::Closed => return Ok(Interruptible::Done(())),
                    WaitOutcome::TimeUp if deadline == Deadline::NonBlocking => return Err(Kind::WouldBlock),
                    WaitOutcome::TimeUp => return Err(Kind::TimedOut),
                    WaitOutcome::Failed(kind) => return Err(kind),
                    WaitOutcome::Interrupted => return Ok(Interruptible::Interrupted),
                }
            }
        });
        ended.map_err(|kind| Error::new(Operation::Server, kind).within(limit))?;
        self.outcome()
    }

    /// How accepting has ended.
    fn outcome(&self) -> Result<()> {
        self.state.lock().failure.clone().map_or(Ok(()), Err)
    }

    /// Sleeps until the state satisfies a condition (true) or the deadline has passed (false). A thread that changes
    /// the state accordingly wakes the watchers.
    pub(super) fn sleep_until<C: Caller>(
        &self,
        deadline: Deadline,
        caller: &mut C,
        so: impl Fn(&State) -> bool + Send + Sync,
    ) -> Result<bool> {
        let _watching = Watching::begin(self);
        let slept = block_until_done(caller, || {
            let soon = Instant::now() + SIGNAL_INTERVAL;
            let end = match deadline {
                Deadline::Never => soon,
                Deadline::NonBlocking => Instant::now(),
                Deadline::At(moment) => moment.min(soon),
            };
            let is_so = self.park_until(end, &so);
            Ok(if is_so || matches!(deadline.left(), Left::Nothing) {
                Interruptible::Done(is_so)
            } else {
                Interruptible::Interrupted // there may have been a signal: parking does not report it
            })
        });
        slept.map_err(|kind| Error::new(Operation::Server, kind))
    }

    /// The same, without a caller, for a thread that is already among the watchers.
    pub(super) fn park_until(&self, end: Instant, so: impl Fn(&State) -> bool) -> bool {
        loop {
            if so(&self.state.lock()) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left);
        }
    }
}

/// The failure of a server whose socket can't accept.
fn not_a_listener(kind: Kind) -> Error {
    let error = Error::new(Operation::Server, kind);
    if kind == Kind::Os(libc::EINVAL) {
        error.with_remedy(NOT_LISTENING)
    } else if kind == Kind::Os(libc::EOPNOTSUPP) {
        error.with_remedy(NOTHING_TO_ACCEPT)
    } else {
        error
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

impl Drop for Server {
    fn drop(&mut self) {
        // In a forked child this replaces the parent's value, which some thread of the parent may have been changing, with
        // a fresh one.
        drop(self.state.lock());
    }
}

/// While this exists, its thread is woken whenever the state changes.
pub(super) struct Watching<'a>(&'a Server);

impl<'a> Watching<'a> {
    pub(super) fn begin(server: &'a Server) -> Self {
        server.state.lock().watchers.push(thread::current());
        Self(server)
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        let me = thread::me();
        let mut state = self.0.state.lock();
        if let Some(at) = state.watchers.iter().position(|watcher| watcher.id() == me) {
            state.watchers.swap_remove(at);
        }
    }
}
