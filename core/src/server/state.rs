//! The state that the threads of a server share, and their counters.

use super::monitor::Watched;
use crate::error::{Error, Kind};
use crate::socket::Socket;
use crate::sys::fork::InChild;
use crate::sys::thread::{self, Thread, ThreadId};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Failures that peers can cause as often as they like are reported at most this often.
const BETWEEN_REPORTS: Duration = Duration::from_secs(1);

/// What a server has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Connections whose handlers have returned, successfully or not.
    pub handled: u64,
    /// Handlers that failed because the peer had reset the connection or was gone, and connections that were reset before
    /// they were accepted.
    pub resets: u64,
    /// Handlers that failed because the peer was silent for longer than [`ServeOptions::idle_timeout`](super::ServeOptions).
    pub idle_timeouts: u64,
    /// Connections that were closed because their handlers took longer than
    /// [`ServeOptions::handler_timeout`](super::ServeOptions).
    pub handler_timeouts: u64,
}

impl InChild for State {
    /// The child has none of the threads.
    fn in_child(parents: Option<Self>) -> Self {
        let served = |parents: &Self| parents.started || !parents.entries.is_empty();
        let lost_workers_in_fork = parents.as_ref().is_none_or(served);
        std::mem::forget(parents);
        Self {
            lost_workers_in_fork,
            ..Self::default()
        }
    }
}

impl Watched for State {
    fn watchers(&mut self) -> &mut Vec<Thread> {
        &mut self.watchers
    }
}

#[derive(Default)]
pub(super) struct State {
    /// The workers, by keys that are never used again.
    entries: HashMap<u64, WorkerEntry>,
    last_key: u64,
    /// The worker whose turn it is to accept, or to enforce time limits while there is no room for another connection.
    pub(super) acceptor: Option<u64>,
    /// Workers that wait for their turn to accept. The last one is next, so that the others find out that they are not
    /// needed.
    pub(super) idle_workers: Vec<(u64, Thread)>,
    /// When another worker was requested, if it has not arrived yet.
    pub(super) expected_since: Option<Instant>,
    /// How many connections are being handled.
    pub(super) handling: usize,
    /// How many workers have called stop: while they handle a connection, and without one.
    stopping: (usize, usize),
    /// When handlers reach their time limits, with the keys of their workers.
    limits: BTreeSet<(Instant, u64)>,
    /// Connections that stop should close.
    pub(super) to_close: VecDeque<Arc<Socket>>,
    /// The time by which handlers whose connections were closed must have returned.
    pub(super) return_deadline: Option<Instant>,
    watchers: Vec<Thread>,
    /// Why accepting ended, unless the server was stopped.
    pub(super) failure: Option<Error>,
    pub(super) stats: ServerStats,
    /// The server has started threads, which may not be workers yet.
    pub(super) started: bool,
    /// This is a forked child of a process whose server had workers, and has none itself.
    pub(super) lost_workers_in_fork: bool,
    /// When a reset and a silent peer were last reported.
    reported: [Option<Instant>; 2],
}

/// What the server knows about a worker.
struct WorkerEntry {
    thread: ThreadId,
    /// The connection it handles.
    connection: Option<Arc<Socket>>,
    /// When its handler reaches its time limit, unless it has already.
    limit: Option<Instant>,
    /// stop has closed the connection.
    woken: bool,
    /// The handler took too long, and the connection was closed.
    overdue: bool,
    /// Its thread has called stop, and is still handling the connection that it had then.
    stops: bool,
}

/// What kind of thread calls stop. Workers that do so at the same time must not wait for each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StoppedBy {
    Worker,
    Other,
}

impl State {
    /// Makes this thread a worker.
    pub(super) fn add_worker(&mut self) -> u64 {
        self.last_key += 1;
        self.expected_since = None;
        self.lost_workers_in_fork = false;
        let entry = WorkerEntry {
            thread: thread::me(),
            connection: None,
            limit: None,
            woken: false,
            overdue: false,
            stops: false,
        };
        self.entries.insert(self.last_key, entry);
        self.last_key
    }

