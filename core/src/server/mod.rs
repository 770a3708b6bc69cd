//! A server that accepts and manages connections and leaves each to a handler; neither knows the other's code.

mod start;
mod worker;

pub use start::{StartedServer, Trouble};
pub use worker::{Step, Worker};

use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{WaitingFor, Watch};
use crate::host::{Host, Plain};
use crate::socket::Socket;
use crate::sys::fork::{ForkLock, InChild};
use crate::time::{Deadline, Left, Timeout};
use crate::wait::{wait, Waited};
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

/// How long [`stop`](Server::stop) waits for handlers whose connections it has closed: they wake within milliseconds
/// and then have some cleaning up to do.
const WOKEN: Duration = Duration::from_secs(1);

/// How often a thread that waits for others asks its host for signals.
const SLICE: Duration = Duration::from_millis(50);

/// How a server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// How many connections are handled at once, each in a thread of its own; 100 unless set. Further ones wait in the
    /// listener's queue (its backlog), and beyond that in the peers' own attempts to connect.
    pub max_connections: usize,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { max_connections: 100 }
    }
}

/// A server: a listener, and the threads that accept on it and handle what they accept.
///
/// The threads are the caller's, each with a [`Worker`]. One of them waits in accept; when a connection comes it hands the
/// turn on, handles the connection, and comes back for another turn. So no more connections are handled than
/// [`ServeOptions::max_connections`], a further thread is asked for only when none is free, and a connection that can't be
/// handled yet stays in the kernel. [`Server::start`] does it with threads of the standard library.
///
/// A forked child inherits the listener, but none of the threads: [`wait`](Self::wait) says so there. It may have workers of
/// its own.
pub struct Server {
    listener: Arc<Socket>,
    max_connections: usize,
    /// How long a worker waits that is not needed.
    idle: Duration,
    state: ForkLock<State>,
}

impl InChild for State {
    /// None of the threads is there.
    fn in_child(parents: Option<Self>) -> Self {
        let served = |parents: &Self| parents.started || !parents.seats.is_empty();
        let orphan = parents.as_ref().is_none_or(served);
        std::mem::forget(parents);
        Self {
            orphan,
            ..Self::default()
        }
    }
}

#[derive(Default)]
struct State {
    /// The workers, by keys that are never used again.
    seats: HashMap<u64, Seat>,
    last_key: u64,
    /// Who accepts.
    leader: Option<u64>,
    /// Workers that wait for their turn to accept; the last is the next, so that the others may find out that they are
    /// not needed.
    followers: Vec<(u64, Thread)>,
    /// When a worker was asked for that has not come yet.
    expected_since: Option<Instant>,
    /// How many connections are being handled.
    handling: usize,
    /// How many connections have been handled.
    handled: usize,
    /// Until when handlers whose connections were closed may take to return.
    patience: Option<Instant>,
    /// Threads that wait for handlers to end.
    sleepers: Vec<Thread>,
    /// Why accepting ended, when nobody stopped it.
    failure: Option<Error>,
    /// It has threads of its own, which may be on their way to their seats.
    started: bool,
    /// This is a forked child, and nobody accepts in it.
    orphan: bool,
}

/// A worker as the others see it.
struct Seat {
    thread: ThreadId,
    /// What it handles.
    connection: Option<Arc<Socket>>,
    /// Stop has closed that.
    woken: bool,
    /// Its thread has called stop, and has not finished what it handles since.
    stops: bool,
}

impl Seat {
    fn new() -> Self {
        Self {
            thread: thread::current().id(),
            connection: None,
            woken: false,
            stops: false,
        }
    }

    /// What it handles, where this caller of stop waits for that.
    fn awaited(&self, caller: Caller) -> Option<&Arc<Socket>> {
        let excused = caller == Caller::Worker && self.stops;
        self.connection.as_ref().filter(|_| !excused)
    }
}

/// Who calls stop. Workers that do so at the same time must not wait for each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    Worker,
    Other,
}

impl State {
    /// Notes that this thread calls stop.
    fn note_stop(&mut self) -> Caller {
        let (me, mut caller) = (thread::current().id(), Caller::Other);
        for seat in self.seats.values_mut().filter(|seat| seat.thread == me) {
            seat.stops = true;
            caller = Caller::Worker;
        }
        if caller == Caller::Worker {
            // Workers that waited for its handler do so no more.
            self.wake_sleepers();
        }
        caller
    }

    /// How many handlers this caller of stop waits for.
    fn running(&self, caller: Caller) -> usize {
        let awaited = |seat: &&Seat| seat.awaited(caller).is_some();
        self.seats.values().filter(awaited).count()
    }

    /// Their connections that stop has not closed yet.
    fn take_running(&mut self, caller: Caller) -> Vec<Arc<Socket>> {
        let mut open = Vec::new();
        for seat in self.seats.values_mut() {
            if let (Some(connection), false) = (seat.awaited(caller).cloned(), seat.woken) {
                seat.woken = true;
                open.push(connection);
            }
        }
        if !open.is_empty() {
            self.patience = Some(Instant::now() + WOKEN);
        }
        open
    }

    /// Whether every worker has left that has no handler to wait for.
    fn others_have_left(&self) -> bool {
        let mut all = self.seats.values();
        all.all(|seat| seat.connection.is_some() || seat.stops)
    }

    fn wake_sleepers(&self) {
        self.sleepers.iter().for_each(Thread::unpark);
    }

