//! Several connects in progress at once, in one thread (RFC 8305).

use crate::address::Address;
use crate::caller::{block_until_done, Caller, Interruptible};
use crate::domain::Family;
use crate::error::{Error, Kind, Operation, Result};
use crate::memory;
use crate::socket::Socket;
use crate::sys::wakeable_poll::{ManyPoll, NO_FD};
use crate::time::{Deadline, Left, Timeout};
use crate::wait::{look, wait_any, WaitOutcome};
use std::borrow::Borrow;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The least time that RFC 8305 §5 allows between two attempts.
const LEAST_ATTEMPT_DELAY: Duration = Duration::from_millis(10);

/// Connects to several addresses at once, in one thread: decides which one starts when, and which one wins.
///
/// Each address has a place: its index in the list that the race was made with. The caller makes the sockets, in its
/// own language, and must not use them for anything else until one has won.
pub struct Race<S> {
    limit: Timeout,
    deadline: Deadline,
    waiting: VecDeque<usize>,
    runners: Vec<Runner<S>>,
    /// Memory set aside for the runners that are still in the race.
    still_running: Vec<Runner<S>>,
    poll: ManyPoll,
    delay: Option<Duration>,
    /// How many sockets can exist at the same time.
    most: usize,
    /// When the next address starts, in parallel with the last one or in its place.
    next_start: Option<Instant>,
    /// What became of the addresses that were started, in their order.
    started: Vec<Started>,
    first_failure: Option<Kind>,
    /// Why nothing can wait for the attempts, if so.
    given_up: Option<Kind>,
}

struct Runner<S> {
    socket: S,
    address: Address,
    place: usize,
    begun: bool,
    ready: bool,
}

struct Started {
    place: usize,
    end: Option<Kind>,
}

/// What the caller has to do next.
#[derive(Debug)]
pub enum RaceStep<S> {
    /// Make a socket for the address at this place and let it [`enter`](Race::enter), or report that this
    /// [`failed`](Race::fail).
    Start(usize),
    /// Use the socket at this place, which is connected, and close the others.
    Won(usize, S),
    /// All have failed, or time is up.
    Lost(Kind),
}

