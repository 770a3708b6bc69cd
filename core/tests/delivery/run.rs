//! Plays all rounds, many at a time: they mostly wait.

use crate::close::OURS;
use crate::jobs::{jobs, Job, ENOUGH};
use crate::judge::{judge, Complaint};
use crate::peer::Host;
use crate::relay::Links;
use crate::round::{self, Round};
use crate::stage::Stage;
use crate::support::{random, skipped};
use crate::table::Table;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Rounds where the environment names none.
const FEW: u64 = 400;
/// Rounds that are played at the same time.
const PLAYERS: usize = 96;
/// The part of a processor that the calls may use while they wait for silent peers.
const SILENT_SHARE: f64 = 0.01;
/// How often `PeerFinished` must be the verdict when a peer ends some time after it had our FIN: a thread that gets no
/// processor meanwhile can't know.
const PROVEN_SHARE: f64 = 0.8;
/// No round takes longer.
const LIMIT: Duration = Duration::from_secs(60);

pub fn main() {
    let closes = random::from_environment("POLYSOCK_CLOSES").unwrap_or(FEW);
    let seed = random::seed("POLYSOCK_CLOSES_SEED");
    let only = random::from_environment("POLYSOCK_CLOSES_ONLY").map(Job::ours);
    let alone = only.is_some();
    let mut stage = match Stage::set(if alone { 1 } else { PLAYERS }, seed) {
        Ok(stage) => stage,
        Err(needs) => return skipped::skip("closes over bad paths", needs),
    };
    println!("{closes} closes, POLYSOCK_CLOSES_SEED={seed}");
    let began = Instant::now();
    let jobs = Arc::new(only.map_or_else(|| jobs(closes), |job| vec![job]));
    let next = Arc::new(AtomicUsize::new(0));
    let (tell, told) = mpsc::channel();
    let players: Vec<_> = stage
        .hosts
        .drain(..)
        .map(|host| {
            let (jobs, next) = (Arc::clone(&jobs), Arc::clone(&next));
            let (links, tell) = (Arc::clone(&stage.links), tell.clone());
            thread::spawn(move || play(host, seed, &links, &jobs, &next, &tell))
        })
        .collect();
    drop(tell);

    let mut table = Table::default();
    let mut failed = 0;
    loop {
        let (round, complaints) = match told.recv_timeout(LIMIT) {
            Ok(told) => told,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("a close hangs"),
        };
        if round.calls != OURS.name {
            let faults = complaints.iter().map(|complaint| complaint.fault).collect();
            table.add_wrong(round.calls, &faults);
            continue;
        }
        table.add(&round);
        if !complaints.is_empty() {
            failed += 1;
            show(&round, &complaints);
        }
    }
    players.into_iter().for_each(|player| player.join().unwrap());
    stage.strike();

    println!("\n{}", table.show(began.elapsed()));
    assert_eq!(failed, 0, "closes failed");
    if !alone {
        assert_eq!(table.rounds(), closes);
        assert_eq!(table.acquitted(ENOUGH), [""; 0], "wrong, but little was found");
        let share = table.proven_share() * 100.0;
        assert!(
            share > PROVEN_SHARE * 100.0,
            "only {share:.1} % were called PeerFinished"
        );
        let share = table.silent_share() * 100.0;
        assert!(
            share < SILENT_SHARE * 100.0,
            "waiting used {share:.2} % of a processor"
        );
    }
    println!("test closes_over_bad_paths ... ok");
}

/// Plays rounds until there are no more.
fn play(
    host: Host,
    seed: u64,
    links: &Links,
    jobs: &[Job],
    next: &AtomicUsize,
    tell: &Sender<(Round, Vec<Complaint>)>,
) {
    while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
        if job.is_superfluous() {
            continue;
        }
        let round = round::play(&host, links, seed, job.number, &job.calls);
        let complaints = judge(&round);
        if !complaints.is_empty() && job.calls.name != OURS.name {
            job.convict();
        }
        // The main thread may have failed and gone.
        let _ = tell.send((round, complaints));
    }
    host.stop();
}

fn show(round: &Round, complaints: &[Complaint]) {
    println!("\nclose {}: {:?}", round.number, round.close.result);
    for complaint in complaints {
        println!("  {:?}: {}", complaint.fault, complaint.details);
    }
    let since = |time: Instant| time.saturating_duration_since(round.close.begun);
    println!("  {:?}", round.plan);
    println!(
        "  sent {}, read {}, took {:?}, waited {:?}, report {:?}",
        round.sent,
        round.read,
        round.close.took(),
        round
            .waited
            .as_ref()
            .map(|waited| (waited.call.took(), waited.call.result)),
        round.report
    );
    let record = &round.record;
    println!(
        "  our stream: {:?} long, sent {}, acked {}, known {}; its FIN known acknowledged at {:?}",
        record.ours.length,
        record.ours.sent.last(),
        record.ours.acked.last(),
        record.ours.known.last(),
        record
            .ours
            .known
            .reached(round.sent + 1)
            .map(|moment| since(moment.begun))
    );
    println!(
        "  the peer's: {:?} long, sent {}, given {}, acked {}; finished at {:?}; resets at {:?}; {} packets lost",
        record.peers.length,
        record.peers.sent.last(),
        record.peers.given.last(),
        record.peers.acked.last(),
        crate::judge::finished(record).map(|moment| since(moment.begun)),
        record.peers.resets_given.iter().map(|moment| since(moment.begun)).collect::<Vec<_>>(),
        record.dropped
    );
}
