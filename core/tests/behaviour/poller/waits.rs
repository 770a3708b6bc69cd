//! Waits on a poller: in many threads, ended by wakes, closes, signals and time. Each test runs with epoll and with its
//! replacement.

use super::support::*;
use crate::support::system::{thread_cpu, Ticks};
use crate::support::*;
use polysock::{Event, Events, Kind, Poller, Start, Stop, Trigger};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One thread closes and makes sockets, another waits: an event never comes from a socket that was closed before the wait.
#[test]
fn closing_while_another_thread_waits() {
    const FIRST: u64 = 1 << 40;
    both(|poller| {
        let poller = Arc::new(poller);
        let closed = Arc::new(Mutex::new(HashSet::new()));
        let (waiters_poller, waiters_closed) = (Arc::clone(&poller), Arc::clone(&closed));
        let waiter = start(move || {
            let mut seen = 0_usize;
            let mut events = [Event::default(); 16];
            loop {
                let stale: HashSet<u64> = waiters_closed.lock().unwrap().clone();
                match waiters_poller.wait(&mut events, LIMIT) {
                    Err(error) => {
                        assert_eq!(error.kind(), Kind::Closed);
                        return seen;
                    }
                    Ok(count) => {
                        for event in &events[..count] {
                            assert!(!stale.contains(&event.token), "stale: {}", event.token);
                            assert!(event.token >= FIRST, "no token of ours: {}", event.token);
                            seen += 1;
                        }
                    }
                }
            }
        });
        for token in FIRST..FIRST + 2000 {
            let (a, b) = pair();
            let _duplicate = crate::support::system::dup(a.fileno().unwrap());
            poller.add(&a, token, Events::READABLE, Trigger::Level).unwrap();
            b.send("x").unwrap();
            a.close().unwrap();
            closed.lock().unwrap().insert(token);
        }
        poller.close();
        waiter.result();
    });
}

#[test]
fn each_one_shot_is_told_to_one_thread() {
    both(|poller| {
        let poller = Arc::new(poller);
        let pairs: Vec<_> = (0..200).map(|_| pair()).collect();
        for (token, (socket, _)) in (0..).zip(&pairs) {
            poller
                .add(socket, token, Events::READABLE, Trigger::OneShot)
                .unwrap();
        }
        let told = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (poller, told) = (Arc::clone(&poller), Arc::clone(&told));
                start_blocked(move || {
                    let mut events = [Event::default(); 3];
                    let mut tokens = Vec::new();
                    while let Ok(count) = poller.wait(&mut events, LIMIT) {
                        tokens.extend(events[..count].iter().map(|event| event.token));
                        told.fetch_add(count as u64, Ordering::SeqCst);
                    }
                    tokens
                })
            })
            .collect();
        for (_, peer) in &pairs {
            peer.send("x").unwrap();
        }
        until("all are told", || told.load(Ordering::SeqCst) >= 200);
        poller.close();
        let mut all: Vec<_> = threads.into_iter().flat_map(Running::result).collect();
        all.sort_unstable();
        assert_eq!(all, (0..200).collect::<Vec<_>>());
    });
}

#[test]
fn a_wake_ends_one_wait() {
    both(|poller| {
        let poller = Arc::new(poller);
        // The next one, when none is in progress.
        poller.wake().unwrap();
        assert!(found(&poller, LIMIT).is_empty());
        let (_, took) = timed(|| assert!(found(&poller, ms(30)).is_empty()));
        assert!(took >= ms(30), "woken twice: {took:?}");
        let held = Arc::clone(&poller);
        let waiting = start_blocked(move || found(&held, LIMIT));
        poller.wake().unwrap();
        assert!(waiting.result().is_empty());
    });
}

