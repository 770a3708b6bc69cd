//! Several connects under way at once, by one thread (RFC 8305).

use crate::address::Address;
use crate::error::{Error, Kind, Operation};
use crate::memory;
use crate::socket::Socket;
use crate::time::{Deadline, Timeout};
use crate::wait::{entry, look, wait_many, Waited, PASSED_OVER};
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::time::{Duration, Instant};

/// How to connect to a host with several addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// How long an attempt has for itself before the next address is tried beside it, at least 10 ms; 250 ms unless
    /// set (RFC 8305, "Connection Attempt Delay"). `None`: one address after another, in the resolver's order.
    pub attempt_delay: Option<Duration>,
    /// The address to connect from (bind(2)). Only addresses of its family are tried, and with a port of its own one
    /// after another, since two sockets can't have it.
    pub local_address: Option<Address>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            attempt_delay: Some(ATTEMPT_DELAY),
            local_address: None,
        }
    }
}

/// RFC 8305 §5: recommended …
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// … and the least there may be.
const LEAST_ATTEMPT_DELAY: Duration = Duration::from_millis(10);

/// Connects under way to several addresses at once, by one thread. Its sockets are nobody else's until one has won.
pub(crate) struct Race {
    waiting: VecDeque<Address>,
    runners: Vec<Runner>,
    /// Room for those of them that run on.
    still_running: Vec<Runner>,
    /// Room for what to poll.
    set: Vec<libc::pollfd>,
    delay: Option<Duration>,
    /// When the next address starts beside the last.
    next_start: Option<Instant>,
    local: Option<Address>,
    /// What became of the addresses that were started, in their order; nothing yet of the runners'.
    tried: Vec<(Address, Option<Kind>)>,
    first_failure: Option<Kind>,
}

struct Runner {
    socket: Socket,
    /// Its place in `tried`.
    place: usize,
}

/// How a race ended, or that it did not yet.
pub(crate) enum End {
    Won(Socket),
    Lost(Kind),
    Interrupted,
}

