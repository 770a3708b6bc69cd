//! What the leader does: wait in the poller, accept, receive.

use super::connection::{Connection, Owner};
use super::item::{Input, Item};
use super::limits::AT_A_TIME;
use super::reason::CloseReason;
use super::receive::MOST_IN_BATCH;
use super::shared::MessageServer;
use super::state::{Accepting, PeerCause, State};
use super::worker::{MessageWorker, Turn};
use crate::address::Address;
use crate::caller::{CallHints, Caller, NativeCaller, Start, Stop};
use crate::error::{Error, Kind, Operation, Result};
use crate::framing::read_ahead::FIRST_PLACE;
use crate::memory;
use crate::poll::Events;
use crate::poller::Event;
use crate::server::accepting::{is_final, longer_pause};
use crate::socket::Socket;
use crate::sys::selector::Trigger;
use crate::time::Timeout;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// The most connections that one wait finds ready, and the most in a batch whose replies are sent at once.
const MOST_READY: usize = 64;

/// The most in a batch whose replies are sent together, so that no reply waits long for the others.
const MOST_TOGETHER: usize = 16;

/// The most work that one turn of the leader adds.
const MOST_FOUND: usize = 4 * MOST_READY;

/// The most connections accepted before others get their turn.
const MOST_ACCEPTED: usize = 64;

/// The token of the listener; no connection has this key.
const LISTENER: u64 = 0;

/// Waits, and leaves signals to the thread's own caller, which checks for them after a spin that found nothing, too.
struct StopAtSignals;

impl Caller for StopAtSignals {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> std::result::Result<(), Stop> {
        Err(Stop)
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Waiting
    }
}

impl MessageWorker {
    /// Waits until there is something to do for the callbacks, and queues it; or notes trouble. Returns what else its thread
    /// should do; [`Turn::Work`] means that it has begun the work itself. `calm`: see [`is_calm`](Self::is_calm).
    pub(super) fn lead(&mut self, calm: bool) -> Option<Turn> {
        let next = if calm {
            self.begin_batch();
            None
        } else {
            if let Err(kind) = self.make_room() {
                self.trouble = Some(Error::new(Operation::Server, kind));
                return None;
            }
            self.begin_batch();
            let next = self.see_to_the_rest();
            if self.queue() || self.trouble.is_some() {
                return None;
            }
            next
        };
        // What did not fit into the last batch comes first.
        let mut accepts = false;
        if self.ready.is_empty() {
            match self.wait(next) {
                Ok(found) => accepts = found,
                Err(error) if error.kind() == Kind::Interrupted => return Some(Turn::Interrupted),
                Err(error) => {
                    self.fail(error);
                    return None;
                }
            }
        }
        while self.has_room() {
            let Some((connection, events)) = self.ready.pop_front() else {
                break;
            };
            self.look_at(connection, events, false);
        }
        if accepts {
            self.accept();
        }
        if self.begin_at_once() {
            return Some(Turn::Work);
        }
        self.queue();
        None
    }

    /// Whether it may wait at once: there is room for what it may find, the poller watches the listener or there are as many
    /// connections as allowed, and there is no stop to advance and no time limit to enforce. Whatever changes this wakes the poller.
    pub(super) fn is_calm(&self, state: &State) -> bool {
        let options = &self.server.options;
        let has_room = |capacity, length| capacity - length >= MOST_FOUND;
        let listens = match state.accepting {
            Accepting::Registered => true,
            Accepting::Not => state.taken() >= self.server.most_connections(),
            Accepting::Paused { .. } => false,
        };
        !self.events.is_empty()
            && has_room(state.todo.capacity(), state.todo.len())
            && has_room(state.done.capacity(), state.done.len())
            && listens
            && state.stopping.is_none()
            && options.idle_timeout.is_none()
            && options.handler_timeout.is_none()
            && !self.server.ending.load(Ordering::SeqCst)
    }

    /// Sees to what the poller does not report: a stop, time limits, a listener that it does not watch. Returns when to do so
    /// again.
    fn see_to_the_rest(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let moments = [
            self.advance_stop(now),
            self.enforce_limits(now),
            self.watch_listener(now),
        ];
        moments.into_iter().flatten().min()
    }