impl<S: Borrow<Socket> + Send> Race<S> {
    /// A race of addresses of these families. Without a delay they start in list order, each when the one before has
    /// failed or used up its share of the time.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        families: &[Family],
        attempt_delay: Option<Duration>,
        timeout: impl Into<Timeout>,
    ) -> Result<Self> {
        let (all, limit) = (families.len(), timeout.into());
        let made = || {
            Ok(Self {
                limit,
                deadline: Deadline::after(limit),
                waiting: if attempt_delay.is_some() {
                    take_turns(families)?.into()
                } else {
                    memory::collect(0..all)?.into()
                },
                // All of them may end up in progress, or tried.
                runners: memory::list(all)?,
                still_running: memory::list(all)?,
                poll: ManyPoll::with_capacity(all)?,
                started: memory::list(all)?,
                delay: attempt_delay.map(|delay| delay.max(LEAST_ATTEMPT_DELAY)),
                most: usize::MAX,
                next_start: None,
                first_failure: None,
                given_up: None,
            })
        };
        made().map_err(|kind| Error::new(Operation::CreateConnection, kind))
    }

    /// A race in which two sockets can't exist at the same time, as with a fixed local port: an attempt that has used
    /// up its share of the time is given up, and its socket must be closed before the next one is made.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn one_at_a_time(families: &[Family], timeout: impl Into<Timeout>) -> Result<Self> {
        Ok(Self {
            most: 1,
            ..Self::new(families, None, timeout)?
        })
    }

    /// Waits until there is something to do.
    ///
    /// # Errors
    /// `Interrupted` when the language ends the call.
    pub fn step<C: Caller>(&mut self, caller: &mut C) -> Result<RaceStep<S>> {
        block_until_done(caller, || Ok(self.run()))
            .map_err(|kind| Error::new(Operation::CreateConnection, kind))
    }

    /// Enters the socket for a place that should start.
    pub fn enter(&mut self, place: usize, socket: S, address: Address) {
        self.runners.push(Runner {
            socket,
            address,
            place,
            begun: false,
            ready: false,
        });
    }

    /// Records that no socket could be made for a place that should start. If that was for lack of descriptors or memory
    /// and others are in progress, the place starts again once one of them has failed or used up its share of the time.
    pub fn fail(&mut self, place: usize, kind: Kind) {
        if is_shortage(kind) && !self.runners.is_empty() && self.deadline != Deadline::NonBlocking {
            self.postpone(place);
        } else {
            self.note_end(place, kind);
        }
    }

    fn postpone(&mut self, place: usize) {
        self.started.retain(|started| started.place != place);
        self.waiting.push_front(place);
        self.most = self.runners.len();
        self.delay = None;
        self.plan_next_start();
    }

    fn note_end(&mut self, place: usize, kind: Kind) {
        self.first_failure = self.first_failure.or(Some(kind));
        if let Some(started) = self.started.iter_mut().find(|started| started.place == place) {
            started.end = Some(kind);
        }
    }

    /// Whether the socket at a place is still in the race.
    pub fn runs(&self, place: usize) -> bool {
        self.runners.iter().any(|runner| runner.place == place)
    }

    /// Why a place did not win: its error, or `TimedOut` if no answer came in time.
    pub fn error(&self, place: usize) -> Error {
        let started = self.started.iter().find(|started| started.place == place);
        let kind = started.and_then(|started| started.end).or(self.given_up);
        Error::new(Operation::Connect, kind.unwrap_or(Kind::TimedOut)).within(self.limit)
    }

    /// The places that were started, in order, and how they ended.
    pub(super) fn ends(&self) -> impl Iterator<Item = (usize, Option<Kind>)> + '_ {
        let given_up = self.given_up;
        self.started
            .iter()
            .map(move |started| (started.place, started.end.or(given_up)))
    }

    /// Sleeps until a place should start, one has won, all have lost, the time is up, or a signal arrives.
    fn run(&mut self) -> Interruptible<RaceStep<S>> {
        loop {
            if let Some(winner) = self.begin() {
                return Interruptible::Done(winner);
            }
            let time_up = self.deadline.passed();
            if !time_up {
                if let Some(place) = self.due() {
                    self.started.push(Started { place, end: None });
                    return Interruptible::Done(RaceStep::Start(place));
                }
            }
            if self.runners.is_empty() {
                // All that were started have failed. If time is left, at least one was started.
                let first = self.first_failure.filter(|_| !time_up);
                return Interruptible::Done(RaceStep::Lost(first.unwrap_or(Kind::TimedOut)));
            }
            self.poll.clear();
            for runner in &self.runners {
                let number = runner.socket.borrow().handle.number();
                self.poll.push(number.unwrap_or(NO_FD), libc::POLLOUT);
            }
            let last_look = time_up || self.deadline == Deadline::NonBlocking;
            let until = self.next_event();
            let waited = if last_look {
                look(&mut self.poll)
            } else {
                wait_any(&mut self.poll, &mut [], until)
            };
            match waited {
                WaitOutcome::Ready => {
                    if let Some(winner) = self.sort_out() {
                        return Interruptible::Done(winner);
                    }
                }
                // No other thread can close a socket in the race.
                WaitOutcome::TimeUp | WaitOutcome::Closed => {}
                WaitOutcome::Interrupted => return Interruptible::Interrupted,
                WaitOutcome::Failed(kind) => {
                    self.given_up = Some(kind);
                    return Interruptible::Done(RaceStep::Lost(kind));
                }
            }
            if last_look && !self.runners.is_empty() {
                let kind = if time_up { Kind::TimedOut } else { Kind::WouldBlock };
                return Interruptible::Done(RaceStep::Lost(kind));
            }
        }
    }

    /// How long to wait for the attempts in progress.
    fn next_event(&self) -> Deadline {
        match (self.deadline, self.next_start) {
            (Deadline::At(end), Some(start)) => Deadline::At(end.min(start)),
            (Deadline::Never, Some(start)) => Deadline::At(start),
            (deadline, _) => deadline,
        }
    }

    /// The next place to start: the first at once, each further one after the delay or when the one before it has
    /// failed; all of them when there is no time to wait. When no more sockets can exist, the oldest attempt
    /// is given up after the delay.
    fn due(&mut self) -> Option<usize> {
        if self.waiting.is_empty() {
            self.next_start = None;
            return None;
        }
        let next_starts = self.next_start.is_some_and(|start| start <= Instant::now());
        let limited = self.most < usize::MAX;
        let due = if self.runners.len() < self.most {
            let last_failed = self.started.last().is_none_or(|started| started.end.is_some());
            limited
                || last_failed
                || self.runners.is_empty()
                || self.deadline == Deadline::NonBlocking
                || next_starts
        } else {
            if next_starts {
                self.runners.remove(0); // the one that has had the most time
            }
            next_starts
        };
        due.then(|| self.waiting.pop_front()).flatten()
    }

    /// Begins to connect the sockets that have entered.
    fn begin(&mut self) -> Option<RaceStep<S>> {
        while let Some(at) = self.runners.iter().position(|runner| !runner.begun) {
            self.plan_next_start();
            let mut runner = self.runners.remove(at);
            runner.begun = true;
            let ended = match start(runner.socket.borrow(), &runner.address) {
                Ok(true) => finish(runner.socket.borrow(), &runner.address),
                result => result,
            };
            match ended {
                Ok(true) => return Some(RaceStep::Won(runner.place, runner.socket)),
                Ok(false) => self.runners.push(runner),
                Err(kind) => self.note_end(runner.place, kind),
            }
        }
        None
    }

    fn plan_next_start(&mut self) {
        let delay = self.delay_to_next();
        self.next_start = delay.and_then(|time| Instant::now().checked_add(time));
    }

    /// How long the attempts in progress have before the next one starts.
    fn delay_to_next(&self) -> Option<Duration> {
        if self.waiting.is_empty() {
            return None; // no other address is left to start
        }
        let all = u32::try_from(self.waiting.len()).map_or(u32::MAX, |others| others.saturating_add(1));
        let share = match self.deadline.left() {
            Left::Some(left) => Some(left / all),
            Left::Forever | Left::Nothing => None,
        };
        match (self.delay, share) {
            (Some(delay), Some(share)) => Some(delay.min(share.max(LEAST_ATTEMPT_DELAY))),
            (delay, share) => delay.or(share),
        }
    }

    /// Takes the attempts that have ended out of the race; the first that has connected wins.
    fn sort_out(&mut self) -> Option<RaceStep<S>> {
        for (runner, revents) in self.runners.iter_mut().zip(self.poll.revents()) {
            runner.ready = revents != 0;
        }
        let mut runners = std::mem::replace(&mut self.runners, std::mem::take(&mut self.still_running));
        for runner in runners.drain(..) {
            if !runner.ready {
                self.runners.push(runner);
                continue;
            }
            match finish(runner.socket.borrow(), &runner.address) {
                Ok(true) => return Some(RaceStep::Won(runner.place, runner.socket)),
                Ok(false) => self.runners.push(runner),
                Err(kind) => self.note_end(runner.place, kind),
            }
        }
        self.still_running = runners;
        None
    }
}

