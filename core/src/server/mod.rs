//! A server that accepts and manages connections and leaves each to a handler; neither knows the other's code.

mod failure;
mod start;
mod state;
mod worker;

pub use start::{StartedServer, Trouble};
pub use state::ServerStats;
pub use worker::{Step, Worker};

use crate::caller::{block_until_done, Caller, Interruptible, NativeCaller};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Reason, Registration};
use crate::hint::{NOTHING_TO_ACCEPT, NOT_LISTENING};
use crate::socket::Socket;
use crate::sys::fork::ForkLock;
use crate::sys::reserve::check_left;
use crate::sys::thread;
use crate::time::{Deadline, Left, Timeout};
use crate::wait::{wait_woken, WaitOutcome};
use state::State;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long [`stop`](Server::stop) waits for handlers whose connections it has closed: they wake within milliseconds
/// and then have some cleaning up to do.
const WOKEN: Duration = Duration::from_secs(1);

/// How often a thread that waits for others asks its caller for signals.
const SLICE: Duration = Duration::from_millis(50);

/// Stop closes this many connections at once. Each handler that returns because of that closes a further one: thousands
/// woken together would compete for the processors and an interpreter's lock, and need many times as long.
const AT_ONCE: usize = 64;

/// When no handler has returned for so long stop goes on by itself.
const NO_PROGRESS: Duration = Duration::from_millis(10);

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
    /// How long a handler may take; none unless set. Then the connection is closed, as [`stop`](Server::stop) closes it:
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

/// A server: a listener, and the threads that accept on it and handle what they accept.
///
/// The threads are the caller's, each with a [`Worker`]. One of them waits in accept; when a connection comes it hands the
/// turn on, handles the connection, and comes back for another turn. So no more connections are handled than
/// [`ServeOptions::max_connections`], a further thread is asked for only when none is free, and a connection that can't be
/// handled yet stays in the kernel. [`Server::start`] does it with threads of the standard library.
///
/// A forked child inherits the listener, but none of the threads, so [`wait`](Self::wait) fails there. It may have its own
/// workers.
pub struct Server {
    listener: Arc<Socket>,
    options: ServeOptions,
    /// How long a worker waits that is not needed.
    idle: Duration,
    state: ForkLock<State>,
}