    /// Begins the work for the only connection that it has found, without the queue that it shares with other workers; false if
    /// there is more, or something else to do first.
    fn begin_at_once(&mut self) -> bool {
        if self.items.len() != 1 || self.trouble.is_some() || self.server.options.handler_timeout.is_some() {
            return false;
        }
        {
            let mut state = self.server.state.lock();
            let leads = state.leader == Some(self.at);
            if !leads || state.has_work() || state.may_need_another(self.server.options.threads()) {
                return false;
            }
            state.note_working();
            state.call_standby();
            if !self.take_in_hand(&mut state, self.items.first()) {
                return false;
            }
        }
        if let Some(item) = self.items.pop() {
            self.begin(item);
        }
        true
    }

    /// Waits until connections are ready, or until this moment; returns whether there are connections to accept.
    fn wait(&mut self, end: Option<Instant>) -> Result<bool> {
        let left = end.map(|end| {
            end.saturating_duration_since(Instant::now())
                .max(Duration::from_millis(1))
        });
        let poller = &self.server.poller;
        let count = poller.wait_spinning(
            &mut self.events,
            Timeout::from(left),
            &mut StopAtSignals,
            &mut self.spin,
        )?;
        let mut accepts = false;
        let state = self.server.state.lock();
        for event in self.events.iter().take(count) {
            if event.token == LISTENER {
                accepts = true;
            } else if let Some(connection) = state.connections.get(event.token) {
                self.ready.push_back((Arc::clone(connection), event.events)); // `make_room` has made room
            }
        }
        Ok(accepts)
    }

    /// Makes what it has found available to all workers; false when it has found nothing.
    fn queue(&mut self) -> bool {
        if self.has_received() {
            self.buffers.share_received(&mut self.received);
            for item in &mut self.items {
                item.share(&self.received);
            }
        }
        let mut state = self.server.state.lock();
        if self.items.is_empty() && !state.has_work() {
            return false;
        }
        state.todo.extend(self.items.drain(..)); // `make_room` has made room
        true
    }

    /// Whether the batch may become larger.
    pub(super) fn has_room(&self) -> bool {
        let most = if self.sends_at_once {
            MOST_READY
        } else {
            MOST_TOGETHER
        };
        self.used < FIRST_PLACE + MOST_IN_BATCH && self.items.len() < most
    }

    fn make_room(&mut self) -> std::result::Result<(), Kind> {
        if self.events.is_empty() {
            memory::reserve(&mut self.events, MOST_READY)?;
            self.events.resize(MOST_READY, Event::default());
        }
        if self.ready.capacity() == 0 {
            let room = self.ready.try_reserve(MOST_READY);
            room.map_err(|_| Kind::OutOfMemory)?;
        }
        if self.silent.capacity() == 0 {
            memory::reserve(&mut self.silent, AT_A_TIME)?;
        }
        if self.items.capacity() == 0 {
            memory::reserve(&mut self.items, 2 * MOST_READY)?;
            memory::reserve(&mut self.tasks, MOST_READY)?;
            memory::reserve(&mut self.finishing, 1)?;
        }
        {
            let mut state = self.server.state.lock();
            state
                .todo
                .try_reserve(MOST_FOUND)
                .map_err(|_| Kind::OutOfMemory)?;
            state
                .done
                .try_reserve(MOST_FOUND)
                .map_err(|_| Kind::OutOfMemory)?;
        }
        Ok(())
    }

    /// Does what a connection is ready for. `last`: what has arrived by now is the last that is received.
    pub(super) fn look_at(&mut self, connection: Arc<Connection>, events: Events, last: bool) {
        let Some((input, end)) = self.server.take_in_hand(&connection, events, last) else {
            return;
        };
        let mut item = Item::new(connection, self.tasks.pop().unwrap_or_default());
        item.find(input, end);
        if last {
            item.ends(CloseReason::Stopped);
        }
        if !self.sends_at_once {
            self.receive(&mut item);
        }
        self.items.push(item);
    }

