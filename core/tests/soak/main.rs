//! Closing sockets under blocked calls of every kind, while other threads open and close descriptors all the time and
//! notice when theirs are touched.
//!
//! `make test` plays a few rounds of each kind; `make soak` plays 100,000 in all. The environment can say how many
//! (`POLYSOCK_SOAK_ROUNDS`) and how they are shuffled (`POLYSOCK_SOAK_SEED`).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod calls;
mod guard;
#[path = "../support/mod.rs"]
mod support;
mod table;

use calls::{Case, Scene, Stage, CASES};
use polysock::{Kind, Socket, Timeout};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::random::{self, Random};
use support::*;
use table::Table;

/// Rounds where the environment names none: each kind of call in each way of waiting, ended in each way, some times.
const FEW: usize = 40 * CASES.len() * WAITS.len() * CLOSES.len();
/// Threads that play rounds at the same time.
const PLAYERS: usize = 4;

/// Less than the second after which close gives up waiting for a call that did not wake.
const WOKEN: Duration = Duration::from_millis(900);

/// How a call waits.
#[derive(Clone, Copy)]
enum Wait {
    /// In the kernel itself, where the kind of socket allows.
    Kernel,
    /// In poll, because others may hold the socket.
    Shared,
    /// In poll, with a deadline.
    Deadline,
    /// With a deadline after another such call has waited: in the kernel, up to a limit set there, where the kind of call
    /// allows.
    KernelLimit,
}

const WAITS: [Wait; 4] = [Wait::Kernel, Wait::Shared, Wait::Deadline, Wait::KernelLimit];
const CLOSES: [fn(&Socket) -> polysock::Result<()>; 3] =
    [Socket::close, Socket::close_fin_first, Socket::abort];

/// What one round was and brought.
struct Round {
    case: &'static Case,
    /// Whether the calls were known to be blocked when the socket was closed.
    blocked: bool,
    /// How long after the close (or after its own start, if that was later) the last call ended.
    woken: Duration,
    signals: usize,
}

#[test]
fn closes_wake_every_kind_of_call_and_touch_no_foreign_descriptor() {
    let rounds = random::from_environment("POLYSOCK_SOAK_ROUNDS").unwrap_or(FEW);
    let seed = random::seed("POLYSOCK_SOAK_SEED");
    println!("{rounds} rounds, POLYSOCK_SOAK_SEED={seed}");
    system::handle_signal(libc::SIGUSR1);
    let before = system::descriptors();
    let began = Instant::now();

    let stop = Arc::new(AtomicBool::new(false));
    let guards: Vec<_> = (0..2_u8)
        .map(|number| {
            let stop = Arc::clone(&stop);
            start(move || guard::watch(number, &stop))
        })
        .collect();
    let (tell, told) = mpsc::channel();
    let next = Arc::new(AtomicUsize::new(0));
    let players: Vec<_> = (0..PLAYERS)
        .map(|player| {
            let (next, tell) = (Arc::clone(&next), tell.clone());
            let random = Random::new(seed, player as u64);
            start(move || play(&next, rounds, random, &tell))
        })
        .collect();
    drop(tell);

    let mut table = Table::default();
    loop {
        match told.recv_timeout(LIMIT) {
            Ok(round) => table.add(&round),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("a close hangs"),
        }
    }
    stop.store(true, Ordering::Relaxed);
    players.into_iter().for_each(Running::result);
    let checked: u64 = guards.into_iter().map(Running::result).sum();
    assert_eq!(system::descriptors(), before, "descriptors were left open");
    assert_eq!(table.rounds(), rounds);
    println!("{}", table.show(began.elapsed(), checked));
}

/// Plays rounds until there are no more.
fn play(next: &AtomicUsize, rounds: usize, mut random: Random, tell: &Sender<Round>) {
    let stage = Arc::new(Stage::new());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= rounds {
            return;
        }
        let case = &CASES[number % CASES.len()];
        let wait = WAITS[number / CASES.len() % WAITS.len()];
        let close = CLOSES[number / CASES.len() / WAITS.len() % CLOSES.len()];
        // The main thread may have failed and gone.
        let _ = tell.send(play_one(&stage, case, wait, close, &mut random));
    }
}

/// A call, rarely two, and a close at some moment: mostly when they are blocked, with a signal or two on the way.
fn play_one(
    stage: &Arc<Stage>,
    case: &'static Case,
    wait: Wait,
    close: fn(&Socket) -> polysock::Result<()>,
    random: &mut Random,
) -> Round {
    let limit = match wait {
        Wait::Kernel | Wait::Shared => Timeout::Never,
        Wait::Deadline | Wait::KernelLimit => LIMIT.into(),
    };
    let scene = Arc::new(Scene::new(stage, case, matches!(wait, Wait::Shared)));
    let callers = if random.below(8) == 0 { 2 } else { 1 };
    let running: Vec<_> = (0..callers)
        .map(|_| {
            let scene = Arc::clone(&scene);
            start(move || {
                let began = Instant::now();
                let first = matches!(wait, Wait::KernelLimit).then(|| (case.call)(&scene, ms(1).into()));
                let end = match first {
                    Some(Kind::TimedOut) | None => (case.call)(&scene, limit),
                    Some(other) => other,
                };
                (end, began, Instant::now())
            })
        })
        .collect();

    let blocked = random.below(3) > 0;
    if blocked {
        running.iter().for_each(Running::wait_blocked);
    } else {
        (0..random.below(4000)).for_each(|_| std::hint::spin_loop());
    }
    // No call ends before the close, so its thread is there to be signalled.
    let signals = random.below(3) as usize;
    for _ in 0..signals {
        running.iter().for_each(|call| call.thread.signal(libc::SIGUSR1));
    }

    let closing = Instant::now();
    close(&scene.socket).unwrap();
    scene.end_poller();
    let closed = closing.elapsed();
    assert!(closed < WOKEN, "{}: closed after {closed:?}", case.name);
    let mut woken = Duration::ZERO;
    for call in running {
        let (end, began, ended) = call.result();
        assert_eq!(end, Kind::Closed, "{}", case.name);
        woken = woken.max(ended.saturating_duration_since(began.max(closing)));
    }
    assert!(woken < WOKEN, "{}: woke after {woken:?}", case.name);
    scene.check(blocked);
    Round {
        case,
        blocked,
        woken,
        signals: signals * callers,
    }
}
