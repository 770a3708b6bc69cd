//! What a thread of a server does: accept, hand the turn on, handle, and come back.

use super::accepting::{is_final, longer_pause};
use super::monitor::Watched;
use super::options::ServeOptions;
use super::shared::Server;
use super::state::State;
use super::step::Step;
use crate::address::Address;
use crate::caller::{Caller, NativeCaller};
use crate::error::{Error, Kind, Operation, Result};
use crate::socket::Socket;
use crate::sys::thread;
use crate::time::{Deadline, Timeout};
use crate::trace::{self, Line, Since};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A thread that was requested and has not arrived within this time is no longer expected.
const ARRIVAL: Duration = Duration::from_secs(1);

/// A thread's part in a server: the thread does what each [`step`](Self::step) says, as long as there is one.
///
/// ```
/// use polysock::{create_connection, create_server, NativeCaller, ServeOptions, Server, Step};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// # fn main() -> polysock::Result<()> {
/// let mut options = ServeOptions::default();
/// options.max_connections = 1;
/// let server = Arc::new(Server::new(create_server("127.0.0.1", 0, 128)?, options)?);
/// let port = server.listener().local_address()?.port().unwrap_or(0);
/// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
///
/// // One thread, one connection after the other.
/// let mut worker = server.worker();
/// while let Some(step) = worker.step(&mut NativeCaller)? {
///     match step {
///         Step::Handle { connection, .. } => {
///             connection.send_all(b"hello")?;
///             server.stop(Duration::ZERO, &mut NativeCaller)?;
///         }
///         Step::Trouble(error) => eprintln!("{error}"),
///         _ => worker.become_last_worker(),
///     }
/// }
/// let mut line = [0; 5];
/// client.recv_exact(&mut line)?;
/// assert_eq!(&line, b"hello");
/// # Ok(())
/// # }
/// ```
pub struct Worker {
    pub(super) server: Arc<Server>,
    key: u64,
    /// The worker leaves when it is not needed.
    may_leave: bool,
    /// The connection returned in [`Step::Handle`].
    pub(super) handling: Option<Arc<Socket>>,
    /// When its handler was called, while calls are recorded.
    handler_began: Option<Since>,
    /// The connection it will return next.
    accepted: Option<(Arc<Socket>, Address)>,
    /// How long to wait after accept failed, and how many connections had been handled by then.
    pause: Option<(Duration, u64)>,
}

impl State {
    /// Takes the turn to accept, if it is free and another connection may be handled.
    fn try_to_become_acceptor(&mut self, key: u64, options: &ServeOptions) -> bool {
        let free = self.acceptor.is_none() && options.needs_acceptor(self.handling);
        if free {
            self.acceptor = Some(key);
            self.idle_workers.retain(|(idle, _)| *idle != key);
        }
        free
    }

    /// Wakes an idle worker to take the turn, if the turn is free; false when no worker is idle.
    fn pass_turn(&mut self, options: &ServeOptions) -> bool {
        if self.acceptor.is_some() || !options.needs_acceptor(self.handling) {
            return true;
        }
        self.idle_workers.pop().is_some_and(|(_, idle)| {
            idle.unpark();
            true
        })
    }
}

impl Server {
    /// Makes this thread a worker. Any number of threads may be workers; those beyond `max_connections` wait.
    pub fn worker(self: &Arc<Self>) -> Worker {
        let key = self.state.lock().add_worker();
        Worker {
            server: Arc::clone(self),
            key,
            may_leave: false,
            handling: None,
            handler_began: None,
            accepted: None,
            pause: None,
        }
    }
}

impl Worker {
    /// Makes it leave when it has not been needed for ten seconds: for threads that join when the server asks for one.
    #[must_use]
    pub fn while_needed(mut self) -> Self {
        self.may_leave = true;
        self
    }

    /// Finishes the previous step, and waits for the next one; `None` when the server is stopped, or when this thread
    /// stays only [while it is needed](Self::while_needed) and was not.
    ///
    /// In a child that a handler forked the result is `None`, too. On a signal the caller decides whether the wait for
    /// a connection ends; the wait for another thread's turn to end goes on.
    ///
    /// # Errors
    /// `Interrupted` when the caller ended the wait. The turn goes to another thread, and the worker may go on.
    pub fn step<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Step>> {
        let step = self.next_step(caller);
        if trace::is_on() {
            trace::event("step", |line| add_step(line, &step));
            self.handler_began = self.handling.is_some().then(Since::now);
        }
        step
    }

    fn next_step<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Step>> {
        if let Some((connection, peer)) = self.accepted.take() {
            self.handling = Some(Arc::clone(&connection));
            return Ok(Some(Step::Handle { connection, peer }));
        }
        self.end_handling(caller);
        if !self.wait_for_turn(caller) {
            return Ok(None);
        }
        let step = self.accept_next(caller);
        if !matches!(step, Ok(Some(Step::Trouble(_)))) {
            self.give_up_turn();
        }
        step
    }

