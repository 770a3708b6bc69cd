//! What calls of other kinds, and polls, find of what was received ahead.

use super::support::*;
use crate::support::*;
use polysock::{poll, Event, Events, Flags, Kind, PollEntry, Poller, Reader, RecvBuf, Trigger};
use std::os::fd::OwnedFd;
use std::sync::Arc;

#[test]
fn a_plain_receive_finds_pending_bytes_first() {
    let (a, b) = received_ahead(b"12345");
    a.send_all(b"67").unwrap();
    let mut room = [0; 8];
    assert_eq!(b.recv(&mut room[..0]).unwrap(), 0);
    assert_eq!(b.peek(&mut room[..2]).unwrap(), 2);
    assert_eq!(&room[..2], b"12");
    assert_eq!(b.recv(&mut room[..2]).unwrap(), 2);
    assert_eq!(&room[..2], b"12");
    assert_eq!(b.available().unwrap(), 5);
    // What is pending is returned without what the system has.
    assert_eq!(b.recv(&mut room).unwrap(), 3);
    assert_eq!(&room[..3], b"345");
    assert_eq!(b.pending(), 0);
    assert_eq!(b.recv(&mut room).unwrap(), 2);
    assert_eq!(&room[..2], b"67");
    assert_eq!(kind(b.within(NOW).recv(&mut room)), Kind::WouldBlock);
    a.close().unwrap();
    assert_eq!(b.recv(&mut room).unwrap(), 0);
}

#[test]
fn a_receive_of_everything_takes_pending_bytes_and_waits_for_the_rest() {
    limited(|| {
        for flags in [Flags::WAIT_ALL, Flags::WAIT_ALL | Flags::PEEK] {
            let (a, b) = received_ahead(b"123");
            let b = Arc::new(b);
            let same = Arc::clone(&b);
            let receiving = start_blocked(move || {
                let mut room = [0; 6];
                let count = same.within(LATE).recv_with(&mut room, flags).unwrap();
                (count, room)
            });
            a.send_all(b"45").unwrap();
            a.send_all(b"67").unwrap();
            assert_eq!(receiving.result(), (6, *b"123456"), "{flags:?}");
            let mut rest = [0; 8];
            let left = if flags.contains(Flags::PEEK) {
                &b"1234567"[..]
            } else {
                b"7"
            };
            b.within(LATE).recv_exact(&mut rest[..left.len()]).unwrap();
            assert_eq!(&rest[..left.len()], left);
        }
    });
}

#[test]
fn what_ends_a_receive_of_everything_does_not_lose_pending_bytes() {
    let (_a, b) = received_ahead(b"123");
    let mut room = [0; 6];
    let mut short = b.within(ms(20));
    assert_eq!(
        short.recv_with(&mut room, Flags::WAIT_ALL | Flags::PEEK).unwrap(),
        3
    );
    assert_eq!(b.within(ms(20)).recv_with(&mut room, Flags::WAIT_ALL).unwrap(), 3);
    assert_eq!(&room[..3], b"123");
    assert_eq!(
        kind(b.within(ms(20)).recv_with(&mut room, Flags::WAIT_ALL)),
        Kind::TimedOut
    );
}

#[test]
fn recv_exact_begins_with_pending_bytes() {
    let (a, b) = received_ahead(b"12345");
    let mut room = [0; 4];
    b.recv_exact(&mut room[..2]).unwrap();
    assert_eq!(&room[..2], b"12");
    a.send_all(b"67").unwrap();
    b.recv_exact(&mut room).unwrap();
    assert_eq!(&room, b"3456");
    a.close().unwrap();
    let error = b.recv_exact(&mut room).unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::Truncated { missing: 3 }, 1));

    let (a, b) = received_ahead(b"123");
    let error = b.within(ms(20)).recv_exact(&mut room).unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::TimedOut, 3));
    assert_eq!(&room[..3], b"123");
    assert_eq!(b.pending(), 0);
    drop(a);

    let (a, b) = received_ahead(b"123");
    a.close().unwrap();
    let error = b.recv_exact(&mut room).unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::Truncated { missing: 1 }, 3));
}

#[test]
fn what_a_receive_that_waits_for_more_has_taken_is_no_longer_pending() {
    limited(|| {
        for flags in [Flags::WAIT_ALL, Flags::NONE] {
            let (a, b) = received_ahead(b"123");
            let b = Arc::new(b);
            let same = Arc::clone(&b);
            let receiving = start_blocked(move || {
                let mut room = [0; 5];
                if flags == Flags::NONE {
                    same.within(LATE).recv_exact(&mut room).unwrap();
                } else {
                    assert_eq!(same.within(LATE).recv_with(&mut room, flags).unwrap(), 5);
                }
                room
            });
            assert_eq!(b.pending(), 0);
            drop(b.duplicate().unwrap());
            a.send_all(b"45").unwrap();
            assert_eq!(&receiving.result(), b"12345");
        }
    });
}