    fn wake_followers(&mut self) {
        self.followers
            .drain(..)
            .for_each(|(_, follower)| follower.unpark());
    }
}

impl Server {
    /// Makes a server of a socket that listens. It accepts as soon as it has a [worker](Self::worker); until then connections
    /// wait in the listener's queue. The descriptor is put into non-blocking mode (`O_NONBLOCK`).
    ///
    /// Closing the listener, from anywhere, ends accepting as [`stop`](Self::stop) does.
    ///
    /// # Errors
    /// `InvalidInput("max_connections")` when there are none; `EINVAL` when the socket does not listen, `EOPNOTSUPP` when
    /// it can't; `Closed`.
    pub fn new(listener: impl Into<Arc<Socket>>, options: ServeOptions) -> Result<Self> {
        let listener = listener.into();
        if options.max_connections == 0 {
            return Err(Error::invalid(
                Operation::Server,
                "max_connections",
                "must not be 0",
            ));
        }
        let listening = listener.check_listening();
        listening.map_err(|kind| Error::new(Operation::Server, kind))?;
        // Whoever shares a listener in blocking mode with another process may sleep in accept(2), where nothing wakes it.
        let set = listener.set_descriptor_nonblocking(true);
        set.map_err(|error| Error::new(Operation::Server, error.kind()))?;
        Ok(Self {
            listener,
            max_connections: options.max_connections,
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
    /// `Interrupted` when the host ends the wait; accepting has ended then, and the handlers go on.
    pub fn stop<H: Host>(&self, timeout: impl Into<Timeout>, host: &mut H) -> Result<usize> {
        let deadline = Deadline::after(timeout.into());
        // It fails only where somebody closed the descriptor behind our back, and then nobody accepts either.
        let _ = self.listener.on(&mut *host).close();
        let caller = {
            let mut state = self.state.lock();
            state.wake_followers();
            state.note_stop()
        };
        let ended = |state: &State| state.running(caller) == 0;
        if !self.sleep_until(deadline, host, ended)? {
            let woken = host.block(|| self.close_connections(caller));
            self.sleep_until(woken, host, ended)?;
        }
        // Those that waited for connections are on their way out.
        let leaving = Deadline::At(Instant::now() + WOKEN);
        self.sleep_until(leaving, host, State::others_have_left)?;
        Ok(self.state.lock().running(caller))
    }

    /// Closes the connections of running handlers; until when those may return.
    fn close_connections(&self, caller: Caller) -> Deadline {
        let connections = self.state.lock().take_running(caller);
        for connection in connections {
            // Nobody is left to tell of a failure.
            let _ = connection.on(Plain).close_under_handler();
        }
        let patience = self.state.lock().patience;
        patience.map_or(Deadline::NonBlocking, Deadline::At)
    }

    /// Waits until accepting has ended: somebody stopped the server or closed its listener, or it can't go on.
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`; `Interrupted` when the host ends the wait, which leaves the server running; `Closed` in a
    /// forked child, where the threads of its parent are not, unless it has stopped its own server; what accept said when
    /// it can't go on, such as `EBADF` of a descriptor that was closed behind our back.
    pub fn wait<H: Host>(&self, timeout: impl Into<Timeout>, host: &mut H) -> Result<()> {
        let limit = timeout.into();
        let deadline = Deadline::after(limit);
        let handle = &self.listener.handle;
        if self.state.lock().orphan && !self.listener.is_closed() {
            let error = Error::new(Operation::Server, Kind::Closed);
            return Err(error.with_detail("after a fork, which copies no threads"));
        }
        loop {
            let waited = host.block(|| {
                let mut watch = Watch::new(handle, WaitingFor::Readiness);
                wait(handle, None, deadline, &mut watch)
            });
            let kind = match waited {
                Waited::Ready => continue,
                Waited::Closed => return self.outcome(),
                Waited::TimeUp if deadline == Deadline::NonBlocking => Kind::WouldBlock,
                Waited::TimeUp => Kind::TimedOut,
                Waited::Failed(kind) => kind,
                Waited::Interrupted => match host.interrupted() {
                    Ok(()) => continue,
                    Err(_) => Kind::Interrupted,
                },
            };
            return Err(Error::new(Operation::Server, kind).within(limit));
        }
    }

    /// What accepting has ended with.
    fn outcome(&self) -> Result<()> {
        self.state.lock().failure.clone().map_or(Ok(()), Err)
    }

    /// Sleeps until something is so (true) or the deadline has passed (false). Whoever changes the state so wakes the
    /// sleepers.
    fn sleep_until<H: Host>(
        &self,
        deadline: Deadline,
        host: &mut H,
        so: impl Fn(&State) -> bool,
    ) -> Result<bool> {
        let _asleep = Asleep::begin(self);
        loop {
            if so(&self.state.lock()) {
                return Ok(true);
            }
            let left = match deadline.left() {
                Left::Forever => SLICE,
                Left::Some(left) => left.min(SLICE),
                Left::Nothing => return Ok(false),
            };
            host.block(|| thread::park_timeout(left));
            host.interrupted()
                .map_err(|_| Error::new(Operation::Server, Kind::Interrupted))?;
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .field("max_connections", &self.max_connections)
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
        let me = thread::current().id();
        let mut state = self.0.state.lock();
        if let Some(at) = state.sleepers.iter().position(|sleeper| sleeper.id() == me) {
            state.sleepers.swap_remove(at);
        }
    }
}
