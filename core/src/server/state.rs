//! What the threads of a server share, and what they have counted.

use crate::error::{Error, Kind};
use crate::socket::Socket;
use crate::sys::fork::InChild;
use crate::sys::thread::{self, Thread, ThreadId};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What peers can cause as often as they like is reported at most this often.
const BETWEEN_REPORTS: Duration = Duration::from_secs(1);

/// What a server has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Connections whose handlers have returned, well or not.
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
pub(super) struct State {
    /// The workers, by keys that are never used again.
    seats: HashMap<u64, Seat>,
    last_key: u64,
    /// Who accepts, or keeps the time while there is no room for another connection.
    pub(super) leader: Option<u64>,
    /// Workers that wait for their turn to accept; the last is the next, so that the others may find out that they are
    /// not needed.
    pub(super) followers: Vec<(u64, Thread)>,
    /// When a worker was asked for that has not come yet.
    pub(super) expected_since: Option<Instant>,
    /// How many connections are being handled.
    pub(super) handling: usize,
    /// How many workers have called stop: with a connection, and without.
    stopping: (usize, usize),
    /// When the time of handlers is up, with the keys of their workers.
    limits: BTreeSet<(Instant, u64)>,
    /// Connections that stop is to close.
    pub(super) to_close: VecDeque<Arc<Socket>>,
    /// Until when handlers whose connections were closed may take to return.
    pub(super) patience: Option<Instant>,
    /// Threads that wait for handlers to end.
    pub(super) sleepers: Vec<Thread>,
    /// Why accepting ended, when nobody stopped it.
    pub(super) failure: Option<Error>,
    pub(super) stats: ServerStats,
    /// It has threads of its own, which may be on their way to their seats.
    pub(super) started: bool,
    /// This is a forked child, and nobody accepts in it.
    pub(super) orphan: bool,
    /// When a reset and a silent peer were last reported.
    reported: [Option<Instant>; 2],
}

/// A worker as the others see it.
struct Seat {
    thread: ThreadId,
    /// What it handles.
    connection: Option<Arc<Socket>>,
    /// When the time of its handler is up, and has not been yet.
    limit: Option<Instant>,
    /// Stop has closed the connection.
    woken: bool,
    /// The handler has taken too long, and the connection was closed.
    overdue: bool,
    /// Its thread has called stop, and has not finished what it handles since.
    stops: bool,
}

/// Who calls stop. Workers that do so at the same time must not wait for each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StoppedBy {
    Worker,
    Other,
}

impl State {
    /// Makes this thread a worker.
    pub(super) fn seat(&mut self) -> u64 {
        self.last_key += 1;
        self.expected_since = None;
        self.orphan = false;
        let seat = Seat {
            thread: thread::me(),
            connection: None,
            limit: None,
            woken: false,
            overdue: false,
            stops: false,
        };
        self.seats.insert(self.last_key, seat);
        self.last_key
    }

    /// Makes room for another worker on every list that it may come to be on; false when there is no memory for that.
    pub(super) fn has_room_for_another(&mut self) -> bool {
        let workers = self.seats.len() + 1;
        let followers = workers.saturating_sub(self.followers.len());
        let sleepers = workers.saturating_sub(self.sleepers.len());
        self.seats.try_reserve(1).is_ok()
            && self.followers.try_reserve(followers).is_ok()
            && self.sleepers.try_reserve(sleepers).is_ok()
            && self
                .to_close
                .try_reserve(workers.saturating_sub(self.to_close.len()))
                .is_ok()
    }

    pub(super) fn workers(&self) -> usize {
        self.seats.len()
    }