/// The places with the families alternating, beginning with that of the resolver's first choice (RFC 8305 §4); within a
/// family, in the resolver's order.
fn take_turns(families: &[Family]) -> std::result::Result<Vec<usize>, Kind> {
    let is_first_family = |place: &usize| families.get(*place) == families.first();
    let mut first = (0..families.len()).filter(is_first_family);
    let mut other = (0..families.len()).filter(|place| !is_first_family(place));
    let mut mixed = memory::list(families.len())?;
    loop {
        let pair = (first.next(), other.next());
        if pair == (None, None) {
            return Ok(mixed);
        }
        mixed.extend([pair.0, pair.1].into_iter().flatten());
    }
}

/// Whether a socket can't be made before another one is closed.
fn is_shortage(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::OutOfMemory | Kind::Os(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
    )
}

/// Begins to connect, without waiting; returns whether the connect may already have ended.
fn start(socket: &Socket, address: &Address) -> std::result::Result<bool, Kind> {
    match socket.within(Timeout::NonBlocking).connect(address) {
        Ok(()) => Ok(true),
        // A connection within this machine is established by now.
        Err(error) if error.kind() == Kind::InProgress => Ok(address.is_loopback()),
        Err(error) => Err(error.kind()),
    }
}

/// Asks how a connect that is ready ended; `false` when it is still in progress.
fn finish(socket: &Socket, address: &Address) -> std::result::Result<bool, Kind> {
    let kind = |error: Error| error.kind();
    if let Some(kind) = socket.take_error().map_err(kind)? {
        return Err(kind);
    }
    // Asking with another connect makes the result final: until then Linux takes every connect for a question about
    // this one.
    match socket.within(Timeout::NonBlocking).connect(address).map_err(kind) {
        Ok(()) | Err(Kind::Os(libc::EISCONN)) => {}
        Err(Kind::InProgress | Kind::Os(libc::EALREADY)) => return Ok(false),
        Err(kind) => return Err(kind),
    }
    // Where no socket listens, the system may choose as our own port the one we connect to: we would be connected to
    // ourselves.
    if socket.local_address().map_err(kind)? == *address {
        return Err(Kind::Os(libc::ECONNREFUSED));
    }
    Ok(true)
}
