//! Poller: registered once, told when ready, never stale. Each test runs with epoll and with what stands in for it.
#![cfg(target_os = "linux")]

mod support;

use polysock_core::{Event, Events, FirstTry, Host, Kind, Mode, PollTarget, Poller, Socket, Stop, Try};
use std::collections::HashSet;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::alone::{alone, alone_by, can, inside};
use support::system::{descriptors, fork, limit_descriptors, thread_cpu, Ticks};
use support::*;

fn pair() -> (Socket, Socket) {
    unix_pair(libc::SOCK_STREAM)
}

fn both(test: fn(Poller)) {
    limited(move || {
        test(Poller::new().unwrap());
        test(Poller::portable().unwrap());
    });
}

/// What a wait finds: tokens in order. Edge by edge, so a wait with no time still looks.
fn found(poller: &Poller, timeout: Duration) -> Vec<u64> {
    let mut events = [Event::default(); 256];
    let count = poller.wait(&mut events, timeout).unwrap();
    let mut tokens: Vec<_> = events[..count].iter().map(|event| event.token).collect();
    tokens.sort_unstable();
    tokens
}

fn now(poller: &Poller) -> Vec<u64> {
    found(poller, Duration::ZERO)
}

fn read(socket: &Socket) {
    let mut room = [0; 64];
    socket.within(LATE).recv(&mut room).unwrap();
}

#[test]
fn level_tells_until_there_is_nothing_to_do() {
    both(|poller| {
        let (a, b) = pair();
        poller.add(&a, 7, Events::READABLE, Mode::Level).unwrap();
        assert!(now(&poller).is_empty());
        b.send("x").unwrap();
        for _ in 0..3 {
            assert_eq!(now(&poller), [7]);
        }
        read(&a);
        assert!(now(&poller).is_empty());
        drop(b);
        let mut events = [Event::default(); 4];
        assert_eq!(poller.wait(&mut events, None).unwrap(), 1);
        assert!(events[0].events.contains(Events::READABLE | Events::HANGUP));
    });
}

#[test]
fn one_shot_tells_once_until_modified() {
    both(|poller| {
        let (a, b) = pair();
        poller.add(&a, 7, Events::READABLE, Mode::OneShot).unwrap();
        b.send("x").unwrap();
        assert_eq!(now(&poller), [7]);
        b.send("x").unwrap();
        assert!(now(&poller).is_empty());
        poller.modify(&a, 8, Events::READABLE, Mode::OneShot).unwrap();
        assert_eq!(now(&poller), [8]);
        assert!(now(&poller).is_empty());
    });
}

#[test]
fn edge_tells_once_each_time_something_comes() {
    limited(|| {
        let poller = Poller::new().unwrap();
        let (a, b) = pair();
        poller.add(&a, 7, Events::READABLE, Mode::Edge).unwrap();
        for _ in 0..2 {
            b.send("x").unwrap();
            assert_eq!(now(&poller), [7]);
            assert!(now(&poller).is_empty());
        }
        let poller = Poller::portable().unwrap();
        let refused = poller.add(&a, 7, Events::READABLE, Mode::Edge);
        assert_eq!(kind(refused), Kind::Unsupported);
        poller.add(&a, 7, Events::READABLE, Mode::Level).unwrap();
    });
}

#[test]
fn registrations_are_changed_and_ended() {
    both(|poller| {
        let (a, b) = pair();
        assert_eq!(kind(poller.remove(&a)), Kind::Os(libc::ENOENT));
        let unknown = poller.modify(&a, 1, Events::READABLE, Mode::Level);
        assert_eq!(kind(unknown), Kind::Os(libc::ENOENT));
        poller.add(&a, 1, Events::READABLE, Mode::Level).unwrap();
        let twice = poller.add(&a, 2, Events::READABLE, Mode::Level);
        assert_eq!(kind(twice), Kind::Os(libc::EEXIST));
        b.send("x").unwrap();
        assert_eq!(now(&poller), [1]);
        poller.modify(&a, 2, Events::WRITABLE, Mode::Level).unwrap();
        let mut events = [Event::default(); 4];
        assert_eq!(poller.wait(&mut events, None).unwrap(), 1);
        assert_eq!((events[0].token, events[0].events), (2, Events::WRITABLE));
        poller.remove(&a).unwrap();
        assert!(now(&poller).is_empty());
        poller.add(&a, 3, Events::READABLE, Mode::Level).unwrap();
        assert_eq!(now(&poller), [3]);
        a.close().unwrap();
        for result in [
            poller.add(&a, 4, Events::READABLE, Mode::Level),
            poller.modify(&a, 4, Events::READABLE, Mode::Level),
            poller.remove(&a),
        ] {
            assert_eq!(kind(result), Kind::Closed);
        }
        let none: &mut [Event] = &mut [];
        assert_eq!(kind(poller.wait(none, None)), Kind::InvalidInput("events"));
    });
}