#[test]
fn a_close_ends_all_waits() {
    both(|poller| {
        let (a, _b) = pair();
        poller.add(&a, 1, Events::READABLE, Trigger::Level).unwrap();
        let poller = Arc::new(poller);
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let held = Arc::clone(&poller);
                // One that a wake-up ended waits again.
                start_blocked(move || loop {
                    if let Err(error) = held.wait(&mut [Event::default()], None) {
                        return error.kind();
                    }
                })
            })
            .collect();
        // A wake-up that is taken back takes none away from those that closing wakes.
        poller.wake().unwrap();
        poller.close();
        poller.close();
        for waiting in waiting {
            assert_eq!(waiting.result(), Kind::Closed);
        }
        for result in [
            poller.add(&a, 1, Events::READABLE, Trigger::Level),
            poller.modify(&a, 1, Events::READABLE, Trigger::Level),
            poller.wake(),
        ] {
            assert_eq!(kind(result), Kind::Closed);
        }
        a.close().unwrap();
    });
}

/// A thread that takes a wake-up back may take that of a close that came in between, which has to be passed on.
#[test]
fn a_close_beside_a_wake_ends_all_waits() {
    both(|_| {
        for round in 0..100 {
            let made = if round % 2 == 0 {
                Poller::new()
            } else {
                Poller::portable()
            };
            let poller = Arc::new(made.unwrap());
            let waiting: Vec<_> = (0..3)
                .map(|_| {
                    let held = Arc::clone(&poller);
                    start(move || while held.wait(&mut [Event::default()], None).is_ok() {})
                })
                .collect();
            let held = Arc::clone(&poller);
            let waking = start(move || while held.wake().is_ok() {});
            poller.close();
            waking.result();
            waiting.into_iter().for_each(Running::result);
        }
    });
}

#[test]
fn signals_keep_the_deadline() {
    both(|poller| {
        let (a, _b) = pair();
        poller.add(&a, 1, Events::READABLE, Trigger::Level).unwrap();
        let _ticks = Ticks::every(ms(10));
        let mut events = [Event::default(); 4];
        for first in [Start::Direct, Start::Blocking] {
            let mut signals = 0;
            let mut host = AtSignal(
                || {
                    signals += 1;
                    Ok(())
                },
                first,
            );
            let (count, took) = timed(|| poller.wait_with(&mut events, ms(200), &mut host).unwrap());
            assert_eq!(count, 0);
            assert!(took >= ms(200) && took < ms(200) + LATE, "{took:?}");
            assert!(signals > 0, "no signals came");
        }
        let mut host = AtSignal(|| Err(Stop), Start::Direct);
        let stopped = poller.wait_with(&mut events, None, &mut host);
        assert_eq!(kind(stopped), Kind::Interrupted);
    });
}

#[test]
fn a_handler_may_close_the_socket_and_the_poller() {
    both(|poller| {
        let (a, _b) = pair();
        poller.add(&a, 1, Events::READABLE, Trigger::Level).unwrap();
        let _ticks = Ticks::every(ms(10));
        let mut host = AtSignal(
            || {
                a.close().unwrap();
                poller.close();
                Ok(())
            },
            Start::Blocking,
        );
        let ended = poller.wait_with(&mut [Event::default()], None, &mut host);
        assert_eq!(kind(ended), Kind::Closed);
    });
}

#[test]
fn time_is_never_up_early() {
    both(|poller| {
        for wait in [Duration::from_micros(300), Duration::from_micros(1500), ms(20)] {
            let (tokens, took) = timed(|| found(&poller, wait));
            assert!(tokens.is_empty());
            assert!(took >= wait && took < wait + LATE, "{wait:?}: {took:?}");
        }
        // Nor is the last part of a millisecond spent awake.
        let before = thread_cpu();
        for _ in 0..100 {
            assert!(found(&poller, Duration::from_micros(900)).is_empty());
        }
        assert!(thread_cpu() - before < ms(45), "{:?}", thread_cpu() - before);
    });
}

#[test]
fn a_change_reaches_a_wait_under_way() {
    both(|poller| {
        let poller = Arc::new(poller);
        let (a, b) = pair();
        b.send("x").unwrap();
        let held = Arc::clone(&poller);
        let waiting = start_blocked(move || found(&held, LIMIT));
        poller.add(&a, 9, Events::READABLE, Trigger::Level).unwrap();
        assert_eq!(waiting.result(), [9]);
    });
}
