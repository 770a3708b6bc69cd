//! What a thread of a message server does: lead, call callbacks, take over from a slow callback, wait.

use super::buffers::{Buffers, Received};
use super::connection::Connection;
use super::item::{Item, Task};
use super::recording::{record, Running};
use super::shared::MessageServer;
use super::state::State;
use crate::adaptive_spin::AdaptiveSpin;
use crate::error::Error;
use crate::poll::Events;
use crate::poller::Event;
use crate::server::monitor::Watched;
use crate::sys::fork;
use crate::sys::thread;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the stand-by looks whether the leader's callback takes long. Each look takes the leader's processor for a moment.
const TICK: Duration = Duration::from_millis(5);

/// The same while callbacks have taken long recently.
const SHORT_TICK: Duration = Duration::from_millis(2);

/// How long ago that may be.
const RECENTLY: Duration = Duration::from_secs(1);

/// After this time in the same batch the stand-by takes over in any case: there is enough work for two.
const LONG_BATCH: Duration = Duration::from_millis(10);

/// After this time without work the stand-by sleeps until it is woken.
const QUIET: Duration = Duration::from_millis(50);

/// A thread that was requested and has not arrived within this time is no longer expected.
const ARRIVAL: Duration = Duration::from_secs(1);

/// A worker that is not needed leaves after this time.
const IDLE: Duration = Duration::from_secs(10);

/// A thread's part in a message server: the thread does what each [`step`](Self::step) says, as long as there is one.
///
/// ```
/// use polysock::{create_connection, create_server, Framing, MessageEvent, MessageServeOptions, MessageServer, MessageStep, NativeCaller};
/// use std::time::Duration;
///
/// # fn main() -> polysock::Result<()> {
/// let mut options = MessageServeOptions::default();
/// options.workers = 1;
/// let server = MessageServer::new(create_server("127.0.0.1", 0, 128)?, Some(Framing::lines()), options)?;
/// let port = server.listener().local_address()?.port().unwrap_or(0);
/// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
/// client.send_all(b"hello\n")?;
///
/// let mut worker = server.worker();
/// while let Some(step) = worker.step(&mut NativeCaller)? {
///     let MessageStep::Batch(mut batch) = step else { continue };
///     while let Some(event) = batch.next_event() {
///         if let MessageEvent::Message(_, line) = event {
///             let reply = line.to_ascii_uppercase();
///             batch.reply(&reply)?;
///             server.stop(Duration::from_secs(5), &mut NativeCaller)?;
///         }
///     }
/// }
/// let mut reply = [0; 6];
/// client.recv_exact(&mut reply)?;
/// assert_eq!(&reply, b"HELLO\n");
/// # Ok(())
/// # }
/// ```
pub struct MessageWorker {
    pub(super) server: Arc<MessageServer>,
    /// Its place among the workers.
    pub(super) at: usize,
    /// The process that it belongs to.
    generation: u32,
    /// It leaves when it is not needed.
    may_leave: bool,
    /// Replies are sent before the next connection is handled.
    pub(super) sends_at_once: bool,
    /// Whose callbacks are being called.
    pub(super) current: Option<Item>,
    /// The callback that is running, while calls are recorded.
    pub(super) running: Option<Box<Running>>,
    pub(super) buffers: Buffers,
    /// How much of the memory to receive into is used.
    pub(super) used: usize,
    /// That memory while callbacks are called, if other workers may take over some of them.
    pub(super) received: Arc<Received>,
    pub(super) events: Vec<Event>,
    /// When its waits spin before they sleep.
    pub(super) spin: AdaptiveSpin,
    /// What the leader has found in the poller and not looked at yet. If another worker leads meanwhile, that one finds it, too.
    pub(super) ready: VecDeque<(Arc<Connection>, Events)>,
    /// Connections that may have been idle for too long.
    pub(super) silent: Vec<Arc<Connection>>,
    pub(super) items: Vec<Item>,
    /// What could not be accepted.
    pub(super) trouble: Option<Error>,
    /// Connections whose callbacks have returned.
    pub(super) finishing: Vec<Item>,
    /// Memory for further work.
    #[allow(clippy::vec_box)] // items take the boxes and give them back
    pub(super) tasks: Vec<Box<Task>>,
}

