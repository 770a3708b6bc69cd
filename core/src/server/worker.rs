//! What a thread of a server does: accept, hand the turn on, handle, and come back.

use super::{Server, State, Worker};
use crate::address::Address;
use crate::error::{Error, Kind, Operation, Result};
use crate::host::Host;
use crate::socket::Socket;
use crate::time::{Deadline, Timeout};
use std::any::Any;
use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// After this time without a connection a helper leaves.
const IDLE: Duration = Duration::from_secs(10);

/// The first pause after accept has failed; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What a server asks of the program, one value for each thread.
pub trait Service<H: Host> {
    /// What a handler that failed has to say.
    type Failure;

    /// Handles a connection, which is closed afterwards, however it ends: returned, failed or panicked.
    ///
    /// The close is FIN first where there is input nobody read, so that the peer gets what was sent, and a plain close
    /// where the handler gave the connection to somebody else as well (by a fork, a duplicate). A handler may close it
    /// itself, detach it, which gives it the connection for good, or keep the handle, which then is a closed one.
    ///
    /// # Errors
    /// Whatever ended it; [`failed`](Self::failed) is told.
    fn handle(
        &mut self,
        host: &mut H,
        connection: &Arc<Socket>,
        peer: &Address,
    ) -> std::result::Result<(), Self::Failure>;

    /// Something failed, and the server goes on. `peer` is whose connection it was, if it was one's.
    fn failed(&mut self, host: &mut H, trouble: Trouble<Self::Failure>, peer: Option<&Address>);

    /// Makes one more thread that calls [`Server::help`], and says whether there will be one.
    ///
    /// Called by a thread that is about to handle a connection, when no other is free to accept the next.
    fn recruit(&mut self, host: &mut H) -> bool;
}

/// What went wrong while a server served.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble<F> {
    /// A handler failed.
    Handler(F),
    /// A handler failed after [`stop`](Server::stop) had closed its connection, most likely because of that.
    Woken(F),
    /// A handler panicked, with this payload.
    Panic(Box<dyn Any + Send>),
    /// Accepting failed. The server tries again, after a pause that grows to a second or until a connection of its own is
    /// closed: without descriptors or memory the connection waits. When it can't go on it stops accepting.
    Accept(Error),
    /// No further thread could be had; connections wait for one that is there.
    Thread(Error),
}

impl<F: fmt::Display> fmt::Display for Trouble<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(failure) | Self::Woken(failure) => write!(f, "{failure}"),
            Self::Panic(payload) => {
                let text = payload.downcast_ref::<&str>().copied();
                let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                write!(f, "the handler panicked: {}", text.unwrap_or("no words"))
            }
            Self::Accept(error) | Self::Thread(error) => write!(f, "{error}"),
        }
    }
}

impl State {
    /// Takes the turn to accept where it is free and another connection may be handled.
    fn try_to_lead(&mut self, max_connections: usize) -> bool {
        let me = thread::current().id();
        let free = self.leader.is_none() && self.handling < max_connections;
        if free {
            self.leader = Some(me);
            self.followers.retain(|follower| follower.id() != me);
        }
        free
    }

    /// Wakes somebody for the turn where it is free; false when there is nobody.
    fn pass_turn(&mut self, max_connections: usize) -> bool {
        if self.leader.is_some() || self.handling >= max_connections {
            return true;
        }
        self.followers.pop().is_some_and(|follower| {
            follower.unpark();
            true
        })
    }
}

impl Server {
    /// Accepts and handles connections in this thread until the server is [stopped](Server::stop).
    ///
    /// Any number of threads may; as many as there are connections take part. A signal ends the wait for a connection
    /// as the host decides, but not the wait for another thread's turn to end.
    ///
    /// # Errors
    /// `Interrupted` when the host ended the wait, what accept said when it can't go on; `Busy` when this thread is inside
    /// already.
    pub fn run<H: Host, S: Service<H>>(&self, host: &mut H, service: &mut S) -> Result<()> {
        self.work(host, service, None)
    }