/// Whatever ends a socket ends its registration, although a duplicate keeps the connection open and ready.
#[test]
fn nothing_comes_from_a_socket_that_is_closed() {
    both(|poller| {
        let ends: [fn(Socket); 5] = [
            |socket| socket.close().unwrap(),
            drop,
            |socket| socket.abort().unwrap(),
            |socket| socket.close_fin_first().unwrap(),
            // Given up it is somebody else's, and stays open here.
            |socket| std::mem::forget(socket.detach().unwrap()),
        ];
        for end in ends {
            let (a, b) = pair();
            let duplicate = support::system::dup(a.fileno().unwrap());
            poller.add(&a, 7, Events::READABLE, Mode::Level).unwrap();
            b.send("x").unwrap();
            assert_eq!(now(&poller), [7]);
            end(a);
            assert!(now(&poller).is_empty());
            // Nor does a stale registration keep the wait from sleeping.
            let before = thread_cpu();
            assert!(found(&poller, ms(100)).is_empty());
            assert!(thread_cpu() - before < ms(50), "it spins");
            drop(duplicate);
        }
    });
}

#[test]
fn a_number_used_again_is_a_registration_of_its_own() {
    alone("a_number_used_again_is_a_registration_of_its_own", || {
        both(|poller| {
            for token in 0..20 {
                let (a, _b) = pair();
                let number = a.fileno().unwrap();
                poller.add(&a, token, Events::READABLE, Mode::Level).unwrap();
                a.close().unwrap();
                let (c, d) = pair();
                assert_eq!(c.fileno().unwrap(), number);
                d.send("x").unwrap();
                assert!(now(&poller).is_empty());
                poller
                    .add(&c, token + 100, Events::READABLE, Mode::Level)
                    .unwrap();
                assert_eq!(now(&poller), [token + 100]);
            }
        });
    });
}

/// A child has copies of all descriptors, the poller's too. Neither disturbs the other.
#[test]
fn a_forked_child_has_a_poller_of_its_own() {
    alone("a_forked_child_has_a_poller_of_its_own", || {
        both(|poller| {
            let ((a, a_peer), (b, b_peer), (c, c_peer)) = (pair(), pair(), pair());
            let (kept_open, told) = pair();
            for (token, socket) in [(1, &a), (2, &b)] {
                poller.add(socket, token, Events::READABLE, Mode::Level).unwrap();
            }
            let child = fork(|| {
                // Nothing is registered here, and closing tells the parent's poller nothing.
                a_peer.send("x").unwrap();
                assert!(now(&poller).is_empty());
                a.close().unwrap();
                poller.add(&c, 3, Events::READABLE, Mode::Level).unwrap();
                poller.wake().unwrap();
                assert!(now(&poller).is_empty());
                c_peer.send("x").unwrap();
                assert_eq!(now(&poller), [3]);
                poller.close();
                // `b` stays open here until the parent has closed it and looked.
                let mut room = [0];
                kept_open.within(LATE).recv(&mut room).unwrap();
            });
            assert_eq!(
                found(&poller, LATE),
                [1],
                "the child's close ended our registration"
            );
            b_peer.send("x").unwrap();
            assert_eq!(found(&poller, LATE), [1, 2]);
            b.close().unwrap();
            assert_eq!(now(&poller), [1]);
            told.send("x").unwrap();
            child.succeed();
            assert_eq!(now(&poller), [1]);
        });
    });
}