/// What a worker does next.
enum Role {
    Leave,
    Recruit,
    Work,
    /// Wait in the poller; if `calm`, at once: there is nothing else to see to.
    Lead {
        calm: bool,
    },
    /// Report what could not be accepted.
    Report,
    StandBy,
    Idle,
    /// As many callbacks are running as may: only their time limits are enforced.
    Guard,
}

/// How a turn ends.
pub(super) enum Turn {
    Leave,
    Recruit,
    Work,
    Trouble(Error),
    Interrupted,
}

impl MessageServer {
    /// Makes this thread a worker. Any number of threads may be workers; those that are not needed wait.
    pub fn worker(self: &Arc<Self>) -> MessageWorker {
        MessageWorker {
            server: Arc::clone(self),
            at: self.state.lock().add_worker(),
            generation: fork::generation(),
            may_leave: false,
            sends_at_once: false,
            current: None,
            running: None,
            buffers: Buffers::default(),
            used: 0,
            received: Arc::new(Received(Vec::new())),
            events: Vec::new(),
            spin: AdaptiveSpin::new(),
            ready: VecDeque::new(),
            silent: Vec::new(),
            items: Vec::new(),
            trouble: None,
            finishing: Vec::new(),
            tasks: Vec::new(),
        }
    }
}

impl MessageWorker {
    /// Makes it leave when it has not been needed for ten seconds: for threads that join when the server asks for one.
    #[must_use]
    pub fn while_needed(mut self) -> Self {
        self.may_leave = true;
        self
    }

    /// Makes it send the replies of each connection before it goes on to the next one, inside
    /// [`next_event`](super::MessageBatch::next_event). Otherwise they are sent in the next [`step`](Self::step), inside
    /// [`Caller::block`](crate::Caller::block).
    #[must_use]
    pub fn sending_at_once(mut self) -> Self {
        self.sends_at_once = true;
        self
    }

    fn is_of_parent(&self) -> bool {
        self.generation != fork::generation()
    }

    pub(super) fn turn(&mut self) -> Turn {
        if self.is_of_parent() {
            return Turn::Leave;
        }
        if self.current.is_some() {
            return Turn::Work;
        }
        let server = Arc::clone(&self.server);
        loop {
            if !self.finishing.is_empty() {
                self.finish_all();
            }
            let role = {
                let mut state = server.state.lock();
                if state.done.is_empty() {
                    self.choose(&mut state)
                } else {
                    std::mem::swap(&mut state.done, &mut self.finishing);
                    continue;
                }
            };
            match role {
                // Its drop gives up its place: until then a stop waits for the thread.
                Role::Leave => return Turn::Leave,
                Role::Recruit => return Turn::Recruit,
                Role::Work => return Turn::Work,
                Role::Lead { calm } => match self.lead(calm) {
                    Some(Turn::Work) => return Turn::Work,
                    Some(turn) => {
                        self.note_busy();
                        return turn;
                    }
                    None => {}
                },
                Role::Report => {
                    if let Some(error) = self.trouble.take() {
                        self.note_busy();
                        return Turn::Trouble(error);
                    }
                }
                Role::StandBy => {
                    self.ready.clear();
                    self.stand_by();
                }
                Role::Idle => {
                    self.ready.clear();
                    if !self.wait_idle() {
                        return Turn::Leave;
                    }
                }
                Role::Guard => self.guard(),
            }
        }
    }

    fn choose(&self, state: &mut State) -> Role {
        let options = &self.server.options;
        let Some(entry) = state.entry(self.at) else {
            return Role::Leave;
        };
        entry.thread = thread::me();
        if state.is_over() {
            return Role::Leave;
        }
        if *state.leader.get_or_insert(self.at) != self.at {
            // The leader does all the work; when its callbacks take long, the stand-by takes part.
            let standby = state.standby.get_or_insert_with(|| (self.at, thread::current()));
            return if standby.0 == self.at {
                Role::StandBy
            } else {
                Role::Idle
            };
        }
        if state
            .standby
            .as_ref()
            .is_some_and(|(standby, _)| *standby == self.at)
        {
            state.standby = None;
        }
        if !state.has_work() && self.trouble.is_none() {
            state.polling = true;
            state.batches += 1;
            let calm = self.is_calm(state);
            return Role::Lead { calm };
        }
        let expects = state
            .expected_since
            .is_some_and(|since| since.elapsed() <= ARRIVAL);
        if state.may_need_another(options.threads()) && !expects && state.has_room_for_another() {
            state.expected_since = Some(Instant::now());
            return Role::Recruit;
        }
        if options.handler_timeout.is_some() && state.working() >= options.workers {
            return Role::Guard;
        }
        if self.trouble.is_some() {
            return Role::Report;
        }
        state.note_working();
        state.call_standby();
        Role::Work
    }

