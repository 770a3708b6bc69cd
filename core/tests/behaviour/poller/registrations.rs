//! Poller: registered once, reported when ready, never stale. Each test runs with epoll and with its replacement.

use super::support::*;
use crate::support::alone::{alone, alone_by, inside};
use crate::support::skipped::can_trace;
use crate::support::system::{
    close, descriptors, dup, fork, limit_descriptors, pipe, room_for_descriptors, thread_cpu,
};
use crate::support::*;
use polysock::{Event, Events, Kind, PollTarget, Poller, Socket, Trigger};
use std::collections::HashSet;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn level_tells_until_there_is_nothing_to_do() {
    both(|poller| {
        let (a, b) = pair();
        poller.add(&a, 7, Events::READABLE, Trigger::Level).unwrap();
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
        poller.add(&a, 7, Events::READABLE, Trigger::OneShot).unwrap();
        b.send("x").unwrap();
        assert_eq!(now(&poller), [7]);
        b.send("x").unwrap();
        assert!(now(&poller).is_empty());
        poller.modify(&a, 8, Events::READABLE, Trigger::OneShot).unwrap();
        assert_eq!(now(&poller), [8]);
        assert!(now(&poller).is_empty());
    });
}

#[test]
#[cfg_attr(polysock_portable, ignore = "only epoll triggers on edges")]
fn edge_tells_once_each_time_something_comes() {
    limited(|| {
        let poller = Poller::new().unwrap();
        let (a, b) = pair();
        poller.add(&a, 7, Events::READABLE, Trigger::Edge).unwrap();
        for _ in 0..2 {
            b.send("x").unwrap();
            assert_eq!(now(&poller), [7]);
            assert!(now(&poller).is_empty());
        }
        let poller = Poller::portable().unwrap();
        let refused = poller.add(&a, 7, Events::READABLE, Trigger::Edge);
        assert_eq!(kind(refused), Kind::Unsupported);
        poller.add(&a, 7, Events::READABLE, Trigger::Level).unwrap();
    });
}