/// One thread closes and makes sockets, another waits: an event is never of a socket that was closed before the wait.
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
            let _duplicate = support::system::dup(a.fileno().unwrap());
            poller.add(&a, token, Events::READABLE, Mode::Level).unwrap();
            b.send("x").unwrap();
            a.close().unwrap();
            closed.lock().unwrap().insert(token);
        }
        poller.close();
        waiter.result();
    });
}

#[test]
fn one_of_thousands() {
    both(|poller| {
        let pairs: Vec<_> = (0..2000).map(|_| pair()).collect();
        for (token, (socket, _)) in (0..).zip(&pairs) {
            poller.add(socket, token, Events::READABLE, Mode::Level).unwrap();
        }
        for at in [0_u64, 999, 1999] {
            let (socket, peer) = &pairs[at as usize];
            peer.send("x").unwrap();
            assert_eq!(found(&poller, LATE), [at]);
            read(socket);
        }
    });
}

/// However many sockets are registered: one system call a wait, one a registration.
#[test]
fn the_number_of_system_calls_does_not_grow() {
    const NAME: &str = "the_number_of_system_calls_does_not_grow";
    const WAITS: usize = 50;
    if !inside() && !can(&["strace", "-o", "/dev/null", "true"], NAME) {
        return;
    }
    let trace = std::env::temp_dir().join(format!("polysock-{}", std::process::id()));
    let file = trace.display().to_string();
    let calls = "trace=epoll_wait,epoll_pwait,epoll_pwait2,epoll_ctl,ppoll,poll";
    let by = ["strace", "-f", "-qq", "-e", calls, "-o", &file];
    let run = |sockets: usize| {
        alone_by(&by, NAME, &sockets.to_string(), |told| {
            let poller = Poller::new().unwrap();
            let pairs: Vec<_> = (0..told.parse().unwrap()).map(|_| pair()).collect();
            for (token, (socket, _)) in (0..).zip(&pairs) {
                poller.add(socket, token, Events::READABLE, Mode::Level).unwrap();
            }
            pairs[0].1.send("x").unwrap();
            for _ in 0..WAITS {
                assert_eq!(found(&poller, LATE), [0]);
            }
            // Their end would be counted.
            std::mem::forget(pairs);
        });
    };
    if inside() {
        return run(0);
    }
    let counts = [10, 1500].map(|sockets| {
        run(sockets);
        let text = std::fs::read_to_string(&trace).unwrap();
        std::fs::remove_file(&trace).unwrap();
        let count = |name: &str| text.lines().filter(|line| line.contains(name)).count();
        (count("epoll_wait("), count("epoll_ctl("), count("poll("))
    });
    let [(_, _, polls), _] = counts;
    // One change more: the poller's own wake-up.
    assert_eq!(counts, [(WAITS, 10 + 1, polls), (WAITS, 1500 + 1, polls)]);
}

#[test]
fn all_that_are_ready_get_their_turn() {
    both(|poller| {
        let pairs: Vec<_> = (0..300).map(|_| pair()).collect();
        for (token, (socket, peer)) in (0..).zip(&pairs) {
            poller.add(socket, token, Events::READABLE, Mode::Level).unwrap();
            peer.send("x").unwrap();
        }
        let mut events = [Event::default(); 64];
        let mut seen = HashSet::new();
        for _ in 0..5 {
            let count = poller.wait(&mut events, LATE).unwrap();
            assert!(count <= 64);
            seen.extend(events[..count].iter().map(|event| event.token));
        }
        assert_eq!(seen.len(), 300);
    });
}

#[test]
fn each_one_shot_is_told_to_one_thread() {
    both(|poller| {
        let poller = Arc::new(poller);
        let pairs: Vec<_> = (0..200).map(|_| pair()).collect();
        for (token, (socket, _)) in (0..).zip(&pairs) {
            poller
                .add(socket, token, Events::READABLE, Mode::OneShot)
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
        // The next one, when none is under way.
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
        poller.add(&a, 1, Events::READABLE, Mode::Level).unwrap();
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
            poller.add(&a, 1, Events::READABLE, Mode::Level),
            poller.modify(&a, 1, Events::READABLE, Mode::Level),
            poller.wake(),
        ] {
            assert_eq!(kind(result), Kind::Closed);
        }
        a.close().unwrap();
    });
}

/// Who takes a wake-up back may take the one of a close that came in between: it has to be given on.
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