    /// What the thread does next, such as `on_error`, may take as long as a callback.
    fn note_busy(&self) {
        let mut state = self.server.state.lock();
        state.note_working();
        state.call_standby();
    }

    /// Waits until the leader's callback takes long, and takes over.
    fn stand_by(&self) {
        let server = &self.server;
        let (mut seen, mut quiet) = (None, Duration::ZERO);
        let (mut batch, mut busy) = (None, Duration::ZERO);
        let mut tick = Duration::ZERO;
        loop {
            let sleeps = {
                let mut state = server.state.lock();
                let stands_by = state
                    .standby
                    .as_ref()
                    .is_some_and(|(standby, _)| *standby == self.at);
                if !stands_by || state.leader.is_none() || state.is_over() {
                    return;
                }
                let begun = (state.begun, state.polling);
                busy = if batch == Some(state.batches) {
                    busy + tick
                } else {
                    Duration::ZERO
                };
                batch = Some(state.batches);
                if state.polling {
                    quiet = if seen == Some(begun) {
                        quiet + tick
                    } else {
                        Duration::ZERO
                    };
                } else {
                    quiet = Duration::ZERO;
                    if seen == Some(begun) || busy > LONG_BATCH {
                        let slow = state.take_over(self.at);
                        drop(state);
                        record("take_over", slow.as_deref());
                        // What the callback has sent so far need not wait for its end.
                        if let Some(connection) = slow {
                            connection.stop_collecting();
                        }
                        return;
                    }
                }
                seen = Some(begun);
                tick = if state.was_slow_within(RECENTLY) {
                    SHORT_TICK
                } else {
                    TICK
                };
                state.standby_sleeps = quiet > QUIET;
                state.standby_sleeps
            };
            if sleeps {
                quiet = Duration::ZERO;
                seen = None;
                thread::park();
            } else {
                thread::park_timeout(tick);
            }
        }
    }

    /// Waits until it may be needed; false when it leaves.
    fn wait_idle(&self) -> bool {
        let leave_at = self.may_leave.then(|| Instant::now() + IDLE);
        loop {
            let left = leave_at.map(|end| end.saturating_duration_since(Instant::now()));
            {
                let mut state = self.server.state.lock();
                if state.standby.is_none() || state.leader.is_none() || state.is_over() {
                    state.idle.retain(|(idle, _)| *idle != self.at);
                    return true;
                }
                if left.is_some_and(|left| left.is_zero()) {
                    state.remove_worker(self.at);
                    return false;
                }
                if !state.idle.iter().any(|(idle, _)| *idle == self.at) {
                    state.idle.push((self.at, thread::current()));
                }
            }
            left.map_or_else(thread::park, thread::park_timeout);
        }
    }

    /// Ends its part; the other workers go on.
    fn leave(&mut self) {
        let wakes = {
            let mut state = self.server.state.lock();
            state.remove_worker(self.at);
            state.wake_workers();
            state.wake_watchers();
            state.polling
        };
        if wakes {
            let _ = self.server.poller.wake();
        }
    }
}

impl Drop for MessageWorker {
    fn drop(&mut self) {
        if self.is_of_parent() {
            return;
        }
        // What it has begun, others finish; what it was about to begin, others begin.
        self.finish_all();
        if let Some(item) = self.current.take() {
            self.finish(item);
        }
        self.leave();
    }
}

impl std::fmt::Debug for MessageWorker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageWorker")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::create_server;
    use crate::error::{Kind, Operation};

    #[test]
    fn another_thread_is_requested_before_on_error_is_called() {
        let listener = create_server("127.0.0.1", 0, 1).unwrap();
        let server =
            MessageServer::new(listener, None, super::super::MessageServeOptions::default()).unwrap();
        let mut worker = server.worker();
        worker.trouble = Some(Error::new(Operation::Accept, Kind::OutOfMemory));
        assert!(matches!(worker.turn(), Turn::Recruit));
        assert!(matches!(worker.turn(), Turn::Trouble(_)));
    }
}