impl Race {
    pub(crate) fn new(addresses: &[Address], options: &ConnectOptions) -> std::result::Result<Self, Kind> {
        let local = options.local_address;
        let alone = local.and_then(|local| local.port()).is_some_and(|port| port != 0);
        let delay = options.attempt_delay.filter(|_| !alone);
        let mut distinct = memory::list(addresses.len())?;
        for address in addresses {
            let fits = local.is_none_or(|local| local.family() == address.family());
            if fits && !distinct.contains(address) {
                distinct.push(*address);
            }
        }
        let all = distinct.len();
        let ordered = if delay.is_some() {
            take_turns(&distinct)?
        } else {
            distinct
        };
        Ok(Self {
            waiting: ordered.into(),
            // All of them may come to be under way, and to have been tried.
            runners: memory::list(all)?,
            still_running: memory::list(all)?,
            set: memory::list(all + 1)?,
            tried: memory::list(all)?,
            delay: delay.map(|delay| delay.max(LEAST_ATTEMPT_DELAY)),
            next_start: None,
            local,
            first_failure: None,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Runs until somebody wins, all have lost, time is up or a signal arrives. Sleeps.
    pub(crate) fn run(&mut self, deadline: Deadline) -> End {
        loop {
            let time_up = deadline.passed();
            if !time_up {
                if let Some(winner) = self.start_due(deadline) {
                    return End::Won(winner);
                }
            }
            if self.runners.is_empty() {
                // Whoever was started and runs no more has failed; with time left, somebody was.
                let first = self.first_failure.filter(|_| !time_up);
                return End::Lost(first.unwrap_or(Kind::TimedOut));
            }
            let mut set = std::mem::take(&mut self.set);
            set.clear();
            set.extend(self.runners.iter().map(Runner::entry));
            set.push(entry(PASSED_OVER, 0));
            let last_look = time_up || deadline == Deadline::NonBlocking;
            let waited = if last_look {
                look(&mut set)
            } else {
                wait_many(&mut set, &mut [], self.pause(deadline))
            };
            match waited {
                Waited::Ready => {
                    if let Some(winner) = self.sort_out(&set) {
                        return End::Won(winner);
                    }
                }
                // Nobody else can close what is in the race.
                Waited::TimeUp | Waited::Closed => {}
                Waited::Interrupted => {
                    self.set = set;
                    return End::Interrupted;
                }
                Waited::Failed(kind) => return End::Lost(kind),
            }
            self.set = set;
            if last_look && !self.runners.is_empty() {
                return End::Lost(if time_up { Kind::TimedOut } else { Kind::WouldBlock });
            }
        }
    }

    /// Until when to wait for those that run.
    fn pause(&self, deadline: Deadline) -> Deadline {
        match (deadline, self.next_start) {
            (Deadline::At(end), Some(start)) => Deadline::At(end.min(start)),
            (Deadline::Never, Some(start)) => Deadline::At(start),
            (deadline, _) => deadline,
        }
    }

    /// Starts the addresses whose time has come: the first, the next after a delay, or in place of the last when that
    /// has failed. When there is no time to wait, all.
    fn start_due(&mut self, deadline: Deadline) -> Option<Socket> {
        loop {
            let last_failed = self.tried.last().is_none_or(|(_, end)| end.is_some());
            let due = last_failed
                || self.runners.is_empty()
                || deadline == Deadline::NonBlocking
                || self.next_start.is_some_and(|start| start <= Instant::now());
            if !due {
                return None;
            }
            let Some(address) = self.waiting.pop_front() else {
                self.next_start = None;
                return None;
            };
            let place = self.tried.len();
            self.tried.push((address, None));
            match start(&address, self.local.as_ref()) {
                Ok((socket, true)) => match finish(&socket, &address) {
                    Ok(true) => return Some(socket),
                    Ok(false) => self.runners.push(Runner { socket, place }),
                    Err(kind) => self.fail(place, kind),
                },
                Ok((socket, false)) => self.runners.push(Runner { socket, place }),
                Err(kind) => self.fail(place, kind),
            }
            // Without a next address there is nothing to wake up for.
            let delay = self.delay.filter(|_| !self.waiting.is_empty());
            self.next_start = delay.and_then(|delay| Instant::now().checked_add(delay));
        }
    }

    /// Takes those out of the race that have come to an end; the first that has connected wins.
    fn sort_out(&mut self, set: &[libc::pollfd]) -> Option<Socket> {
        let mut runners = std::mem::replace(&mut self.runners, std::mem::take(&mut self.still_running));
        for (runner, seen) in runners.drain(..).zip(set) {
            let Some((address, _)) = self.tried.get(runner.place) else {
                continue;
            };
            if seen.revents == 0 {
                self.runners.push(runner);
                continue;
            }
            match finish(&runner.socket, address) {
                Ok(true) => return Some(runner.socket),
                Ok(false) => self.runners.push(runner),
                Err(kind) => self.fail(runner.place, kind),
            }
        }
        self.still_running = runners;
        None
    }

    fn fail(&mut self, place: usize, kind: Kind) {
        self.first_failure = self.first_failure.or(Some(kind));
        if let Some((_, end)) = self.tried.get_mut(place) {
            *end = Some(kind);
        }
    }

    /// The error of the whole, naming each address and what it said.
    pub(crate) fn failure(&self, kind: Kind, whom: &dyn fmt::Display) -> Error {
        let tried = Tried {
            whom,
            tried: &self.tried,
            all: self.tried.len() + self.waiting.len(),
            whole: kind,
        };
        Error::new(Operation::CreateConnection, kind).with_detail(tried)
    }
}

impl Runner {
    fn entry(&self) -> libc::pollfd {
        // The socket is ours alone and open.
        entry(self.socket.handle.number().unwrap_or(PASSED_OVER), libc::POLLOUT)
    }
}

/// The families in turns, beginning with the resolver's first choice (RFC 8305 §4); within a family in its order.
fn take_turns(addresses: &[Address]) -> std::result::Result<Vec<Address>, Kind> {
    let first = addresses.first().map(Address::family);
    let is_one = |address: &&Address| Some(address.family()) == first;
    let mut one = addresses.iter().filter(is_one);
    let mut other = addresses.iter().filter(|address| !is_one(address));
    let mut mixed = memory::list(addresses.len())?;
    loop {
        let pair = (one.next(), other.next());
        if pair == (None, None) {
            return Ok(mixed);
        }
        mixed.extend([pair.0, pair.1].into_iter().flatten());
    }
}

/// Begins to connect, without waiting; says whether it may have come to its end already.
fn start(address: &Address, local: Option<&Address>) -> std::result::Result<(Socket, bool), Kind> {
    let kind = |error: Error| error.kind();
    let socket = Socket::stream(address.family()).map_err(kind)?;
    if let Some(local) = local {
        socket.bind(local).map_err(kind)?;
    }
    match socket.within(Timeout::NonBlocking).connect(address).map_err(kind) {
        Ok(()) => Ok((socket, true)),
        // Within the machine a connection is made by now.
        Err(Kind::InProgress) => Ok((socket, address.is_loopback())),
        Err(kind) => Err(kind),
    }
}

/// Asks a connect that is ready how it ended; `false` when it is under way still.
fn finish(socket: &Socket, address: &Address) -> std::result::Result<bool, Kind> {
    let kind = |error: Error| error.kind();
    if let Some(kind) = socket.take_error().map_err(kind)? {
        return Err(kind);
    }
    // Asking by another connect makes the end final: until then Linux takes the next one for a question too.
    match socket.within(Timeout::NonBlocking).connect(address).map_err(kind) {
        Ok(()) | Err(Kind::Os(libc::EISCONN)) => {}
        Err(Kind::InProgress | Kind::Os(libc::EALREADY)) => return Ok(false),
        Err(kind) => return Err(kind),
    }
    // Where nobody listens, the system may choose the very port we connect to: a connection with ourselves.
    if socket.local_address().map_err(kind)? == *address {
        return Err(Kind::Os(libc::ECONNREFUSED));
    }
    Ok(true)
}

/// Each address that was tried, and what it said: `2 addresses tried: [::1]:80 refused, 127.0.0.1:80 no answer`.
/// What all of them said is said by the error itself, and then only once.
pub(crate) struct Tried<'a> {
    /// The host they are of; may be nothing.
    pub(crate) whom: &'a dyn fmt::Display,
    pub(crate) tried: &'a [(Address, Option<Kind>)],
    pub(crate) all: usize,
    /// What the error itself says.
    pub(crate) whole: Kind,
}

impl fmt::Display for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alike = self
            .tried
            .iter()
            .all(|(_, end)| end.unwrap_or(Kind::TimedOut) == self.whole);
        let alone = alike && self.tried.len() == 1 && self.all == 1;
        let mut whom = Counted { to: f, written: 0 };
        write!(whom, "{}", self.whom)?;
        if whom.written > 0 {
            f.write_str(", ")?;
        }
        match self.tried.len() {
            1 if alone => {}
            1 if self.all == 1 => f.write_str("1 address tried")?,
            count if count == self.all => write!(f, "{count} addresses tried")?,
            count => write!(f, "{count} of {} addresses tried", self.all)?,
        }
        for (at, (address, end)) in self.tried.iter().enumerate() {
            let before = match at {
                0 if alone => "",
                0 => ": ",
                _ => ", ",
            };
            match end {
                _ if alike => write!(f, "{before}{address}")?,
                None => write!(f, "{before}{address} no answer")?,
                Some(Kind::Os(libc::ECONNREFUSED)) => write!(f, "{before}{address} refused")?,
                Some(kind) => write!(f, "{before}{address} {}", kind.to_string().to_lowercase())?,
            }
        }
        Ok(())
    }
}

/// Counts what is written.
struct Counted<'a, 'f> {
    to: &'a mut fmt::Formatter<'f>,
    written: usize,
}

impl fmt::Write for Counted<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.written += text.len();
        self.to.write_str(text)
    }
}