    /// Reserves room for another worker on every list that it may end up on; false when there is no memory for that.
    pub(super) fn has_room_for_another(&mut self) -> bool {
        let workers = self.entries.len() + 1;
        let idle_workers = workers.saturating_sub(self.idle_workers.len());
        let watchers = workers.saturating_sub(self.watchers.len());
        self.entries.try_reserve(1).is_ok()
            && self.idle_workers.try_reserve(idle_workers).is_ok()
            && self.watchers.try_reserve(watchers).is_ok()
            && self
                .to_close
                .try_reserve(workers.saturating_sub(self.to_close.len()))
                .is_ok()
    }

    pub(super) fn workers(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn threads(&self) -> impl Iterator<Item = ThreadId> + '_ {
        self.entries.values().map(|entry| entry.thread)
    }

    /// Notes which thread a worker runs in; false when it has left, or this is a forked child.
    pub(super) fn note_thread_of(&mut self, key: u64) -> bool {
        let entry = self.entries.get_mut(&key);
        entry.map(|entry| entry.thread = thread::me()).is_some()
    }

    /// Removes a worker; false when it was removed before, or this is a forked child.
    pub(super) fn remove_worker(&mut self, key: u64) -> bool {
        self.idle_workers.retain(|(idle, _)| *idle != key);
        let Some(entry) = self.entries.remove(&key) else {
            return false;
        };
        self.stopping.1 -= usize::from(entry.stops);
        true
    }

    /// Records what a worker handles, and its time limit; false when it has left, or this is a forked child.
    pub(super) fn begin(&mut self, key: u64, connection: &Arc<Socket>, limit: Option<Instant>) -> bool {
        let Some(entry) = self.entries.get_mut(&key) else {
            return false;
        };
        entry.connection = Some(Arc::clone(connection));
        entry.limit = limit;
        if entry.stops {
            self.stopping = (self.stopping.0 + 1, self.stopping.1 - 1);
        }
        self.limits.extend(limit.map(|limit| (limit, key)));
        self.handling += 1;
        self.let_the_only_one_spin();
        true
    }

    /// Records that it has handled that; returns a connection that its thread should close for stop. In a child that
    /// the handler forked there is no such worker.
    pub(super) fn end(&mut self, key: u64) -> Option<Arc<Socket>> {
        let entry = self.entries.get_mut(&key)?;
        if let Some(connection) = entry.connection.take() {
            connection.handle.let_receives_spin(false); // the handler may have kept it
        }
        entry.woken = false;
        entry.overdue = false;
        if let Some(limit) = entry.limit.take() {
            self.limits.remove(&(limit, key));
        }
        if std::mem::take(&mut entry.stops) {
            self.stopping.0 -= 1;
        }
        self.handling -= 1;
        self.let_the_only_one_spin();
        self.stats.handled += 1;
        self.wake_watchers();
        self.to_close.pop_front()
    }

    /// Receives from the only connection may spin. With several, one would keep the handlers of others from the processor.
    fn let_the_only_one_spin(&self) {
        if self.handling > 2 {
            return; // nor could they before
        }
        for connection in self
            .entries
            .values()
            .filter_map(|entry| entry.connection.as_ref())
        {
            connection.handle.let_receives_spin(self.handling == 1);
        }
    }

    /// Notes that this thread calls stop.
    pub(super) fn note_stop(&mut self) -> StoppedBy {
        let (me, mut stopped_by) = (thread::me(), StoppedBy::Other);
        for entry in self.entries.values_mut().filter(|entry| entry.thread == me) {
            stopped_by = StoppedBy::Worker;
            if !std::mem::replace(&mut entry.stops, true) {
                if entry.connection.is_some() {
                    self.stopping.0 += 1;
                } else {
                    self.stopping.1 += 1;
                }
            }
        }
        if stopped_by == StoppedBy::Worker {
            // Other workers no longer wait for its handler.
            self.wake_watchers();
        }
        stopped_by
    }

    /// How many handlers a stop by this kind of thread waits for.
    pub(super) fn running(&self, stopped_by: StoppedBy) -> usize {
        match stopped_by {
            StoppedBy::Worker => self.handling - self.stopping.0,
            StoppedBy::Other => self.handling,
        }
    }

