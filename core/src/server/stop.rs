//! Stopping a server: accepting ends, handlers get time to finish, then their connections are closed.

use super::monitor::{Watched, Watching, SIGNAL_INTERVAL};
use super::shared::Server;
use super::state::State;
use crate::caller::{Caller, NativeCaller};
use crate::error::Result;
use crate::socket::Socket;
use crate::time::{Deadline, Timeout};
use crate::trace;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long [`stop`](Server::stop) waits for handlers whose connections it has closed: they wake within milliseconds and then
/// clean up.
const RETURN_TIME: Duration = Duration::from_secs(1);

/// stop closes this many connections at once. Each handler that returns because of that closes another one: thousands
/// woken together would compete for the processors and an interpreter's lock, and take many times as long.
const CLOSED_AT_ONCE: usize = 64;

/// When no handler has returned for this long, stop closes the next connections itself.
const NO_PROGRESS: Duration = Duration::from_millis(10);

impl Server {
    /// Ends the server: no further connection is accepted, handlers may finish until the time is up, then their
    /// connections are closed, which wakes those that wait in a call. Returns how many handlers are still running.
    ///
    /// The listener is closed at once; connections that wait in its queue are refused with a reset. Handlers whose
    /// connections were closed get at most one more second to return. So `NonBlocking` closes all at once, and `Never`
    /// closes none. A handler that is still running afterwards is not waiting in a call on its connection; its thread
    /// ends when it returns. A connection that a handler has detached belongs to the handler: it is neither closed nor
    /// woken.
    ///
    /// Any thread may stop a server, any number of times, even before it has workers. So may a handler: it does not
    /// wait for itself, is not counted, and keeps its connection until it returns; the same goes for all handlers that
    /// stop the server at the same time. Other threads that stop it wait for all handlers, so a handler that waits for
    /// *such* a thread waits for itself.
    ///
    /// # Errors
    /// `Interrupted` when the caller ends the wait; accepting has then ended, but the handlers go on.
    pub fn stop<C: Caller>(&self, timeout: impl Into<Timeout>, caller: &mut C) -> Result<usize> {
        trace::event("step", |line| line.text("step", "stop"));
        let deadline = Deadline::after(timeout.into());
        // It fails only where the program has closed the descriptor by its number, and then no worker accepts either.
        let _ = self.listener.on(&mut *caller).close();
        let stopped_by = {
            let mut state = self.state.lock();
            state.wake_idle_workers();
            state.wake_watchers();
            state.note_stop()
        };
        let ended = |state: &State| state.running(stopped_by) == 0;
        let leaving = if self.state.sleep_until(deadline, caller, ended)? {
            Deadline::At(Instant::now() + RETURN_TIME)
        } else {
            self.state.lock().close_running(stopped_by, RETURN_TIME);
            let (woken, mut asleep) = caller.block(|| self.close_connections());
            while !asleep.is_empty() && !woken.passed() {
                let soon = woken.or_earlier(Instant::now() + SIGNAL_INTERVAL);
                if self.state.sleep_until(soon, caller, ended)? {
                    break;
                }
                caller.block(|| asleep.retain(|connection| connection.handle.wake_again()));
            }
            self.state.sleep_until(woken, caller, ended)?;
            woken
        };
        // The workers that waited for connections are on their way out, too.
        self.state.sleep_until(leaving, caller, State::others_have_left)?;
        Ok(self.state.lock().running(stopped_by))
    }

    /// Closes the connections that stop should close, or leaves that to handlers as long as they keep returning.
    /// Returns the time by which handlers must have returned, and the connections whose calls can't be woken just now.
    fn close_connections(&self) -> (Deadline, Vec<Arc<Socket>>) {
        let _watching = Watching::begin(&self.state);
        let Some(return_deadline) = self.state.lock().return_deadline else {
            return (Deadline::NonBlocking, Vec::new());
        };
        let (mut asleep, mut at_once) = (Vec::new(), CLOSED_AT_ONCE);
        loop {
            let (lot, handled): (Vec<_>, _) = {
                let mut state = self.state.lock();
                let count = state.to_close.len().min(at_once);
                (state.to_close.drain(..count).collect(), state.stats.handled)
            };
            for connection in lot {
                // There is no caller to report a failure to.
                let _ = connection.on(NativeCaller).close_under_handler();
                if connection.handle.wake_again() {
                    asleep.push(connection);
                }
            }
            let end = return_deadline.min(Instant::now() + NO_PROGRESS);
            let closed = self.state.park_until(end, |state| state.to_close.is_empty());
            let progress = self.state.lock().stats.handled != handled;
            at_once = match (progress, Instant::now() >= return_deadline) {
                _ if closed => return (Deadline::At(return_deadline), asleep),
                (true, true) => return (Deadline::At(return_deadline), asleep),
                (true, false) => 0,
                (false, false) => CLOSED_AT_ONCE,
                (false, true) => usize::MAX,
            };
        }
    }
}
