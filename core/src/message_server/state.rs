//! The state that the workers of a message server share.

use super::connection::Connection;
use super::item::Item;
use crate::error::Error;
use crate::server::monitor::Watched;
use crate::sys::fork::InChild;
use crate::sys::thread::{self, Thread, ThreadId};
use crate::table::Table;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Failures that peers can cause as often as they like are reported at most this often.
const BETWEEN_REPORTS: Duration = Duration::from_secs(1);

/// What a message server has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageServerStats {
    /// Connections that have ended.
    pub handled: u64,
    /// Connections that ended because the peer had reset them or was gone, before or after they were accepted.
    pub resets: u64,
    /// Connections that were closed because the peer was idle for too long.
    pub idle_timeouts: u64,
    /// Connections that were closed because a callback took too long.
    pub handler_timeouts: u64,
    /// Connections that were closed because the peer had sent a message that was too long, malformed or unfinished.
    pub bad_messages: u64,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) connections: Table<Arc<Connection>>,
    /// Work that no worker has begun, in the order in which it came.
    pub(super) todo: VecDeque<Item>,
    /// How many connections are being closed by a worker, and are in no list meanwhile.
    pub(super) being_closed: usize,
    /// How many connections have ended whose `on_close` has not returned yet. They keep their places, so that callbacks never
    /// know of more open connections than the server may have.
    pub(super) leaving: usize,
    /// Connections that have ended, for which `on_close` is due.
    pub(super) closed: VecDeque<Arc<Connection>>,
    /// Connections whose callbacks have returned, and which have replies to send. Usually the worker that called them does
    /// that when nothing is left to do; if one of its callbacks takes long, another one does.
    pub(super) done: Vec<Item>,
    pub(super) workers: Vec<Option<WorkerEntry>>,
    /// The worker that waits in the poller, or that works on what it has found there.
    pub(super) leader: Option<usize>,
    /// The leader is in the poller.
    pub(super) polling: bool,
    /// The worker that takes over from a leader whose callback takes long.
    pub(super) standby: Option<(usize, Thread)>,
    /// The stand-by sleeps until it is woken.
    pub(super) standby_sleeps: bool,
    /// Other workers without work. The last one is next, so that the others find out that they are not needed.
    pub(super) idle: Vec<(usize, Thread)>,
    /// When another worker was requested, if it has not arrived yet.
    pub(super) expected_since: Option<Instant>,
    /// How often a worker has begun something.
    pub(super) begun: u64,
    /// How often a leader has gone to the poller.
    pub(super) batches: u64,
    /// When a stand-by last took over.
    last_slow: Option<Instant>,
    pub(super) accepting: Accepting,
    /// How long the last pause of accepting was, if nothing was accepted after it.
    pub(super) last_pause: Option<Duration>,
    /// When to look for idle connections again, in the server's milliseconds.
    pub(super) next_look: u64,
    pub(super) stopping: Option<Stopping>,
    /// Why accepting ended, unless the server was stopped.
    pub(super) failure: Option<Error>,
    pub(super) stats: MessageServerStats,
    /// When a reset, a silent peer and a bad message were last reported.
    reported: [Option<Instant>; 3],
    watchers: Vec<Thread>,
    /// The server has started threads, which may not be workers yet.
    pub(super) started: bool,
    /// This is a forked child of a process whose server had workers, and has none itself.
    pub(super) lost_workers_in_fork: bool,
}

/// Whether the listener is in the poller.
#[derive(Default)]
pub(super) enum Accepting {
    /// It is not, and may be added at once.
    #[default]
    Not,
    Registered,
    /// Accept has failed: not until then, or until a connection has ended.
    Paused {
        until: Instant,
        handled: u64,
    },
}

/// A stop in progress.
pub(super) struct Stopping {
    /// When connections are closed whatever is still to be sent.
    pub(super) deadline: Option<Instant>,
    /// The place in the table of the next connection to look at.
    pub(super) next: usize,
    /// All connections have been closed at the deadline.
    pub(super) forced: bool,
}

/// What the server knows about a worker.
pub(super) struct WorkerEntry {
    pub(super) thread: ThreadId,
    /// The key of the connection whose callbacks it calls.
    pub(super) working_on: Option<u64>,
    /// When its callback began, if there is a limit.
    pub(super) since: Option<Instant>,
    /// Its thread has called stop from a callback.
    pub(super) stops: bool,
}

impl Watched for State {
    fn watchers(&mut self) -> &mut Vec<Thread> {
        &mut self.watchers
    }
}

impl InChild for State {
    /// The child has none of the threads, and the connections are the parent's.
    fn in_child(parents: Option<Self>) -> Self {
        let served = |parents: &Self| parents.started || !parents.workers.is_empty();
        let lost_workers_in_fork = parents.as_ref().is_none_or(served);
        std::mem::forget(parents);
        Self {
            lost_workers_in_fork,
            ..Self::default()
        }
    }
}