    /// The same for a thread that [`Service::recruit`] has made: it also leaves when it was not needed for some seconds.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn help<H: Host, S: Service<H>>(&self, host: &mut H, service: &mut S) -> Result<()> {
        self.work(host, service, Some(IDLE))
    }

    fn work<H: Host, S: Service<H>>(
        &self,
        host: &mut H,
        service: &mut S,
        patience: Option<Duration>,
    ) -> Result<()> {
        let _seat = Seat::take(self, patience.is_some())?;
        while self.wait_for_turn(host, patience) {
            match self.accept(host, service)? {
                Some((connection, peer)) => self.serve(host, service, connection, &peer),
                None => break,
            }
        }
        self.outcome()
    }

    /// Waits for the turn to accept; false when the server is stopped or this thread is not needed.
    fn wait_for_turn<H: Host>(&self, host: &mut H, patience: Option<Duration>) -> bool {
        let leave_at = patience.map(|patience| Instant::now() + patience);
        let me = thread::current();
        loop {
            let left = leave_at.map(|end| end.saturating_duration_since(Instant::now()));
            {
                let mut state = self.state.lock();
                // In a child that a handler forked there is no such worker.
                if self.listener.is_closed() || !state.workers.contains_key(&me.id()) {
                    return false;
                }
                if state.try_to_lead(self.max_connections) {
                    return true;
                }
                if left.is_some_and(|left| left.is_zero()) {
                    return false;
                }
                if !state.followers.iter().any(|follower| follower.id() == me.id()) {
                    state.followers.push(me.clone());
                }
            }
            host.block(|| left.map_or_else(thread::park, thread::park_timeout));
        }
    }

    /// Waits for a connection; none when the server is stopped.
    fn accept<H: Host, S: Service<H>>(
        &self,
        host: &mut H,
        service: &mut S,
    ) -> Result<Option<(Socket, Address)>> {
        let mut pause = FIRST_PAUSE;
        loop {
            let handled = self.state.lock().handled;
            let failure = match self.listener.on(&mut *host).within(Timeout::Never).accept() {
                Ok(accepted) => return Ok(Some(accepted)),
                Err(failure) => failure,
            };
            if failure.kind() == Kind::Closed {
                return Ok(None);
            }
            if failure.kind() == Kind::Interrupted {
                return Err(failure);
            }
            let is_final = is_final(failure.kind());
            if is_final {
                self.state.lock().failure = Some(failure.clone());
                let _ = self.listener.on(&mut *host).close();
            }
            tell(host, service, Trouble::Accept(failure), None);
            if is_final {
                return Ok(None);
            }
            let end = Deadline::At(Instant::now() + pause);
            let listener = &self.listener;
            self.sleep_until(end, host, |state| {
                state.handled != handled || listener.is_closed()
            })?;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Hands the turn on and handles a connection.
    fn serve<H: Host, S: Service<H>>(
        &self,
        host: &mut H,
        service: &mut S,
        connection: Socket,
        peer: &Address,
    ) {
        let connection = Arc::new(connection);
        if !self.begin_handling(host, service, &connection) {
            // Accepted while the server was stopped: refused like those that waited behind it.
            let _ = connection.on(&mut *host).abort();
            return;
        }
        let handled = catch_unwind(AssertUnwindSafe(|| service.handle(host, &connection, peer)));
        let trouble = match handled {
            Ok(Ok(())) => None,
            Ok(Err(failure)) if self.was_woken() => Some(Trouble::Woken(failure)),
            Ok(Err(failure)) => Some(Trouble::Handler(failure)),
            Err(payload) => Some(Trouble::Panic(payload)),
        };
        if let Some(trouble) = trouble {
            tell(host, service, trouble, Some(peer));
        }
        self.end_handling(host, &connection);
    }

    fn begin_handling<H: Host, S: Service<H>>(
        &self,
        host: &mut H,
        service: &mut S,
        connection: &Arc<Socket>,
    ) -> bool {
        let recruit = {
            let mut state = self.state.lock();
            state.leader = None;
            if self.listener.is_closed() {
                return false;
            }
            let Some(worker) = state.workers.get_mut(&thread::current().id()) else {
                return false;
            };
            worker.connection = Some(Arc::clone(connection));
            state.handling += 1;
            let recruit = !state.pass_turn(self.max_connections)
                && !state.expecting
                && state.workers.len() < self.max_connections;
            state.expecting |= recruit;
            recruit
        };
        if recruit && !attempt(|| service.recruit(host)).unwrap_or(false) {
            self.state.lock().expecting = false;
        }
        true
    }

    /// Whether stop has closed the connection that this thread handles.
    fn was_woken(&self) -> bool {
        let state = self.state.lock();
        let worker = state.workers.get(&thread::current().id());
        worker.is_some_and(|worker| worker.woken)
    }

    fn end_handling<H: Host>(&self, host: &mut H, connection: &Arc<Socket>) {
        let me = thread::current().id();
        if !self.state.lock().workers.contains_key(&me) {
            return; // in a child that the handler forked: the connection is the parent's to end
        }
        // Nobody is left to tell of a failure.
        let _ = connection.on(&mut *host).close_handled();
        let mut state = self.state.lock();
        if let Some(worker) = state.workers.get_mut(&me) {
            worker.connection = None;
            worker.woken = false;
            state.handling -= 1;
            state.handled = state.handled.wrapping_add(1);
            state.wake_sleepers();
        }
    }
}

/// Whether a listener with this error will never be one again. Everything else passes: too many descriptors, no memory,
/// a connection that failed while it waited, see accept(2).
fn is_final(kind: Kind) -> bool {
    matches!(kind, Kind::Os(libc::EBADF | libc::EINVAL | libc::ENOTSOCK))
}

/// Tells the service of a failure.
fn tell<H: Host, S: Service<H>>(
    host: &mut H,
    service: &mut S,
    trouble: Trouble<S::Failure>,
    peer: Option<&Address>,
) {
    attempt(|| service.failed(host, trouble, peer));
}

/// Runs what must not end the thread; who is told of failures has nobody to tell of its own.
fn attempt<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call))
        .map_err(std::mem::forget) // a payload's destructor may panic too
        .ok()
}

/// A thread's place among the workers, until dropped.
struct Seat<'a>(&'a Server);

impl<'a> Seat<'a> {
    fn take(server: &'a Server, expected: bool) -> Result<Self> {
        let mut state = server.state.lock();
        if expected {
            state.expecting = false;
        }
        let me = thread::current().id();
        if state.workers.contains_key(&me) {
            return Err(Error::new(Operation::Server, Kind::Busy));
        }
        state.workers.insert(me, Worker::default());
        Ok(Self(server))
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let me = thread::current().id();
        let mut state = self.0.state.lock();
        let Some(worker) = state.workers.remove(&me) else {
            return; // in a forked child
        };
        state.handling -= usize::from(worker.connection.is_some());
        state.followers.retain(|follower| follower.id() != me);
        if state.leader == Some(me) {
            state.leader = None;
        }
        if self.0.listener.is_closed() {
            state.wake_followers();
        } else {
            state.pass_turn(self.0.max_connections);
        }
        state.wake_sleepers();
    }
}
