//! The time limit of handlers.

use super::monitor::{Watching, SIGNAL_INTERVAL};
use super::shared::{Server, IDLE};
use super::state::State;
use crate::caller::NativeCaller;
use crate::time::Deadline;
use crate::trace;
use std::time::Instant;

impl Server {
    /// Closes the connections of handlers whose time is up; returns when the next one's time is up.
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
                trace::event("step", |line| {
                    line.text("step", "handler_timeout");
                    connection.handle.show(|on| line.socket(on));
                });
                // There is no caller to report a failure to.
                let _ = connection.on(NativeCaller).close_under_handler();
                if connection.handle.wake_again() {
                    self.state
                        .lock()
                        .try_again_at(Instant::now() + SIGNAL_INTERVAL, key);
                }
            }
        }
    }

    /// Ends handlers whose time is up, until there is room for another connection or the listener is closed. Returns
    /// how long to wait for a connection.
    pub(super) fn wait_for_room(&self) -> Deadline {
        if self.options.handler_timeout.is_none() {
            return Deadline::Never; // without a limit it gets here only when there is room
        }
        let _watching = Watching::begin(&self.state);
        loop {
            let next = self.close_overdue();
            let end = match next {
                Deadline::At(moment) => moment,
                Deadline::Never | Deadline::NonBlocking => Instant::now() + IDLE,
            };
            let room =
                |state: &State| state.handling < self.options.max_connections || self.listener.is_closed();
            if self.state.park_until(end, room) {
                return next;
            }
        }
    }
}