#[test]
fn pieces_are_filled_with_pending_bytes_first() {
    let (a, b) = received_ahead(b"12345");
    let (mut one, mut two) = ([0; 2], [0; 2]);
    let parts = [RecvBuf::from(&mut one), RecvBuf::from(&mut two)];
    assert_eq!(b.within(LATE).recv_vectored(&parts).unwrap(), 4);
    assert_eq!((&one, &two), (b"12", b"34"));
    a.send_all(b"678").unwrap();
    let parts = [RecvBuf::from(&mut one), RecvBuf::from(&mut two)];
    let received = b.within(LATE).recv_message(&parts, 0, Flags::WAIT_ALL).unwrap();
    assert_eq!((received.count, received.flags), (4, Flags::NONE));
    assert_eq!((&one, &two), (b"56", b"78"));
    let mut room = [0; 4];
    a.send_all(b"9").unwrap();
    assert_eq!(b.recv_from(&mut room).unwrap().count, 1);
}

#[test]
fn a_reader_takes_over_what_the_socket_has() {
    let (a, b) = received_ahead(b"\0\0\0\x05wo");
    let mut reader = Reader::new(&b, framing());
    assert_eq!(kind(reader.within(NOW).frame()), Kind::WouldBlock);
    assert_eq!((reader.pending(), b.pending()), (6, 0));
    a.send_all(b"rldrest").unwrap();
    assert_eq!(reader.frame().unwrap(), Some(&b"world"[..]));
    let mut four = [0; 4];
    reader.read_exact(&mut four).unwrap();
    assert_eq!(&four, b"rest");
}

#[test]
fn poll_counts_pending_bytes_as_readable_unless_they_are_known_to_be_too_few() {
    both(|a, b| {
        send_together(&a, &["one", "two"]);
        assert!(b.recv_frame(&framing()).unwrap().is_some());
        let mut entries = [PollEntry::new(&b, Events::READABLE | Events::WRITABLE)];
        assert_eq!(poll(&mut entries, None).unwrap(), 1);
        assert_eq!(entries[0].revents, Events::READABLE | Events::WRITABLE);
        let mut entries = [PollEntry::new(&b, Events::PRIORITY)];
        assert_eq!(poll(&mut entries, NOW).unwrap(), 0);
        assert!(b.recv_frame(&framing()).unwrap().is_some());
        assert!(!readable(&b));

        // A program that polled for the rest of a message would spin.
        a.send_all(b"\0\0\0\x05he").unwrap();
        assert!(readable(&b));
        assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
        assert_eq!(b.pending(), 6);
        assert!(!readable(&b));
        a.send_all(b"llo").unwrap();
        assert!(readable(&b));
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hello"));

        // But a plain receive of a part shows that the program wants bytes.
        a.send_all(b"\0\0\0\x05he").unwrap();
        assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
        b.recv_exact(&mut [0; 4]).unwrap();
        assert!(readable(&b));
    });
}

#[test]
fn a_poll_that_waits_is_woken_by_what_another_thread_leaves() {
    both(|a, b| {
        let b = Arc::new(b);
        let same = Arc::clone(&b);
        // Nothing that the system reports ends this: the other thread takes all of it out.
        let polling = start_blocked(move || {
            let mut entries = [PollEntry::new(&*same, Events::READABLE)];
            loop {
                poll(&mut entries, LATE).unwrap();
                if same.pending() > 0 {
                    return entries[0].revents;
                }
            }
        });
        send_together(&a, &["one", "two"]);
        assert_eq!(b.within(LATE).recv_frame(&framing()).unwrap(), text("one"));
        assert_eq!(polling.result(), Events::READABLE);
    });
}

fn found(poller: &Poller, room: usize) -> Vec<u64> {
    let mut events = vec![Event::default(); room];
    let count = poller.wait(&mut events, NOW).unwrap();
    assert!(events[..count]
        .iter()
        .all(|event| event.events.contains(Events::READABLE)));
    events[..count].iter().map(|event| event.token).collect()
}

fn pollers(test: fn(Poller)) {
    limited(move || {
        test(Poller::new().unwrap());
        test(Poller::portable().unwrap());
    });
}

#[test]
fn a_poller_reports_pending_bytes_as_long_as_there_are_any() {
    pollers(|poller| {
        let (a, b) = received_ahead(b"\0\0\0\x01x\0\0");
        poller.add(&b, 7, Events::READABLE, Trigger::Level).unwrap();
        assert_eq!((found(&poller, 8), found(&poller, 8)), (vec![7], vec![7]));
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("x"));
        assert_eq!(found(&poller, 8), [7]); // the rest has not been looked at yet
        assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
        assert!(found(&poller, 8).is_empty());
        a.send_all(b"\0\x01y\0\0\0\x01z").unwrap();
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("y"));
        assert_eq!(found(&poller, 8), [7]);
        poller.modify(&b, 8, Events::WRITABLE, Trigger::Level).unwrap();
        let mut events = [Event::default()];
        assert_eq!(poller.wait(&mut events, NOW).unwrap(), 1);
        assert_eq!(events[0].events, Events::WRITABLE);
        poller.modify(&b, 9, Events::READABLE, Trigger::Level).unwrap();
        assert_eq!(found(&poller, 8), [9]);
        poller.remove(&b).unwrap();
        assert!(found(&poller, 8).is_empty());
    });
}