impl Server {
    /// Makes a server of a socket that listens. It accepts as soon as it has a [worker](Self::worker); until then connections
    /// wait in the listener's queue. The descriptor is put into non-blocking mode (`O_NONBLOCK`).
    ///
    /// Closing the listener, from anywhere, ends accepting as [`stop`](Self::stop) does.
    ///
    /// # Errors
    /// `InvalidInput` when `max_connections` or one of the timeouts is zero; `EINVAL` when the socket does not listen,
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
        // Whoever shares a listener in blocking mode with another process may sleep in accept(2), where nothing wakes it.
        let set = listener.set_descriptor_nonblocking(true);
        set.map_err(|error| Error::new(Operation::Server, error.kind()))?;
        Ok(Self {
            listener,
            options,
            idle: worker::IDLE,
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

    /// What it has counted.
    pub fn stats(&self) -> ServerStats {
        self.state.lock().stats
    }

    /// Ends the server: no connection is accepted any more, handlers may finish until the time is up, then their
    /// connections are closed, which wakes those that wait in a call. Returns how many handlers still run.
    ///
    /// The listener is closed at once; connections that wait in its queue are refused with a reset. Handlers whose
    /// connections were closed get at most a second more to return. So `NonBlocking` closes all at once, and `Never`
    /// closes none. A handler that is still inside afterwards does not wait in a call of its connection; its thread ends
    /// when it returns. What a handler has detached is its own: it is neither closed nor woken.
    ///
    /// Any thread may stop a server, any number of times, also before it has workers. A handler may: it does not wait for
    /// itself, does not count, and keeps its connection until it returns; so it is among all handlers that stop it. Other
    /// threads that stop it wait for all handlers. A handler that waits for *such* a thread waits for itself.
    ///
    /// # Errors
    /// `Interrupted` when the caller ends the wait; accepting has ended then, and the handlers go on.
    pub fn stop<C: Caller>(&self, timeout: impl Into<Timeout>, caller: &mut C) -> Result<usize> {
        let deadline = Deadline::after(timeout.into());
        // It fails only where somebody closed the descriptor behind our back, and then nobody accepts either.
        let _ = self.listener.on(&mut *caller).close();
        let stopped_by = {
            let mut state = self.state.lock();
            state.wake_followers();
            state.wake_sleepers();
            state.note_stop()
        };
        let ended = |state: &State| state.running(stopped_by) == 0;
        let leaving = if self.sleep_until(deadline, caller, ended)? {
            Deadline::At(Instant::now() + WOKEN)
        } else {
            self.state.lock().close_running(stopped_by, WOKEN);
            let (woken, mut asleep) = caller.block(|| self.close_connections());
            while !asleep.is_empty() && !woken.passed() {
                let soon = woken.or_earlier(Instant::now() + SLICE);
                if self.sleep_until(soon, caller, ended)? {
                    break;
                }
                caller.block(|| asleep.retain(|connection| connection.handle.wake_again()));
            }
            self.sleep_until(woken, caller, ended)?;
            woken
        };
        // Those that waited for connections are on their way out, too.
        self.sleep_until(leaving, caller, State::others_have_left)?;
        Ok(self.state.lock().running(stopped_by))
    }

    /// Closes the connections that stop should close, or leaves that to handlers, as long as they go on returning. Returns
    /// until when handlers may return, and the connections whose calls can't be woken just now.
    fn close_connections(&self) -> (Deadline, Vec<Arc<Socket>>) {
        let _asleep = Asleep::begin(self);
        let Some(patience) = self.state.lock().patience else {
            return (Deadline::NonBlocking, Vec::new());
        };
        let (mut asleep, mut at_once) = (Vec::new(), AT_ONCE);
        loop {
            let (lot, handled): (Vec<_>, _) = {
                let mut state = self.state.lock();
                let count = state.to_close.len().min(at_once);
                (state.to_close.drain(..count).collect(), state.stats.handled)
            };
            for connection in lot {
                // None is left to be told of a failure.
                let _ = connection.on(NativeCaller).close_under_handler();
                if connection.handle.wake_again() {
                    asleep.push(connection);
                }
            }
            let end = patience.min(Instant::now() + NO_PROGRESS);
            let closed = self.park_until(end, |state| state.to_close.is_empty());
            let progress = self.state.lock().stats.handled != handled;
            at_once = match (progress, Instant::now() >= patience) {
                _ if closed => return (Deadline::At(patience), asleep),
                (true, true) => return (Deadline::At(patience), asleep),
                (true, false) => 0,
                (false, false) => AT_ONCE,
                (false, true) => usize::MAX,
            };
        }
    }

    /// Closes the connections of handlers whose time is up; returns until when the next may take.
    fn close_overdue(&self) -> Deadline {
        loop {
            let (overdue, next) = {
                let mut state = self.state.lock();
                (state.take_overdue(), state.next_limit())
            };
            if overdue.is_empty() {
                return next.map_or(Deadline::Never, Deadline::At);
            }
            for (key, connection) in overdue {
                // As in stop.
                let _ = connection.on(NativeCaller).close_under_handler();
                if connection.handle.wake_again() {
                    self.state.lock().try_again_at(Instant::now() + SLICE, key);
                }
            }
        }
    }

    /// Waits until accepting has ended: the server was stopped, its listener was closed, or it can't go on.
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`; `Interrupted` when the caller ends the wait, which leaves the server running; `Closed` in a
    /// forked child, which has none of its parent's threads, unless it has stopped its copy; the error of accept when that
    /// can't go on, such as `EBADF` after the descriptor was closed by its number.
    pub fn wait<C: Caller>(&self, timeout: impl Into<Timeout>, caller: &mut C) -> Result<()> {
        let limit = timeout.into();
        let deadline = Deadline::after(limit);
        let handle = &self.listener.handle;
        if self.state.lock().orphan && !self.listener.is_closed() {
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

    /// What accepting has ended with.
    fn outcome(&self) -> Result<()> {
        self.state.lock().failure.clone().map_or(Ok(()), Err)
    }

    /// Sleeps until something is so (true) or the deadline has passed (false). Whoever changes the state so wakes the
    /// sleepers.
    fn sleep_until<C: Caller>(
        &self,
        deadline: Deadline,
        caller: &mut C,
        so: impl Fn(&State) -> bool + Send + Sync,
    ) -> Result<bool> {
        let _asleep = Asleep::begin(self);
        let slept = block_until_done(caller, || {
            let soon = Instant::now() + SLICE;
            let end = match deadline {
                Deadline::Never => soon,
                Deadline::NonBlocking => Instant::now(),
                Deadline::At(moment) => moment.min(soon),
            };
            let is_so = self.park_until(end, &so);
            Ok(if is_so || matches!(deadline.left(), Left::Nothing) {
                Interruptible::Done(is_so)
            } else {
                Interruptible::Interrupted // or so it may be: parking does not say
            })
        });
        slept.map_err(|kind| Error::new(Operation::Server, kind))
    }

    /// The same for a thread that is among the sleepers, without a caller.
    fn park_until(&self, end: Instant, so: impl Fn(&State) -> bool) -> bool {
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
        // In a forked child this puts a fresh value in the place of the parent's, which some thread of the parent may
        // have been changing.
        drop(self.state.lock());
    }
}

/// This thread is woken when the state changes, until dropped.
struct Asleep<'a>(&'a Server);

impl<'a> Asleep<'a> {
    fn begin(server: &'a Server) -> Self {
        server.state.lock().sleepers.push(thread::current());
        Self(server)
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        let me = thread::me();
        let mut state = self.0.state.lock();
        if let Some(at) = state.sleepers.iter().position(|sleeper| sleeper.id() == me) {
            state.sleepers.swap_remove(at);
        }
    }
}