    /// Whether the connection that is being handled was closed, by [`stop`](Server::stop) or because its handler's time
    /// was up: a failure of the handler is then to be expected.
    pub fn is_woken(&self) -> bool {
        self.server.state.lock().is_closed_under(self.key)
    }

    /// Reports that there will be no further worker for now; connections wait for an existing one.
    pub fn become_last_worker(&self) {
        self.server.state.lock().expected_since = None;
    }

    /// Waits for the turn to accept; false when the server is stopped or this thread is not needed.
    fn wait_for_turn<C: Caller>(&self, caller: &mut C) -> bool {
        let leave_at = self.may_leave.then(|| Instant::now() + self.server.idle);
        loop {
            let left = leave_at.map(|end| end.saturating_duration_since(Instant::now()));
            {
                let mut state = self.server.state.lock();
                if !state.note_thread_of(self.key) {
                    return false; // it has left, or this is a forked child
                }
                if self.server.listener.is_closed() {
                    return false;
                }
                if state.acceptor == Some(self.key)
                    || state.try_to_become_acceptor(self.key, &self.server.options)
                {
                    return true;
                }
                if left.is_some_and(|left| left.is_zero()) {
                    // Before anything else: no thread may pass it the turn, or count on it instead of requesting another.
                    state.remove_worker(self.key);
                    return false;
                }
                if !state.idle_workers.iter().any(|(idle, _)| *idle == self.key) {
                    state.idle_workers.push((self.key, thread::current()));
                }
            }
            caller.block(|| left.map_or_else(thread::park, thread::park_timeout));
        }
    }

    /// Accepts. A worker that reports a failure keeps the turn.
    fn accept_next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Step>> {
        let server = &self.server;
        if let Some((pause, handled)) = self.pause {
            let end = Deadline::At(Instant::now() + pause);
            let over = |state: &State| state.stats.handled != handled || server.listener.is_closed();
            server.state.sleep_until(end, caller, over)?;
        }
        let handled = server.state.lock().stats.handled;
        let failure = match self.accept(caller) {
            Ok((connection, peer)) => {
                self.pause = None;
                // Before the turn to accept is handed on: handlers mostly wait in the kernel, and each waker takes a descriptor.
                server.acceptors_waker.leave();
                return Ok(self.begin_handling(caller, connection, peer));
            }
            Err(failure) if failure.kind() == Kind::Closed => return Ok(None),
            Err(failure) if failure.kind() == Kind::Interrupted => {
                return Err(Error::new(Operation::Server, Kind::Interrupted))
            }
            Err(failure) => failure,
        };
        let pause = longer_pause(self.pause.map(|(pause, _)| pause));
        self.pause = Some((pause, handled));
        if is_final(failure.kind()) {
            server.state.lock().failure = Some(failure.clone());
            let _ = server.listener.on(&mut *caller).close();
        }
        Ok(Some(Step::Trouble(failure)))
    }

    /// Waits for a connection, and meanwhile ends handlers whose time is up.
    fn accept<C: Caller>(&self, caller: &mut C) -> Result<(Socket, Address)> {
        let server = &self.server;
        server.acceptors_waker.take();
        loop {
            let until = caller.block(|| server.wait_for_room());
            let mut call = server.listener.on(&mut *caller).within(Timeout::from(until));
            match call.accept() {
                // The time of a handler is up.
                Err(failure) if failure.kind() == Kind::TimedOut => {}
                // The peer has reset a connection that was waiting to be accepted.
                Err(failure) if failure.kind() == Kind::Os(libc::ECONNABORTED) => {
                    server.state.lock().count(failure.kind());
                }
                accepted => return accepted,
            }
        }
    }

    /// Hands the turn on; returns what must be done before the connection can be handled, or that it can be.
    fn begin_handling<C: Caller>(
        &mut self,
        caller: &mut C,
        connection: Socket,
        peer: Address,
    ) -> Option<Step> {
        let (server, options, connection) = (&self.server, &self.server.options, Arc::new(connection));
        if let Some(idle) = options.idle_timeout {
            connection.set_timeout(idle);
        }
        let limit = options
            .handler_timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let recruit = {
            let mut state = server.state.lock();
            if !server.listener.is_closed() && state.begin(self.key, &connection, limit) {
                state.acceptor = None;
                let recruit = !state.pass_turn(options)
                    && state.workers() < options.workers()
                    && state.has_room_for_another()
                    && state.expected_since.is_none_or(|since| since.elapsed() > ARRIVAL);
                if recruit {
                    state.expected_since = Some(Instant::now());
                }
                Some(recruit)
            } else {
                None
            }
        };
        match recruit {
            Some(true) => {
                self.accepted = Some((connection, peer));
                Some(Step::Recruit)
            }
            Some(false) => {
                self.handling = Some(Arc::clone(&connection));
                Some(Step::Handle { connection, peer })
            }
            None => {
                // Accepted while the server was being stopped: refused like those queued behind it.
                let _ = connection.on(caller).abort();
                None
            }
        }
    }

