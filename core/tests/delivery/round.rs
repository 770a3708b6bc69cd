//! One round: a connection over a link, what both ends do with it, and what is known afterwards.

use crate::close::{Calls, Outcome, OURS};
use crate::link::{Link, Quality};
use crate::peer::{Host, Report};
use crate::plan::{Manner, Plan};
use crate::record::Record;
use crate::relay::Links;
use crate::stage;
use crate::support::random::Random;
use crate::support::{system, LIMIT};
use polysock::{Address, Error, Kind, Shutdown, Socket};
use std::time::{Duration, Instant};

/// How long sending and reading before the close may take: then it goes on with what has been done.
const BEFORE: Duration = Duration::from_millis(200);

/// What a round brought.
pub struct Round {
    pub number: u64,
    pub plan: Plan,
    pub calls: &'static str,
    /// How many bytes the kernel took from us.
    pub sent: u64,
    /// How many of the peer's we read before the close.
    pub read: u64,
    pub waited: Option<Waited>,
    /// What `peer_closed` said just before the close.
    pub peer_had_closed: Timed<Result<bool, Kind>>,
    pub close: Timed<Result<Outcome, Kind>>,
    /// Processor time of the close.
    pub cpu: Duration,
    pub report: Option<Report>,
    pub record: Record,
}

/// What a call brought, and when.
#[derive(Clone, Debug)]
pub struct Timed<T> {
    pub begun: Instant,
    pub ended: Instant,
    pub result: T,
}

impl<T> Timed<T> {
    fn call(call: impl FnOnce() -> T) -> Self {
        let begun = Instant::now();
        let result = call();
        Self {
            begun,
            ended: Instant::now(),
            result,
        }
    }

    pub fn took(&self) -> Duration {
        self.ended - self.begun
    }
}

/// What `wait_acked` said.
#[derive(Clone, Debug)]
pub struct Waited {
    pub limit: Duration,
    /// How much it waited for, our FIN being one more byte.
    pub position: u64,
    pub call: Timed<Result<(), Kind>>,
    /// What was still in the send queue afterwards.
    pub left: u64,
}

pub fn play(host: &Host, links: &Links, seed: u64, number: u64, calls: &Calls) -> Round {
    let mut plan = Plan::draw(seed, number);
    if calls.name != OURS.name {
        plan.hurry();
    }
    host.control.say(&format!("play {number}"));
    let socket = Socket::tcp(polysock::Family::IPV4).unwrap();
    socket.bind(&Address::from((stage::OURS.into(), 0))).unwrap();
    let address = host.address(&plan);
    let ports = (socket.local_address().unwrap().port().unwrap(), address.port());
    let link = links.add(ports, Link::new(Random::new(seed, !number)));
    socket.within(LIMIT).connect(&address.into()).unwrap();
    let peer = ready(host);
    link.lock().unwrap().become_like(plan.quality.clone());
    host.control.say("begin");

    let sent = done(socket.within(BEFORE).send_all(&vec![b'o'; plan.size]), plan.size);
    let mut input = vec![0; plan.reads];
    let read = done(socket.within(BEFORE).recv_exact(&mut input), plan.reads);
    // Not after a reset.
    let half_closed = plan.half_closed && socket.shutdown(Shutdown::Write).is_ok();
    let waited = plan.waits.map(|limit| {
        let call = Timed::call(|| (calls.wait_acked)(&socket, limit).map_err(|error| error.kind()));
        let queue = socket.send_queue().unwrap();
        Waited {
            limit,
            position: sent + u64::from(half_closed),
            call,
            left: queue.unacked + queue.unsent,
        }
    });
    std::thread::sleep(plan.pauses);
    socket.set_linger(plan.linger).unwrap();
    if matches!(
        plan.manner,
        Manner::HalfClosesAtTheSameTime | Manner::ClosesAtTheSameTime
    ) {
        host.control.say("now");
    }
    let peer_had_closed = Timed::call(|| (calls.peer_closed)(&socket).map_err(|error| error.kind()));
    let cpu = system::thread_cpu();
    let close = Timed::call(|| (calls.close)(&socket, plan.deadline).map_err(|error| error.kind()));
    let cpu = system::thread_cpu() - cpu;
    let record = {
        let mut link = link.lock().unwrap();
        // Both kernels come to an end quickly.
        link.become_like(Quality::PERFECT);
        link.record.clone()
    };
    host.control.say("verdict");
    let report = report(host, peer);
    links.remove(ports);
    Round {
        number,
        plan,
        calls: calls.name,
        sent,
        read,
        waited,
        peer_had_closed,
        close,
        cpu,
        report,
        record,
    }
}

/// The process that plays the peer of this round.
fn ready(host: &Host) -> i32 {
    let words = host.control.hear_within(Some(LIMIT)).unwrap();
    words.strip_prefix("ready ").unwrap().parse().unwrap()
}

/// What the peer reports, once its process has ended. One that still waits, because we have gone in silence, is ended.
fn report(host: &Host, peer: i32) -> Option<Report> {
    const SOON: Duration = Duration::from_millis(500);
    let mut report = None;
    loop {
        let words = host.control.hear_within(Some(SOON)).unwrap_or_else(|_| {
            system::kill(peer);
            host.control.hear_within(Some(LIMIT)).unwrap()
        });
        if words.starts_with("over ") {
            return report;
        }
        report = Report::parse(&words);
    }
}

/// How many of `all` bytes were done.
fn done(result: Result<(), Error>, all: usize) -> u64 {
    result.map_or_else(|error| error.done(), |()| all) as u64
}
