//! Stopping a message server: what has arrived is handled and answered, then connections are closed.

use super::connection::{Connection, Owner};
use super::reason::CloseReason;
use super::recording::record;
use super::shared::MessageServer;
use super::state::State;
use super::worker::MessageWorker;
use crate::caller::{Caller, NativeCaller};
use crate::error::Result;
use crate::poll::Events;
use crate::server::monitor::Watched;
use crate::sys::thread;
use crate::table::Table;
use crate::time::{Deadline, Timeout};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long [`stop`](MessageServer::stop) waits for callbacks whose connections it has closed.
const RETURN_TIME: Duration = Duration::from_secs(1);

/// How long the workers have to close what is left when the time is up. Then the thread that stops the server does it, because all
/// workers may be in callbacks that wait for just that.
const FORCED_BY_WORKERS: Duration = Duration::from_millis(20);

impl MessageServer {
    /// Stops the server: no further connection is accepted, what has arrived is handled and answered until the time is up,
    /// and connections are closed. Returns how many callbacks are still running.
    ///
    /// The listener is closed at once; connections that wait in its queue are refused with a reset. Each connection is closed
    /// when its replies have been sent; at the end of the time the others are closed too, with a reset if something is
    /// unsent. When this returns, `on_close` has been called for every connection, except those whose callbacks are still
    /// running: these get at most one more second.
    ///
    /// Any thread may stop a server, any number of times. So may a callback: it does not wait for itself, is not counted,
    /// and keeps its connection until it returns; the same goes for all callbacks that stop the server at the same time.
    ///
    /// # Errors
    /// `Interrupted` when the caller ends the wait; the server goes on stopping.
    pub fn stop<C: Caller>(&self, timeout: impl Into<Timeout>, caller: &mut C) -> Result<usize> {
        record("stop", None);
        let deadline = Deadline::after(timeout.into());
        let end = match deadline {
            Deadline::Never => None,
            Deadline::At(end) => Some(end),
            Deadline::NonBlocking => Some(Instant::now()),
        };
        let has_workers = {
            let mut state = self.state.lock();
            state.note_stop();
            state.entries().next().is_some() || state.started
        };
        self.begin_stop(end);
        // It fails only where the program has closed the descriptor by its number.
        let _ = self.listener.on(&mut *caller).close();
        if !has_workers {
            caller.block(|| self.close_all());
            return Ok(0);
        }
        if let Some(end) = end {
            let by_workers = Deadline::At(end + FORCED_BY_WORKERS);
            let over = self
                .state
                .sleep_until(by_workers, caller, State::others_are_over)?;
            if !over {
                caller.block(|| self.force_all());
            }
        }
        let leaving = end.map_or(Deadline::Never, |end| Deadline::At(end + RETURN_TIME));
        self.state.sleep_until(leaving, caller, State::others_are_over)?;
        let soon = Deadline::At(Instant::now() + RETURN_TIME);
        // As long as a callback that stops the server keeps its connection, workers stay.
        let left = |state: &State| !state.is_over() || state.others_have_left();
        self.state.sleep_until(soon, caller, left)?;
        Ok(self.state.lock().others_working())
    }

    /// Ends all connections, whatever is still to be sent.
    fn force_all(&self) {
        let (mut place, mut places) = (0, 1);
        while place < places {
            let connection = {
                let state = self.state.lock();
                places = state.connections.places();
                state.connections.at(place).cloned()
            };
            place += 1;
            if let Some(connection) = connection {
                connection.force(self, true);
            }
        }
    }

    /// Closes all connections of a server without workers.
    fn close_all(&self) {
        let mut place = 0;
        loop {
            let connection = {
                let mut state = self.state.lock();
                if place >= state.connections.places() {
                    break;
                }
                let key = state.connections.at(place).map(|connection| connection.key());
                key.and_then(|key| state.connections.remove(key))
            };
            place += 1;
            if let Some(connection) = connection {
                let _ = connection.socket.on(NativeCaller).close_handled();
            }
        }
    }