    /// Accepts what waits to be accepted.
    fn accept(&mut self) {
        let server = Arc::clone(&self.server);
        for _ in 0..MOST_ACCEPTED {
            let full = {
                let mut state = server.state.lock();
                let full = state.taken() >= server.most_connections();
                if full || state.stopping.is_some() {
                    state.accepting = Accepting::Not;
                }
                full || state.stopping.is_some()
            };
            if full {
                let _ = server.poller.remove(&*server.listener);
                return;
            }
            let accepted = server
                .listener
                .on(NativeCaller)
                .within(Timeout::NonBlocking)
                .accept();
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) if matches!(error.kind(), Kind::WouldBlock | Kind::Closed) => return,
                // The peer has reset a connection that was waiting to be accepted.
                Err(error) if error.kind() == Kind::Os(libc::ECONNABORTED) => {
                    server.state.lock().count(PeerCause::Reset);
                    continue;
                }
                Err(error) => return self.pause_accepting(error),
            };
            if let Err(error) = self.open(socket, peer) {
                return self.pause_accepting(error);
            }
        }
    }

    fn open(&mut self, socket: Socket, peer: Address) -> Result<()> {
        let server = Arc::clone(&self.server);
        let no_memory = |kind| Error::new(Operation::Accept, kind);
        memory::reserve(&mut self.items, 1).map_err(no_memory)?;
        let mut state = server.state.lock();
        let open = state.connections.len() + 1;
        let room = state.closed.try_reserve(open);
        room.map_err(|_| no_memory(Kind::OutOfMemory))?;
        let key = state.connections.next_key().map_err(no_memory)?;
        let options = &server.options;
        let owner: Weak<dyn Owner> = Arc::<MessageServer>::downgrade(&server);
        let framing = server.framing.filter(|_| !options.raw_replies);
        let connection = Connection::new(
            owner,
            key,
            socket,
            peer,
            framing,
            options.max_unsent,
            server.milliseconds(),
        );
        let connection = Arc::new(connection);
        state.connections.add(key, Arc::clone(&connection));
        state.last_pause = None;
        self.items.push(Item::open(connection));
        Ok(())
    }

    /// Accept has failed: reports it, and waits.
    fn pause_accepting(&mut self, error: Error) {
        let server = Arc::clone(&self.server);
        if is_final(error.kind()) {
            return self.fail(error);
        }
        let _ = server.poller.remove(&*server.listener);
        let mut state = server.state.lock();
        let pause = longer_pause(state.last_pause);
        state.last_pause = Some(pause);
        state.accepting = Accepting::Paused {
            until: Instant::now() + pause,
            handled: state.stats.handled,
        };
        self.trouble = Some(error);
    }

    /// The server can't go on.
    fn fail(&mut self, error: Error) {
        self.server.state.lock().failure = Some(error.clone());
        self.trouble = Some(error);
        let _ = self.server.listener.on(NativeCaller).close();
    }

    /// Has the poller watch the listener when there may be another connection. Returns when to try again.
    fn watch_listener(&mut self, now: Instant) -> Option<Instant> {
        let server = Arc::clone(&self.server);
        {
            let state = server.state.lock();
            let full = state.taken() >= server.most_connections();
            match state.accepting {
                Accepting::Registered => return None,
                _ if full || state.stopping.is_some() => return None,
                Accepting::Paused { until, handled } if now < until && state.stats.handled == handled => {
                    return Some(until)
                }
                Accepting::Paused { .. } | Accepting::Not => {}
            }
        }
        match server
            .poller
            .add(&*server.listener, LISTENER, Events::READABLE, Trigger::Level)
        {
            Ok(()) => server.state.lock().accepting = Accepting::Registered,
            Err(error) if error.kind() == Kind::Closed => {}
            Err(error) => self.pause_accepting(error),
        }
        None
    }
}

/// What there is for a connection's callbacks, and what followed it.
type Found = (Input, Option<Box<CloseReason>>);

impl MessageServer {
    /// Takes a connection in hand if what it is ready for needs a callback. `last`: what has arrived by now is the last that is
    /// received.
    fn take_in_hand(&self, connection: &Arc<Connection>, events: Events, last: bool) -> Option<Found> {
        let receives = last || events.0 & (Events::READABLE | Events::ERROR | Events::HANGUP).0 != 0;
        if events.0 & !Events::READABLE.0 != 0 {
            connection.flush();
        }
        let kept = {
            let mut traffic = connection.traffic.lock();
            if traffic.over {
                return None;
            }
            if traffic.in_hands {
                // It is looked at again when its callback has returned.
                let wanted = Events(traffic.watched.0 & Events::WRITABLE.0);
                let wanted = if traffic.unsent() > 0 {
                    wanted
                } else {
                    Events::NONE
                };
                connection.watch(&self.poller, &mut traffic, wanted);
                return None;
            }
            let full = traffic.unsent() > self.options.max_unsent;
            let waits = full && (!last || traffic.is_last_held());
            if traffic.ending.is_some() || waits || !(receives || traffic.is_held()) {
                if connection.settle_idle(self, &mut traffic) {
                    drop(traffic);
                    self.end(connection.key(), false);
                }
                return None;
            }
            traffic.in_hands = true;
            traffic.kept.take()
        };
        Some(match kept {
            Some(mut kept) if kept.held => {
                let end = kept.end.take();
                (Input::Kept(kept), end)
            }
            kept => (Input::Awaited(kept), None),
        })
    }
}
