//! Which callback a worker calls next, and what follows when those of a connection have returned.

use super::connection::{Owner, Sent};
use super::item::{Item, Next, Task};
use super::reason::CloseReason;
use super::recording::Running;
use super::shared::is_reset;
use super::state::{PeerCause, State};
use super::worker::MessageWorker;
use crate::error::{Error, Kind, Operation};
use crate::server::monitor::Watched;
use crate::sys::thread;
use crate::trace;
use std::time::Instant;

impl MessageWorker {
    /// Moves on to the next callback: the previous one has returned.
    #[inline]
    pub(super) fn next_callback(&mut self) -> Option<Next> {
        if trace::may_be_on() {
            return self.next_callback_recorded();
        }
        self.find_callback()
    }

    /// The same, and records the previous callback.
    #[cold]
    #[inline(never)]
    fn next_callback_recorded(&mut self) -> Option<Next> {
        if let Some(running) = self.running.take() {
            running.end();
        }
        let next = self.find_callback()?;
        self.running = self
            .current
            .as_ref()
            .and_then(|item| Running::begin(&next, &item.connection));
        Some(next)
    }

    #[inline]
    fn find_callback(&mut self) -> Option<Next> {
        loop {
            if let Some(item) = &mut self.current {
                let server = &self.server;
                match item.next(
                    server.framing.as_ref(),
                    server.options.max_unsent,
                    &mut self.buffers,
                ) {
                    Next::Nothing => {}
                    next @ (Next::Open | Next::Message(_) | Next::Close) => {
                        if self.server.options.handler_timeout.is_some() {
                            self.note_begun();
                        }
                        return Some(next);
                    }
                }
            }
            if !self.claim() {
                return None;
            }
        }
    }

    /// Takes the next work; false when there is none.
    fn claim(&mut self) -> bool {
        let mut previous = self.current.take();
        if self.sends_at_once || previous.as_ref().is_some_and(|item| item.task.closed.is_some()) {
            if let Some(item) = previous.take() {
                self.finish(item);
            }
        }
        let claimed = {
            let mut state = self.server.state.lock();
            let claimed = state.next_item();
            if let Some(mut item) = previous.take_if(|_| state.leader == Some(self.at)) {
                // With the replies of the whole batch; or by the worker that takes over.
                if claimed.is_some() {
                    if item.is_own() {
                        self.buffers.share_received(&mut self.received);
                        item.share(&self.received);
                    }
                    state.done.push(item); // there is room: `make_room` or `is_calm`
                } else {
                    self.finishing.push(item);
                }
            }
            state.begun += 1;
            if !self.take_in_hand(&mut state, claimed.as_ref()) {
                return false;
            }
            claimed
        };
        if let Some(item) = previous {
            self.finish(item);
        }
        let Some(item) = claimed else { return false };
        self.begin(item);
        true
    }

    /// Notes that its thread calls the callbacks of this item from now on, or of none; false if it is no longer a worker.
    #[inline]
    pub(super) fn take_in_hand(&self, state: &mut State, item: Option<&Item>) -> bool {
        let leads = state.leader == Some(self.at);
        let is_watched = state.standby.is_some() || self.server.options.threads() == 1;
        let Some(entry) = state.entry(self.at) else {
            return false;
        };
        entry.working_on = item.map(|item| item.connection.key());
        entry.since = None;
        if let Some(item) = item {
            // Under the lock: the stand-by ends this when it takes over.
            item.connection
                .set_collector((leads && is_watched).then(thread::me));
        } else if std::mem::take(&mut entry.stops) | state.stopping.is_some() {
            state.wake_watchers();
        }
        true
    }

    /// Makes this the item whose callbacks are called next.
    #[inline]
    pub(super) fn begin(&mut self, mut item: Item) {
        if item.is_awaited() {
            self.receive_now(&mut item);
        }
        self.current = Some(item);
    }

    /// Notes when a callback began, and that another one has ended.
    #[cold]
    fn note_begun(&mut self) {
        let mut state = self.server.state.lock();
        state.begun += 1;
        if let Some(entry) = state.entry(self.at) {
            entry.since = Some(Instant::now());
        }
    }

    pub(super) fn finish_all(&mut self) {
        let mut finishing = std::mem::take(&mut self.finishing);
        for item in finishing.drain(..) {
            self.finish(item);
        }
        self.finishing = finishing;
    }

    /// Sends what the callbacks of a connection have left to send, and lets go of it.
    pub(super) fn finish(&mut self, mut item: Item) {
        let server = &self.server;
        if item.task.closed.is_some() {
            return server.free_place();
        }
        let (kept, end) = item.leave(&self.buffers.received);
        let connection = &item.connection;
        if end.is_some() || server.options.idle_timeout.is_some() {
            connection.note_active(server.milliseconds());
        }
        if let Some(end) = end {
            let mut traffic = connection.traffic.lock();
            if matches!(*end, CloseReason::Failed(_)) {
                traffic.cut_off(*end);
                traffic.drop_unsent();
            } else {
                traffic.end(*end);
            }
        }
        let (buffers, data) = (&mut self.buffers, item.task.data.take());
        let due = connection.send_queued(|traffic, Sent { all, some }| {
            if some && !all {
                connection.note_active(server.milliseconds());
            }
            connection.set_collector(None);
            traffic.in_hands = false;
            if data.is_some() {
                traffic.data = data;
            }
            match kept {
                Some(Ok(kept)) => traffic.kept = Some(kept),
                Some(Err(kind)) => traffic.end(CloseReason::Failed(Error::new(Operation::Recv, kind))),
                None => {}
            }
            buffers.take_back(traffic);
            connection.settle_idle(&**server, traffic)
        });
        if due {
            server.end(connection.key(), true);
        } else {
            server.note_idle_while_stopping(connection.key());
        }
        if self.tasks.len() < self.tasks.capacity() {
            *item.task = Task::default();
            self.tasks.push(item.task);
        }
    }

    /// Whether the failure of the callback should be reported.
    pub(super) fn note_failed(&mut self, kind: Option<Kind>) -> bool {
        let Some(item) = &self.current else { return true };
        let connection = &item.connection;
        let closed_under = {
            let mut traffic = connection.traffic.lock();
            let closed_under = matches!(
                traffic.ending.as_deref(),
                Some(CloseReason::HandlerTimeout | CloseReason::Stopped | CloseReason::Failed(_))
            );
            traffic.end(CloseReason::HandlerFailed);
            traffic.refused = item.task.opened;
            closed_under
        };
        match kind {
            Some(Kind::Closed) => !closed_under,
            Some(kind) if is_reset(kind) && connection.socket.handle.peer_may_have_caused(kind) => {
                self.server.state.lock().count(PeerCause::Reset)
            }
            _ => true,
        }
    }
}