impl State {
    /// Makes this thread a worker, and returns its place.
    pub(super) fn add_worker(&mut self) -> usize {
        self.expected_since = None;
        self.lost_workers_in_fork = false;
        let entry = WorkerEntry {
            thread: thread::me(),
            working_on: None,
            since: None,
            stops: false,
        };
        if let Some(at) = self.workers.iter().position(Option::is_none) {
            if let Some(place) = self.workers.get_mut(at) {
                *place = Some(entry);
            }
            return at;
        }
        self.workers.push(Some(entry));
        self.workers.len() - 1
    }

    pub(super) fn remove_worker(&mut self, at: usize) {
        self.idle.retain(|(idle, _)| *idle != at);
        if let Some(place) = self.workers.get_mut(at) {
            *place = None;
        }
        if self.standby.as_ref().is_some_and(|(standby, _)| *standby == at) {
            self.standby = None;
        }
        if self.leader == Some(at) {
            self.leader = None;
        }
    }

    /// The leader begins with callbacks: the stand-by watches it.
    pub(super) fn note_working(&mut self) {
        self.polling = false;
        self.begun += 1;
        if std::mem::take(&mut self.standby_sleeps) {
            if let Some((_, standby)) = &self.standby {
                standby.unpark();
            }
        }
    }

    /// Wakes an idle worker to be the stand-by, if there is none.
    pub(super) fn call_standby(&mut self) {
        if self.standby.is_none() {
            if let Some((_, idle)) = self.idle.pop() {
                idle.unpark();
            }
        }
    }

    /// Makes the stand-by the leader; returns what the leader's callback is about.
    pub(super) fn take_over(&mut self, standby: usize) -> Option<Arc<Connection>> {
        let slow = self.leader.replace(standby);
        self.last_slow = Some(Instant::now());
        self.standby = None;
        self.call_standby();
        let connection = self.entry(slow?)?.working_on?;
        self.connections.get(connection).cloned()
    }

    /// Whether a stand-by took over within this time.
    pub(super) fn was_slow_within(&self, time: Duration) -> bool {
        self.last_slow.is_some_and(|slow| slow.elapsed() < time)
    }

    /// Whether no other worker could take over from the leader, and there may be another one.
    pub(super) fn may_need_another(&self, most: usize) -> bool {
        self.idle.is_empty() && self.standby.is_none() && self.entries().count() < most
    }

    /// Reserves room for another worker on every list that it may end up on; false when there is no memory for that.
    pub(super) fn has_room_for_another(&mut self) -> bool {
        let workers = self.workers.len() + 1;
        self.workers.try_reserve(1).is_ok()
            && self
                .idle
                .try_reserve(workers.saturating_sub(self.idle.len()))
                .is_ok()
            && self
                .watchers
                .try_reserve(workers.saturating_sub(self.watchers.len()))
                .is_ok()
    }

    pub(super) fn entry(&mut self, at: usize) -> Option<&mut WorkerEntry> {
        self.workers.get_mut(at)?.as_mut()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &WorkerEntry> + '_ {
        self.workers.iter().flatten()
    }

    /// Whether there is something that no worker has begun.
    pub(super) fn has_work(&self) -> bool {
        !self.todo.is_empty() || !self.closed.is_empty()
    }

    /// The next thing to do.
    pub(super) fn next_item(&mut self) -> Option<Item> {
        self.todo
            .pop_front()
            .or_else(|| self.closed.pop_front().map(Item::close))
    }

    /// How many places for connections are taken.
    pub(super) fn taken(&self) -> usize {
        self.connections.len() + self.leaving
    }

    /// Whether the server was stopped, and every connection has ended.
    pub(super) fn is_over(&self) -> bool {
        let open = self.connections.len() + self.being_closed;
        self.stopping.is_some() && open == 0 && !self.has_work() && self.done.is_empty()
    }

    pub(super) fn threads(&self) -> HashSet<ThreadId> {
        self.entries().map(|entry| entry.thread).collect()
    }

    /// How many workers are in callbacks.
    pub(super) fn working(&self) -> usize {
        self.entries().filter(|entry| entry.working_on.is_some()).count()
    }

    /// Wakes all workers, to find out what has changed.
    pub(super) fn wake_workers(&mut self) {
        self.idle.drain(..).for_each(|(_, idle)| idle.unpark());
        if let Some((_, standby)) = &self.standby {
            standby.unpark();
        }
        self.standby_sleeps = false;
    }

    /// Counts an end that the peer has caused; returns whether it should also be reported.
    pub(super) fn count(&mut self, cause: PeerCause) -> bool {
        let (stats, [resets, silences, bad]) = (&mut self.stats, &mut self.reported);
        let (count, last) = match cause {
            PeerCause::Reset => (&mut stats.resets, resets),
            PeerCause::Idle => (&mut stats.idle_timeouts, silences),
            PeerCause::BadMessage => (&mut stats.bad_messages, bad),
        };
        *count += 1;
        let due = last.is_none_or(|last| last.elapsed() >= BETWEEN_REPORTS);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

/// What a peer can cause as often as it likes.
pub(super) enum PeerCause {
    Reset,
    Idle,
    BadMessage,
}