    fn end_handling<C: Caller>(&mut self, caller: &mut C) {
        let Some(connection) = self.handling.take() else {
            return;
        };
        if let Some(began) = self.handler_began.take() {
            began.event("step", |line| {
                line.text("step", "returned");
                connection.handle.show(|on| line.socket(on));
            });
        }
        // There is no longer a caller to report a failure to.
        let _ = connection.on(caller).close_handled();
        let next = self.server.state.lock().end(self.key);
        if let Some(connection) = next {
            // As above.
            let _ = connection.on(NativeCaller).close_under_handler();
        }
    }

    fn give_up_turn(&self) {
        let mut state = self.server.state.lock();
        if state.acceptor == Some(self.key) {
            state.acceptor = None;
            state.pass_turn(&self.server.options);
        }
    }
}

/// Adds a step to its record.
fn add_step(line: &mut Line, step: &Result<Option<Step>>) {
    match step {
        Ok(Some(Step::Handle { connection, peer })) => {
            line.text("step", "handle");
            connection.handle.show(|on| line.socket(on));
            line.text("peer", peer);
        }
        Ok(Some(Step::Recruit)) => line.text("step", "recruit"),
        Ok(Some(Step::Trouble(error))) => {
            line.text("step", "trouble");
            line.error(error);
        }
        Ok(None) => line.text("step", "end"),
        Err(error) => {
            line.text("step", "interrupted");
            line.error(error);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.handling = self
            .handling
            .take()
            .or(self.accepted.take().map(|(connection, _)| connection));
        self.end_handling(&mut NativeCaller);
        let mut state = self.server.state.lock();
        if !state.remove_worker(self.key) {
            return; // it has left, or this is a forked child
        }
        if state.acceptor == Some(self.key) {
            state.acceptor = None;
        }
        if self.server.listener.is_closed() {
            state.wake_idle_workers();
        } else {
            state.pass_turn(&self.server.options);
        }
        state.wake_watchers();
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("server", &self.server)
            .field("handling", &self.handling)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{create_connection, create_server};
    use crate::server::ServeOptions;
    use std::thread;

    /// The acceptor gets a connection between the other worker's decision to leave and its end.
    #[test]
    fn no_thread_counts_on_a_worker_that_leaves() {
        let listener = create_server("127.0.0.1", 0, 1).unwrap();
        let port = listener.local_address().unwrap().port().unwrap();
        let mut server = Server::new(
            listener,
            ServeOptions {
                max_connections: 2,
                ..ServeOptions::default()
            },
        )
        .unwrap();
        server.idle = Duration::from_millis(1);
        let server = Arc::new(server);
        thread::scope(|scope| {
            let acceptor = scope.spawn(|| {
                let mut worker = server.worker();
                let first = worker.step(&mut NativeCaller).unwrap();
                (first, worker)
            });
            while server.state.lock().acceptor.is_none() {
                thread::yield_now();
            }
            let mut leaving = server.worker().while_needed();
            assert!(leaving.step(&mut NativeCaller).unwrap().is_none());
            let _client = create_connection("127.0.0.1", port, Duration::from_secs(5)).unwrap();
            let (first, _worker) = acceptor.join().unwrap();
            assert!(matches!(first, Some(Step::Recruit)), "{first:?}");
            assert!(leaving.step(&mut NativeCaller).unwrap().is_none());
        });
    }

    #[test]
    fn a_worker_that_is_not_needed_leaves_and_the_leader_stays() {
        let listener = create_server("127.0.0.1", 0, 1).unwrap();
        let mut server = Server::new(listener, ServeOptions::default()).unwrap();
        server.idle = Duration::from_millis(40);
        let server = Arc::new(server);
        thread::scope(|scope| {
            let acceptor = scope.spawn(|| server.worker().while_needed().step(&mut NativeCaller));
            while server.state.lock().acceptor.is_none() {
                thread::yield_now();
            }
            let began = Instant::now();
            assert!(server
                .worker()
                .while_needed()
                .step(&mut NativeCaller)
                .unwrap()
                .is_none());
            assert!(began.elapsed() >= server.idle);
            assert_eq!(server.state.lock().workers(), 1);
            assert!(server.state.lock().idle_workers.is_empty() && !acceptor.is_finished());
            server.stop(Timeout::NonBlocking, &mut NativeCaller).unwrap();
            assert!(acceptor.join().unwrap().unwrap().is_none());
        });
    }
}