/// Calls something at each signal.
struct AtSignal<F: FnMut() -> Result<(), Stop>>(F, FirstTry);

impl<F: FnMut() -> Result<(), Stop>> Host for AtSignal<F> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn interrupted(&mut self) -> Result<(), Stop> {
        (self.0)()
    }

    fn first_try(&mut self, _: Try) -> FirstTry {
        self.1
    }
}

#[test]
fn signals_keep_the_deadline() {
    both(|poller| {
        let (a, _b) = pair();
        poller.add(&a, 1, Events::READABLE, Mode::Level).unwrap();
        let _ticks = Ticks::every(ms(10));
        let mut events = [Event::default(); 4];
        for first in [FirstTry::Direct, FirstTry::Blocking] {
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
            assert!(signals >= 5, "{signals}");
        }
        let mut host = AtSignal(|| Err(Stop), FirstTry::Direct);
        let stopped = poller.wait_with(&mut events, None, &mut host);
        assert_eq!(kind(stopped), Kind::Interrupted);
    });
}

#[test]
fn a_handler_may_close_the_socket_and_the_poller() {
    both(|poller| {
        let (a, _b) = pair();
        poller.add(&a, 1, Events::READABLE, Mode::Level).unwrap();
        let _ticks = Ticks::every(ms(10));
        let mut host = AtSignal(
            || {
                a.close().unwrap();
                poller.close();
                Ok(())
            },
            FirstTry::Blocking,
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
        poller.add(&a, 9, Events::READABLE, Mode::Level).unwrap();
        assert_eq!(waiting.result(), [9]);
    });
}

#[test]
fn plain_descriptors_are_registered_by_number() {
    both(|poller| {
        let (reader, writer) = std::io::pipe().unwrap();
        poller
            .add(reader.as_fd(), 5, Events::READABLE, Mode::Level)
            .unwrap();
        let twice = poller.add(reader.as_fd(), 6, Events::READABLE, Mode::Level);
        assert_eq!(kind(twice), Kind::Os(libc::EEXIST));
        std::io::Write::write_all(&mut &writer, b"x").unwrap();
        assert_eq!(now(&poller), [5]);
        let number = PollTarget::Number(reader.as_raw_fd());
        poller.modify(number, 6, Events::READABLE, Mode::OneShot).unwrap();
        assert_eq!(now(&poller), [6]);
        poller.remove(number).unwrap();
        assert_eq!(kind(poller.remove(number)), Kind::Os(libc::ENOENT));
        let nobody = poller.add(PollTarget::Number(-1), 1, Events::READABLE, Mode::Level);
        assert_eq!(kind(nobody), Kind::Os(libc::EBADF));
    });
}

#[test]
fn sockets_and_pollers_need_not_outlive_each_other() {
    both(|poller| {
        let (a, b) = pair();
        let other = Poller::new().unwrap();
        poller.add(&a, 1, Events::READABLE, Mode::Level).unwrap();
        other.add(&a, 2, Events::READABLE, Mode::Level).unwrap();
        b.send("x").unwrap();
        assert_eq!((now(&poller), now(&other)), (vec![1], vec![2]));
        drop(poller);
        assert_eq!(now(&other), [2]);
        other.modify(&a, 3, Events::READABLE, Mode::Level).unwrap();
        a.close().unwrap();
        assert!(now(&other).is_empty());
    });
}

#[test]
fn no_descriptor_is_left_behind_and_none_to_be_had_is_an_error() {
    alone(
        "no_descriptor_is_left_behind_and_none_to_be_had_is_an_error",
        || {
            both(|poller| {
                assert!(now(&poller).is_empty());
                let before = descriptors();
                for _ in 0..5 {
                    let (a, _b) = pair();
                    let mine = Poller::new().unwrap();
                    for poller in [&mine, &poller] {
                        poller.add(&a, 1, Events::READABLE, Mode::Level).unwrap();
                        assert!(now(poller).is_empty());
                    }
                    if before.len() % 2 == 0 {
                        mine.close();
                    }
                }
                assert_eq!(descriptors(), before);
                let old = limit_descriptors(3);
                let refused = Poller::new().map(drop);
                limit_descriptors(old);
                assert_eq!(kind(refused), Kind::Os(libc::EMFILE));
                assert_eq!(descriptors(), before);
            });
        },
    );
}