#[test]
fn registrations_are_changed_and_ended() {
    both(|poller| {
        let (a, b) = pair();
        assert_eq!(kind(poller.remove(&a)), Kind::Os(libc::ENOENT));
        let unknown = poller.modify(&a, 1, Events::READABLE, Trigger::Level);
        assert_eq!(kind(unknown), Kind::Os(libc::ENOENT));
        poller.add(&a, 1, Events::READABLE, Trigger::Level).unwrap();
        let twice = poller.add(&a, 2, Events::READABLE, Trigger::Level);
        assert_eq!(kind(twice), Kind::Os(libc::EEXIST));
        b.send("x").unwrap();
        assert_eq!(now(&poller), [1]);
        poller.modify(&a, 2, Events::WRITABLE, Trigger::Level).unwrap();
        let mut events = [Event::default(); 4];
        assert_eq!(poller.wait(&mut events, None).unwrap(), 1);
        assert_eq!((events[0].token, events[0].events), (2, Events::WRITABLE));
        poller.remove(&a).unwrap();
        assert!(now(&poller).is_empty());
        poller.add(&a, 3, Events::READABLE, Trigger::Level).unwrap();
        assert_eq!(now(&poller), [3]);
        a.close().unwrap();
        for result in [
            poller.add(&a, 4, Events::READABLE, Trigger::Level),
            poller.modify(&a, 4, Events::READABLE, Trigger::Level),
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
            // After detach it belongs to the program, and stays open here.
            |socket| std::mem::forget(socket.detach().unwrap()),
        ];
        for end in ends {
            let (a, b) = pair();
            let duplicate = crate::support::system::dup(a.fileno().unwrap());
            poller.add(&a, 7, Events::READABLE, Trigger::Level).unwrap();
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
    alone(|| {
        both(|poller| {
            for token in 0..20 {
                let (a, _b) = pair();
                let number = a.fileno().unwrap();
                poller.add(&a, token, Events::READABLE, Trigger::Level).unwrap();
                a.close().unwrap();
                let (c, d) = pair();
                assert_eq!(c.fileno().unwrap(), number);
                d.send("x").unwrap();
                assert!(now(&poller).is_empty());
                poller
                    .add(&c, token + 100, Events::READABLE, Trigger::Level)
                    .unwrap();
                assert_eq!(now(&poller), [token + 100]);
            }
        });
    });
}

/// A child has copies of all descriptors, the poller's too. Neither disturbs the other.
#[test]
fn a_forked_child_has_a_poller_of_its_own() {
    alone(|| {
        both(|poller| {
            let ((a, a_peer), (b, b_peer), (c, c_peer)) = (pair(), pair(), pair());
            let (kept_open, told) = pair();
            for (token, socket) in [(1, &a), (2, &b)] {
                poller
                    .add(socket, token, Events::READABLE, Trigger::Level)
                    .unwrap();
            }
            let child = fork(|| {
                // The registrations exist here too, and closing does not affect the parent's poller.
                a_peer.send("x").unwrap();
                assert!(now(&poller).contains(&1));
                a.close().unwrap();
                assert!(!now(&poller).contains(&1));
                poller.remove(&b).unwrap();
                poller.add(&c, 3, Events::READABLE, Trigger::Level).unwrap();
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

/// A daemon forks when everything is set up. The parent may have gone by then.
#[test]
fn a_forked_child_goes_on_with_what_was_registered() {
    alone(|| {
        both(|poller| {
            let pairs = [(); 5].map(|()| pair());
            let (pipe, to_pipe) = pipe();
            let gone = dup(pipe.as_raw_fd());
            let modes = [Trigger::Level, Trigger::OneShot, Trigger::OneShot, Trigger::Level];
            for (token, ((socket, _), mode)) in (1..).zip(pairs.iter().zip(modes)) {
                poller.add(socket, token, Events::READABLE, mode).unwrap();
            }
            poller
                .add(
                    PollTarget::Number(pipe.as_raw_fd()),
                    6,
                    Events::READABLE,
                    Trigger::Level,
                )
                .unwrap();
            poller
                .add(
                    PollTarget::Number(gone.as_raw_fd()),
                    7,
                    Events::READABLE,
                    Trigger::Level,
                )
                .unwrap();
            poller
                .modify(&pairs[0].0, 10, Events::READABLE, Trigger::Level)
                .unwrap();
            poller.remove(&pairs[3].0).unwrap();
            pairs[1].1.send("x").unwrap();
            assert_eq!(found(&poller, LATE), [2]);
            let child = fork(|| {
                close(gone.as_raw_fd());
                for (_, peer) in &pairs {
                    peer.send("x").unwrap();
                }
                std::fs::File::from(to_pipe.try_clone().unwrap())
                    .write_all(b"x")
                    .unwrap();
                // Number 2 has reported, and is silent until it is modified.
                assert_eq!(found(&poller, LATE), [3, 6, 10]);
                assert_eq!(now(&poller), [6, 10]);
                poller
                    .modify(&pairs[1].0, 2, Events::READABLE, Trigger::OneShot)
                    .unwrap();
                assert_eq!(now(&poller), [2, 6, 10]);
                poller
                    .add(&pairs[4].0, 5, Events::READABLE, Trigger::Level)
                    .unwrap();
                assert_eq!(now(&poller), [5, 6, 10]);
                poller.remove(&pairs[1].0).unwrap();
                poller.remove(PollTarget::Number(pipe.as_raw_fd())).unwrap();
                let again = poller.add(&pairs[0].0, 1, Events::READABLE, Trigger::Level);
                assert_eq!(again.unwrap_err().kind(), Kind::Os(libc::EEXIST));
            });
            child.succeed();
            // The parent's registrations, and which of them have reported, are unchanged.
            assert_eq!(found(&poller, LATE), [3, 6, 7, 10]);
            assert_eq!(now(&poller), [6, 7, 10]);
        });
    });
}

/// The same while a thread of the parent waits in it.
#[test]
#[cfg_attr(polysock_portable, ignore = "poll(2) needs no descriptor for itself")]
fn a_forked_child_gives_up_the_descriptors_of_the_parents_poller() {
    alone(|| {
        let poller = Arc::new(Poller::new().unwrap());
        let (socket, _peer) = pair();
        poller.add(&socket, 1, Events::READABLE, Trigger::Level).unwrap();
        let waiting = Arc::clone(&poller);
        let waiter = start(move || found(&waiting, LATE).len());
        waiter.wait_blocked();
        let polled = || {
            let all = descriptors();
            all.iter().filter(|(_, what)| what.contains("eventpoll")).count()
        };
        assert_eq!(polled(), 1);
        fork(|| {
            socket.close().unwrap();
            assert_eq!(polled(), 0, "one that only closes needs none");
            let event = &mut [Event::default()];
            assert_eq!(poller.wait(event, Duration::ZERO).unwrap(), 0);
            assert_eq!(polled(), 1);
            poller.close();
            assert_eq!(polled(), 0);
        })
        .succeed();
        fork(|| {
            poller.close();
            assert_eq!(polled(), 0);
        })
        .succeed();
        poller.wake().unwrap();
        assert_eq!(waiter.result(), 0);
    });
}

#[test]
fn one_of_thousands() {
    both(|poller| {
        let count = room_for_descriptors(4000) / 2;
        let pairs: Vec<_> = (0..count).map(|_| pair()).collect();
        for (token, (socket, _)) in (0..).zip(&pairs) {
            poller
                .add(socket, token, Events::READABLE, Trigger::Level)
                .unwrap();
        }
        for at in [0, count / 2, count - 1] {
            let (socket, peer) = &pairs[at];
            peer.send("x").unwrap();
            assert_eq!(found(&poller, LATE), [at as u64]);
            read(socket);
        }
    });
}

/// However many sockets are registered: one system call per wait, and one per registration.
#[test]
#[cfg_attr(polysock_portable, ignore = "counts the calls of epoll")]
fn the_number_of_system_calls_does_not_grow() {
    const NAME: &str = "the_number_of_system_calls_does_not_grow";
    const WAITS: usize = 50;
    if !inside() && !can_trace(NAME) {
        return;
    }
    let trace = std::env::temp_dir().join(format!("polysock-{}", std::process::id()));
    let file = trace.display().to_string();
    let calls = "trace=epoll_wait,epoll_pwait,epoll_pwait2,epoll_ctl,ppoll,poll";
    let by = ["strace", "-f", "-qq", "-e", calls, "-o", &file];
    let run = |sockets: usize| {
        alone_by(&by, &sockets.to_string(), |told| {
            let poller = Poller::new().unwrap();
            let pairs: Vec<_> = (0..told.parse().unwrap()).map(|_| pair()).collect();
            for (token, (socket, _)) in (0..).zip(&pairs) {
                poller
                    .add(socket, token, Events::READABLE, Trigger::Level)
                    .unwrap();
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
    let many = room_for_descriptors(3000) / 2; // inherited by the process that opens them
    let counts = [10, many].map(|sockets| {
        run(sockets);
        let text = std::fs::read_to_string(&trace).unwrap();
        std::fs::remove_file(&trace).unwrap();
        let count = |name: &str| text.lines().filter(|line| line.contains(name)).count();
        // musl waits by epoll_pwait, and so do machines that have no epoll_wait.
        let waits = count("epoll_wait(") + count("epoll_pwait(");
        (waits, count("epoll_ctl("), count("poll("))
    });
    let [(_, _, polls), _] = counts;
    // One change more: the poller's own wake-up.
    assert_eq!(counts, [(WAITS, 10 + 1, polls), (WAITS, many + 1, polls)]);
}

#[test]
fn all_that_are_ready_get_their_turn() {
    both(|poller| {
        let pairs: Vec<_> = (0..300).map(|_| pair()).collect();
        for (token, (socket, peer)) in (0..).zip(&pairs) {
            poller
                .add(socket, token, Events::READABLE, Trigger::Level)
                .unwrap();
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
fn plain_descriptors_are_registered_by_number() {
    both(|poller| {
        let (reader, writer) = std::io::pipe().unwrap();
        poller
            .add(reader.as_fd(), 5, Events::READABLE, Trigger::Level)
            .unwrap();
        let twice = poller.add(reader.as_fd(), 6, Events::READABLE, Trigger::Level);
        assert_eq!(kind(twice), Kind::Os(libc::EEXIST));
        std::io::Write::write_all(&mut &writer, b"x").unwrap();
        assert_eq!(now(&poller), [5]);
        let number = PollTarget::Number(reader.as_raw_fd());
        poller
            .modify(number, 6, Events::READABLE, Trigger::OneShot)
            .unwrap();
        assert_eq!(now(&poller), [6]);
        poller.remove(number).unwrap();
        assert_eq!(kind(poller.remove(number)), Kind::Os(libc::ENOENT));
        for number in [-1, i32::MAX] {
            let refused = poller.add(PollTarget::Number(number), 1, Events::READABLE, Trigger::Level);
            assert_eq!(kind(refused), Kind::Os(libc::EBADF));
        }
    });
}

#[test]
fn sockets_and_pollers_need_not_outlive_each_other() {
    both(|poller| {
        let (a, b) = pair();
        let other = Poller::new().unwrap();
        poller.add(&a, 1, Events::READABLE, Trigger::Level).unwrap();
        other.add(&a, 2, Events::READABLE, Trigger::Level).unwrap();
        b.send("x").unwrap();
        assert_eq!((now(&poller), now(&other)), (vec![1], vec![2]));
        drop(poller);
        assert_eq!(now(&other), [2]);
        other.modify(&a, 3, Events::READABLE, Trigger::Level).unwrap();
        a.close().unwrap();
        assert!(now(&other).is_empty());
    });
}

#[test]
fn no_descriptor_is_left_behind_and_none_to_be_had_is_an_error() {
    alone(|| {
        both(|poller| {
            assert!(now(&poller).is_empty());
            let before = descriptors();
            for _ in 0..5 {
                let (a, _b) = pair();
                let mine = Poller::new().unwrap();
                for poller in [&mine, &poller] {
                    poller.add(&a, 1, Events::READABLE, Trigger::Level).unwrap();
                    assert!(now(poller).is_empty());
                }
                if before.len() % 2 == 0 {
                    mine.close();
                }
            }
            assert_eq!(descriptors(), before);
            if cfg!(polysock_portable) {
                return; // poll(2) needs no extra descriptor
            }
            let old = limit_descriptors(3);
            let refused = Poller::new().map(drop);
            limit_descriptors(old);
            assert_eq!(kind(refused), Kind::Os(libc::EMFILE));
            assert_eq!(descriptors(), before);
        });
    });
}