    /// Queues the connections of running handlers to be closed, unless an earlier stop has; the handlers then have this long
    /// to return.
    pub(super) fn close_running(&mut self, stopped_by: StoppedBy, return_deadline: Duration) {
        for entry in self.entries.values_mut() {
            let stops_itself = stopped_by == StoppedBy::Worker && entry.stops;
            if let (Some(connection), false) = (&entry.connection, stops_itself || entry.woken) {
                entry.woken = true;
                self.to_close.push_back(Arc::clone(connection));
            }
        }
        if !self.to_close.is_empty() {
            self.return_deadline = Some(Instant::now() + return_deadline);
        }
    }

    /// Whether all workers have left, except those whose handlers are running or have called stop.
    pub(super) fn others_have_left(&self) -> bool {
        self.entries.len() == self.handling + self.stopping.1
    }

    /// The connections of handlers whose time is up.
    pub(super) fn take_overdue(&mut self) -> Vec<(u64, Arc<Socket>)> {
        let now = Instant::now();
        let mut overdue = Vec::new();
        while let Some((limit, key)) = self.limits.first().copied().filter(|(limit, _)| *limit <= now) {
            self.limits.remove(&(limit, key));
            let Some(entry) = self.entries.get_mut(&key) else {
                continue;
            };
            entry.limit = None;
            if let Some(connection) = &entry.connection {
                overdue.push((key, Arc::clone(connection)));
                // A connection that its handler closed or detached is not taken away from it.
                self.stats.handler_timeouts += u64::from(!entry.overdue && !connection.is_closed());
                entry.overdue = true;
            }
        }
        overdue
    }

    /// Schedules another look at an overdue connection.
    pub(super) fn try_again_at(&mut self, moment: Instant, key: u64) {
        if let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.overdue) {
            entry.limit = Some(moment);
            self.limits.insert((moment, key));
        }
    }

    /// When the next handler's time is up.
    pub(super) fn next_limit(&self) -> Option<Instant> {
        self.limits.first().map(|(limit, _)| *limit)
    }

    /// Whether the connection of a worker was closed under its handler.
    pub(super) fn is_closed_under(&self, key: u64) -> bool {
        self.entries
            .get(&key)
            .is_some_and(|entry| entry.woken || entry.overdue)
    }

    /// Counts a reset by a peer, or its silence; returns whether it should also be reported.
    pub(super) fn count(&mut self, kind: Kind) -> bool {
        let (stats, [resets, silences]) = (&mut self.stats, &mut self.reported);
        let (count, last) = if kind == Kind::TimedOut {
            (&mut stats.idle_timeouts, silences)
        } else {
            (&mut stats.resets, resets)
        };
        *count += 1;
        let due = last.is_none_or(|last| last.elapsed() >= BETWEEN_REPORTS);
        if due {
            *last = Some(Instant::now());
        }
        due
    }

    pub(super) fn wake_idle_workers(&mut self) {
        self.idle_workers.drain(..).for_each(|(_, idle)| idle.unpark());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Family;

    #[test]
    fn receives_spin_on_the_only_connection_and_not_beside_a_low_water_mark() {
        let mut state = State::default();
        let connections: [_; 3] = std::array::from_fn(|_| Arc::new(Socket::tcp(Family::IPV4).unwrap()));
        let workers: [_; 3] = std::array::from_fn(|_| state.add_worker());
        let spinning = || connections.each_ref().map(|each| each.handle.receives_may_spin());
        assert_eq!(spinning(), [false; 3]);
        for (at, expected) in [(0, [true, false, false]), (1, [false; 3]), (2, [false; 3])] {
            assert!(state.begin(workers[at], &connections[at], None));
            assert_eq!(spinning(), expected);
        }
        for (at, expected) in [(1, [false; 3]), (0, [false, false, true]), (2, [false; 3])] {
            state.end(workers[at]);
            assert_eq!(spinning(), expected);
        }
        assert!(state.begin(workers[1], &connections[1], None));
        assert_eq!(spinning(), [false, true, false]);
        connections[0].set_recv_low_water(2).unwrap();
        assert_eq!(spinning(), [false; 3], "connections may have inherited it");
    }
}