#[test]
fn a_poller_reports_pending_bytes_once_if_asked_to() {
    pollers(|poller| {
        let (a, b) = received_ahead(b"12");
        poller.add(&b, 1, Events::READABLE, Trigger::OneShot).unwrap();
        assert_eq!(found(&poller, 8), [1]);
        a.send_all(b"3").unwrap(); // the system would report this, too
        assert!(found(&poller, 8).is_empty());
        poller.modify(&b, 2, Events::READABLE, Trigger::OneShot).unwrap();
        assert_eq!(found(&poller, 8), [2]);
        assert!(found(&poller, 8).is_empty());
    });
    limited(|| {
        let poller = Poller::new().unwrap();
        let (a, b) = received_ahead(b"\0\0\0\x01x\0\0\0\x01y");
        if poller.add(&b, 1, Events::READABLE, Trigger::Edge).is_err() {
            return; // without epoll
        }
        assert_eq!(found(&poller, 8), [1]);
        assert!(found(&poller, 8).is_empty());
        // A call that leaves something is a new event.
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("x"));
        assert_eq!(found(&poller, 8), [1]);
        drop(a);
    });
}

#[test]
fn a_poller_that_waits_is_woken_by_what_another_thread_leaves() {
    pollers(|poller| {
        let (a, b) = pair();
        // Interested in nothing that the system reports before.
        let poller = Arc::new(poller);
        let (others, b) = (Arc::clone(&poller), Arc::new(b));
        poller.add(&*b, 5, Events::READABLE, Trigger::OneShot).unwrap();
        send_together(&a, &["one", "two"]);
        assert_eq!(found(&poller, 1), [5]);
        let waiting = start_blocked(move || {
            let mut events = [Event::default(); 4];
            let count = others.wait(&mut events, LATE).unwrap();
            events[..count]
                .iter()
                .map(|event| event.token)
                .collect::<Vec<_>>()
        });
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("one"));
        poller.modify(&*b, 6, Events::READABLE, Trigger::OneShot).unwrap();
        assert_eq!(waiting.result(), [6]);
    });
}

#[test]
fn sockets_with_pending_bytes_and_others_all_get_their_turn() {
    pollers(|poller| {
        let ahead: Vec<_> = (0..5).map(|_| received_ahead(b"x")).collect();
        let plain: Vec<_> = (0..5).map(|_| pair()).collect();
        for (at, (_, b)) in ahead.iter().enumerate() {
            poller
                .add(b, at as u64, Events::READABLE, Trigger::Level)
                .unwrap();
        }
        for (at, (a, b)) in plain.iter().enumerate() {
            a.send_all(b"x").unwrap();
            poller
                .add(b, 5 + at as u64, Events::READABLE, Trigger::Level)
                .unwrap();
        }
        for room in [1, 2, 3] {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..40 {
                seen.extend(found(&poller, room));
            }
            assert_eq!(
                seen.into_iter().collect::<Vec<_>>(),
                (0..10).collect::<Vec<_>>(),
                "{room}"
            );
        }
        assert_eq!(found(&poller, 20).len(), 10);
    });
}

#[test]
fn a_wake_by_the_program_is_not_mistaken_for_one_by_pending_bytes() {
    pollers(|poller| {
        let (_a, b) = received_ahead(b"x");
        poller.add(&b, 1, Events::READABLE, Trigger::Level).unwrap();
        poller.wake().unwrap();
        assert_eq!(found(&poller, 4), [1]);
        b.recv(&mut [0]).unwrap();
        let (events, took) = timed(|| poller.wait(&mut [Event::default()], ms(30)).unwrap());
        assert!(events == 0 && took >= ms(30));
    });
}

#[test]
fn a_socket_with_pending_bytes_is_not_given_up() {
    let (_a, b) = received_ahead(b"12");
    for error in [b.detach().unwrap_err(), b.duplicate().unwrap_err()] {
        assert_eq!(error.kind(), Kind::Busy);
        let says = "2 received bytes are pending: take_buffered() hands them out";
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(!b.is_closed());
    assert_eq!(b.take_buffered().unwrap(), b"12");
    assert_eq!(b.take_buffered().unwrap(), b"");
    drop(b.duplicate().unwrap());
    drop(b.detach().unwrap());
    assert_eq!(b.pending(), 0);
    assert_eq!(kind(b.take_buffered()), Kind::Closed);
    let (_a, b) = received_ahead(b"12");
    assert_eq!(OwnedFd::try_from(b).unwrap_err().kind(), Kind::Busy);
}

#[test]
fn close_forgets_pending_bytes() {
    let (_a, b) = received_ahead(b"\0\0\0\x01x");
    b.close().unwrap();
    assert_eq!(b.pending(), 0);
    assert_eq!(kind(b.recv_frame(&framing())), Kind::Closed);
    assert_eq!(kind(b.recv(&mut [0])), Kind::Closed);
    assert_eq!(kind(b.recv_exact(&mut [0])), Kind::Closed);
    assert_eq!(kind(b.take_buffered()), Kind::Closed);
}
