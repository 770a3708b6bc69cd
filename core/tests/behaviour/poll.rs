//! poll over sockets and plain descriptors.

use crate::support::alone::alone;
use crate::support::system::{limit_descriptors, Ticks};
use crate::support::*;
use polysock::{poll, poll_with, Events, Kind, PollEntry, PollTarget, Socket, Start, Stop};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::{mpsc, Arc};
use std::time::Duration;

fn pair() -> (Socket, Socket) {
    unix_pair(libc::SOCK_STREAM)
}

fn reading(socket: &Socket) -> PollEntry<'_> {
    PollEntry::new(socket, Events::READABLE)
}

fn revents(entries: &[PollEntry<'_>]) -> Vec<Events> {
    entries.iter().map(|entry| entry.revents).collect()
}

#[test]
fn tells_who_is_ready_and_counts_them() {
    limited(|| {
        let ((a, a_peer), (b, b_peer)) = (pair(), pair());
        a_peer.send("x").unwrap();
        let mut entries = [
            PollEntry::new(&a, Events::READABLE | Events::WRITABLE),
            reading(&b),
            PollEntry::new(&b, Events::WRITABLE),
        ];
        assert_eq!(poll(&mut entries, None).unwrap(), 2);
        let both = Events::READABLE | Events::WRITABLE;
        assert_eq!(revents(&entries), [both, Events::NONE, Events::WRITABLE]);

        // What was found before is forgotten.
        let mut room = [0; 8];
        a.recv(&mut room).unwrap();
        let mut again = [entries[0], entries[1]];
        again[0].events = Events::READABLE;
        assert_eq!(poll(&mut again, Duration::ZERO).unwrap(), 0);
        assert_eq!(revents(&again), [Events::NONE; 2]);

        drop((a_peer, b_peer));
        let mut entries = [reading(&a), PollEntry::new(&b, Events::PEER_CLOSED)];
        assert_eq!(poll(&mut entries, None).unwrap(), 2);
        assert!(entries[0].revents.contains(Events::READABLE | Events::HANGUP));
        assert!(entries[1].revents.contains(Events::PEER_CLOSED));
        assert!(!entries[1].revents.contains(Events::READABLE));
        assert!(
            !entries[1].revents.contains(Events::NONE),
            "nothing is not contained"
        );
    });
}

#[test]
fn waits_for_what_comes_and_never_ends_early() {
    limited(|| {
        let (a, b) = pair();
        for wait in [ms(1), ms(30), Duration::from_micros(1500)] {
            let (count, took) = timed(|| poll(&mut [reading(&a)], wait).unwrap());
            assert_eq!(count, 0);
            assert!(took >= wait && took < wait + LATE, "{took:?}");
        }
        let (count, took) = timed(|| poll(&mut [], ms(20)).unwrap());
        assert!(count == 0 && took >= ms(20));
        let waiting = start_blocked(move || poll(&mut [reading(&a)], None).unwrap());
        b.send("x").unwrap();
        assert_eq!(waiting.result(), 1);
    });
}

#[test]
fn a_closed_socket_is_invalid_at_once_and_the_others_are_told() {
    limited(|| {
        let ((a, _a_peer), (b, b_peer), (c, _c_peer)) = (pair(), pair(), pair());
        a.close().unwrap();
        b_peer.send("x").unwrap();
        let mut entries = [reading(&a), reading(&b), reading(&c)];
        assert_eq!(poll(&mut entries, None).unwrap(), 2);
        assert_eq!(
            revents(&entries),
            [Events::INVALID, Events::READABLE, Events::NONE]
        );
        let fd = c.detach().unwrap();
        assert_eq!(poll(&mut [reading(&c)], None).unwrap(), 1);
        drop(fd);
    });
}

#[test]
fn a_close_of_any_wakes_it() {
    limited(|| {
        for closed in 0..3_usize {
            let pairs: Vec<_> = (0..3).map(|_| pair()).collect();
            let sockets: Vec<_> = pairs.into_iter().map(|(a, b)| (Arc::new(a), b)).collect();
            let polled: Vec<_> = sockets.iter().map(|(socket, _)| Arc::clone(socket)).collect();
            let waiting = start_blocked(move || {
                let mut entries: Vec<_> = polled.iter().map(|socket| reading(socket)).collect();
                // The same one twice is polled twice.
                entries.push(entries[0]);
                let count = poll(&mut entries, None).unwrap();
                (count, revents(&entries))
            });
            // A call inside keeps the descriptor: it can't be given up now.
            assert_eq!(kind(sockets[closed].0.detach()), Kind::Busy);
            let (result, took) = timed(|| sockets[closed].0.close());
            result.unwrap();
            assert!(took < ms(900), "close waited for the poll: {took:?}");
            let (count, seen) = waiting.result();
            let mut expected = vec![Events::NONE; 4];
            expected[closed] = Events::INVALID;
            if closed == 0 {
                expected[3] = Events::INVALID;
            }
            assert_eq!((count, seen), (if closed == 0 { 2 } else { 1 }, expected));
        }
    });
}

#[test]
fn a_close_wakes_it_in_slices_without_a_descriptor_to_be_woken_by() {
    alone(|| {
        limited(|| {
            let ((a, _a_peer), (b, _b_peer)) = (pair(), pair());
            let (a, b) = (Arc::new(a), Arc::new(b));
            let (held_a, held_b) = (Arc::clone(&a), Arc::clone(&b));
            let (go, begin) = mpsc::channel();
            let waiting = start(move || {
                begin.recv().unwrap();
                let mut entries = [reading(&held_a), reading(&held_b)];
                (poll(&mut entries, None).unwrap(), revents(&entries))
            });
            let old = limit_descriptors(3);
            go.send(()).unwrap();
            until("it polls", || waiting.observer.polls());
            b.close().unwrap();
            assert_eq!(waiting.result(), (1, vec![Events::NONE, Events::INVALID]));
            limit_descriptors(old);
        });
    });
}

#[test]
fn plain_descriptors_and_numbers() {
    limited(|| {
        let (reader, writer) = std::io::pipe().unwrap();
        let (socket, peer) = pair();
        let mut entries = [
            PollEntry::new(reader.as_fd(), Events::READABLE),
            PollEntry::new(PollTarget::Number(writer.as_raw_fd()), Events::WRITABLE),
            PollEntry::new(PollTarget::Number(-1), Events::READABLE),
            reading(&socket),
        ];
        assert_eq!(poll(&mut entries, None).unwrap(), 1);
        assert_eq!(
            revents(&entries),
            [Events::NONE, Events::WRITABLE, Events::NONE, Events::NONE]
        );
        std::io::Write::write_all(&mut &writer, b"x").unwrap();
        peer.send("x").unwrap();
        assert_eq!(poll(&mut entries, None).unwrap(), 3);
        let mut closed = [PollEntry::new(PollTarget::Number(1 << 20), Events::READABLE)];
        assert_eq!(poll(&mut closed, None).unwrap(), 1);
        assert_eq!(closed[0].revents, Events::INVALID);
    });
}

#[test]
fn signals_keep_the_deadline() {
    limited(|| {
        let (a, _b) = pair();
        let _ticks = Ticks::every(ms(10));
        for first in [Start::Direct, Start::Blocking, Start::Waiting] {
            let mut signals = 0;
            let mut host = AtSignal(
                || {
                    signals += 1;
                    Ok(())
                },
                first,
            );
            let (count, took) = timed(|| poll_with(&mut [reading(&a)], ms(200), &mut host).unwrap());
            assert_eq!(count, 0);
            assert!(took >= ms(200) && took < ms(200) + LATE, "{took:?}");
            assert!(signals > 0, "no signals came");
        }
    });
}

/// The call is not counted in and holds no lock while the caller handles a signal: its handler closes the same socket.
#[test]
fn a_handler_may_close_what_is_polled() {
    limited(|| {
        let ((a, _a_peer), (b, _b_peer)) = (pair(), pair());
        let _ticks = Ticks::every(ms(10));
        let mut took = Duration::ZERO;
        let mut host = AtSignal(
            || {
                let (closed, this) = timed(|| a.close());
                closed.unwrap();
                took = took.max(this);
                Ok(())
            },
            Start::Blocking,
        );
        let mut entries = [reading(&a), reading(&b)];
        assert_eq!(poll_with(&mut entries, None, &mut host).unwrap(), 1);
        assert_eq!(revents(&entries), [Events::INVALID, Events::NONE]);
        assert!(took < ms(900), "close waited for the poll: {took:?}");
    });
}

#[test]
fn a_handler_may_end_it() {
    limited(|| {
        let (a, _b) = pair();
        let _ticks = Ticks::every(ms(10));
        let mut host = AtSignal(|| Err(Stop), Start::Direct);
        let error = poll_with(&mut [reading(&a)], None, &mut host).unwrap_err();
        assert_eq!(error.kind(), Kind::Interrupted);
        assert_eq!(error.operation().name(), "poll");
    });
}