    /// A worker has let go of a connection, which may have to be looked at once more.
    pub(super) fn note_idle_while_stopping(&self, key: u64) {
        if !self.listener.is_closed() {
            return;
        }
        let polling = {
            let mut state = self.state.lock();
            let place = Table::<()>::place(key);
            if let Some(stopping) = &mut state.stopping {
                stopping.next = stopping.next.min(place);
            }
            state.polling
        };
        if polling {
            let _ = self.poller.wake();
        }
    }
}

impl MessageWorker {
    /// Looks at the next connections of a server that is being stopped, as far as there is memory to receive into. Returns when
    /// those that are left should be closed whatever is still to be sent.
    pub(super) fn advance_stop(&mut self, now: Instant) -> Option<Instant> {
        let server = Arc::clone(&self.server);
        let (forced, deadline) = {
            let mut state = server.state.lock();
            let stopping = state.stopping.as_mut()?;
            if !stopping.forced && stopping.deadline.is_some_and(|deadline| deadline <= now) {
                stopping.forced = true;
                stopping.next = 0;
            }
            (stopping.forced, stopping.deadline)
        };
        while self.has_room() {
            let Some(connection) = server.state.lock().next_to_stop() else {
                return deadline.filter(|_| !forced);
            };
            if forced {
                connection.force(&server, false);
            } else {
                self.look_at(connection, Events::NONE, true);
            }
        }
        Some(now)
    }
}

impl Connection {
    /// Ends it, whatever is still to be sent. `wakes`: whether to wake the leader if that is in the poller.
    fn force(&self, server: &MessageServer, wakes: bool) {
        let due = {
            let mut traffic = self.lock_between_sends();
            if traffic.over {
                return;
            }
            if traffic.in_hands {
                drop(traffic);
                // A callback that stops the server keeps its connection until it returns.
                if !server.state.lock().is_stopped_from(self) {
                    self.close_under_callback(CloseReason::Stopped);
                }
                return;
            }
            traffic.cut_off(CloseReason::Stopped);
            traffic.aborted |= traffic.unsent() > 0;
            traffic.drop_unsent();
            self.settle_idle(server, &mut traffic)
        };
        if due {
            server.end(self.key(), wakes);
        }
    }
}

impl State {
    /// The next connection to look at while the server is being stopped.
    fn next_to_stop(&mut self) -> Option<Arc<Connection>> {
        let stopping = self.stopping.as_mut()?;
        while stopping.next < self.connections.places() {
            stopping.next += 1;
            if let Some(connection) = self.connections.at(stopping.next - 1) {
                return Some(Arc::clone(connection));
            }
        }
        None
    }

    /// Notes that this thread calls stop, perhaps from a callback.
    fn note_stop(&mut self) {
        let me = thread::me();
        for entry in self
            .workers
            .iter_mut()
            .flatten()
            .filter(|entry| entry.thread == me)
        {
            entry.stops = true;
        }
        self.wake_watchers();
    }

    /// Whether a callback of the connection has called stop.
    fn is_stopped_from(&self, connection: &Connection) -> bool {
        self.entries()
            .any(|entry| entry.stops && entry.working_on == Some(connection.key()))
    }

    /// How many callbacks are running, except those that have called stop.
    fn others_working(&self) -> usize {
        let me = thread::me();
        let from_callback = self.entries().any(|entry| entry.thread == me);
        let works = |stops| !(from_callback && stops);
        self.entries()
            .filter(|entry| entry.working_on.is_some() && works(entry.stops))
            .count()
    }

    /// Whether every connection has ended, except those of callbacks that have called stop.
    fn others_are_over(&self) -> bool {
        let me = thread::me();
        let from_callback = self.entries().any(|entry| entry.thread == me);
        if !from_callback {
            return self.is_over() && self.others_working() == 0;
        }
        let own = self.entries().filter(|entry| entry.stops);
        let own = own.filter_map(|entry| entry.working_on);
        let kept = own.filter(|own| self.connections.get(*own).is_some()).count();
        let alone = self.entries().all(|entry| entry.stops) && self.expected_since.is_none();
        alone
            || (self.connections.len() + self.being_closed == kept
                && !self.has_work()
                && self.others_working() == 0)
    }

    /// Whether all workers have left, except those that have called stop.
    fn others_have_left(&self) -> bool {
        self.entries().all(|entry| entry.stops)
    }
}