    pub(super) fn threads(&self) -> impl Iterator<Item = ThreadId> + '_ {
        self.seats.values().map(|seat| seat.thread)
    }

    /// Notes which thread a worker runs in; false when it has left, or this is a forked child.
    pub(super) fn is_seated(&mut self, key: u64) -> bool {
        let seat = self.seats.get_mut(&key);
        seat.map(|seat| seat.thread = thread::me()).is_some()
    }

    /// Takes a worker off; false when it has left, or this is a forked child.
    pub(super) fn leave(&mut self, key: u64) -> bool {
        self.followers.retain(|(follower, _)| *follower != key);
        let Some(seat) = self.seats.remove(&key) else {
            return false;
        };
        self.stopping.1 -= usize::from(seat.stops);
        true
    }

    /// Notes what a worker handles, and until when it may; false when it has left, or this is a forked child.
    pub(super) fn begin(&mut self, key: u64, connection: &Arc<Socket>, limit: Option<Instant>) -> bool {
        let Some(seat) = self.seats.get_mut(&key) else {
            return false;
        };
        seat.connection = Some(Arc::clone(connection));
        seat.limit = limit;
        if seat.stops {
            self.stopping = (self.stopping.0 + 1, self.stopping.1 - 1);
        }
        self.limits.extend(limit.map(|limit| (limit, key)));
        self.handling += 1;
        true
    }

    /// Notes that it has handled that; which connection its thread should close for stop. In a child that the handler forked
    /// there is no such worker.
    pub(super) fn end(&mut self, key: u64) -> Option<Arc<Socket>> {
        let seat = self.seats.get_mut(&key)?;
        seat.connection = None;
        seat.woken = false;
        seat.overdue = false;
        if let Some(limit) = seat.limit.take() {
            self.limits.remove(&(limit, key));
        }
        if std::mem::take(&mut seat.stops) {
            self.stopping.0 -= 1;
        }
        self.handling -= 1;
        self.stats.handled += 1;
        self.wake_sleepers();
        self.to_close.pop_front()
    }

    /// Notes that this thread calls stop.
    pub(super) fn note_stop(&mut self) -> StoppedBy {
        let (me, mut stopped_by) = (thread::me(), StoppedBy::Other);
        for seat in self.seats.values_mut().filter(|seat| seat.thread == me) {
            stopped_by = StoppedBy::Worker;
            if !std::mem::replace(&mut seat.stops, true) {
                if seat.connection.is_some() {
                    self.stopping.0 += 1;
                } else {
                    self.stopping.1 += 1;
                }
            }
        }
        if stopped_by == StoppedBy::Worker {
            // Workers that waited for its handler do so no more.
            self.wake_sleepers();
        }
        stopped_by
    }

    /// How many handlers this stopped_by of stop waits for.
    pub(super) fn running(&self, stopped_by: StoppedBy) -> usize {
        match stopped_by {
            StoppedBy::Worker => self.handling - self.stopping.0,
            StoppedBy::Other => self.handling,
        }
    }

    /// Has their connections closed, unless stop has done so before; those may take so long to return.
    pub(super) fn close_running(&mut self, stopped_by: StoppedBy, patience: Duration) {
        for seat in self.seats.values_mut() {
            let excused = stopped_by == StoppedBy::Worker && seat.stops;
            if let (Some(connection), false) = (&seat.connection, excused || seat.woken) {
                seat.woken = true;
                self.to_close.push_back(Arc::clone(connection));
            }
        }
        if !self.to_close.is_empty() {
            self.patience = Some(Instant::now() + patience);
        }
    }

    /// Whether every worker has left that has no handler to wait for.
    pub(super) fn others_have_left(&self) -> bool {
        self.seats.len() == self.handling + self.stopping.1
    }

    /// The connections of handlers whose time is up.
    pub(super) fn take_overdue(&mut self) -> Vec<(u64, Arc<Socket>)> {
        let now = Instant::now();
        let mut overdue = Vec::new();
        while let Some((limit, key)) = self.limits.first().copied().filter(|(limit, _)| *limit <= now) {
            self.limits.remove(&(limit, key));
            let Some(seat) = self.seats.get_mut(&key) else {
                continue;
            };
            seat.limit = None;
            if let Some(connection) = &seat.connection {
                overdue.push((key, Arc::clone(connection)));
                // One that its handler closed or detached is not taken away.
                self.stats.handler_timeouts += u64::from(!seat.overdue && !connection.is_closed());
                seat.overdue = true;
            }
        }
        overdue
    }

    /// Has an overdue connection looked at again.
    pub(super) fn try_again_at(&mut self, moment: Instant, key: u64) {
        if let Some(seat) = self.seats.get_mut(&key).filter(|seat| seat.overdue) {
            seat.limit = Some(moment);
            self.limits.insert((moment, key));
        }
    }

    /// When the time of a handler is up next.
    pub(super) fn next_limit(&self) -> Option<Instant> {
        self.limits.first().map(|(limit, _)| *limit)
    }

    /// Whether the connection of a worker was closed under its handler.
    pub(super) fn is_closed_under(&self, key: u64) -> bool {
        self.seats
            .get(&key)
            .is_some_and(|seat| seat.woken || seat.overdue)
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

    pub(super) fn wake_sleepers(&self) {
        self.sleepers.iter().for_each(Thread::unpark);
    }

    pub(super) fn wake_followers(&mut self) {
        self.followers
            .drain(..)
            .for_each(|(_, follower)| follower.unpark());
    }
}
