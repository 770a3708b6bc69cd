//! Messages received on the socket itself, and what every other call then finds.

use crate::support::*;
use polysock::{
    poll, Control, Event, Events, Flags, Framing, Kind, PollEntry, Poller, Reader, RecvBuf, Socket, Start,
    Trigger,
};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

fn framing() -> Framing {
    Framing::default()
}

fn pair() -> (Socket, Socket) {
    unix_pair(libc::SOCK_STREAM)
}

/// Both kinds of streams: the one that may bring descriptors, and the other.
fn both(test: fn(Socket, Socket)) {
    limited(move || {
        let (a, b) = pair();
        test(a, b);
        let (a, b) = connection();
        test(a, b);
    });
}

fn text(message: &str) -> Option<Vec<u8>> {
    Some(message.as_bytes().to_vec())
}

/// Sends all as the one piece of a stream, so that they arrive together.
fn send_together(socket: &Socket, messages: &[&str]) {
    let buffers: Vec<_> = messages.iter().map(|message| message.into()).collect();
    socket.send_frames(&buffers, &framing()).unwrap();
}

/// A socket on which `message` was received together with `rest`.
fn received_ahead(rest: &[u8]) -> (Socket, Socket) {
    let (a, b) = pair();
    a.send_all(&[b"\0\0\0\x02hi", rest].concat()).unwrap();
    assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
    assert_eq!(b.pending(), rest.len());
    (a, b)
}

fn readable(socket: &Socket) -> bool {
    let mut entries = [PollEntry::new(socket, Events::READABLE)];
    poll(&mut entries, NOW).unwrap() == 1
}

#[test]
fn messages_come_one_by_one_until_the_stream_ends() {
    both(|a, b| {
        send_together(&a, &["one", "", "three"]);
        a.close().unwrap();
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("one"));
        assert_eq!(b.pending(), 4 + 9);
        assert_eq!(b.recv_frame(&framing()).unwrap(), text(""));
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("three"));
        for _ in 0..2 {
            assert_eq!(b.recv_frame(&framing()).unwrap(), None);
        }
        assert_eq!(b.pending(), 0);
    });
}

#[test]
fn several_come_at_once_without_waiting_for_more() {
    both(|a, b| {
        send_together(&a, &["1", "2", "3", "4"]);
        a.send_all(b"\0\0").unwrap();
        let received = b.recv_frames(3, &framing()).unwrap();
        assert_eq!(received, [b"1", b"2", b"3"]);
        assert_eq!(b.recv_frames(3, &framing()).unwrap(), [b"4"]);
        a.send_all(b"\0\x01x").unwrap();
        a.close().unwrap();
        assert_eq!(b.recv_frames(100, &framing()).unwrap(), [b"x"]);
        assert!(b.recv_frames(100, &framing()).unwrap().is_empty());
        assert_eq!(kind(b.recv_frames(0, &framing())), Kind::InvalidInput("most"));
    });
}

#[test]
fn a_message_that_is_not_accepted_is_kept() {
    let (a, b) = pair();
    send_together(&a, &["one", "two"]);
    let mut offered = Vec::new();
    let taken = b.recv_each_frame(&framing(), |message| {
        offered.push(message.to_vec());
        message == b"one"
    });
    assert_eq!(
        (taken.unwrap(), offered),
        (1, vec![b"one".to_vec(), b"two".to_vec()])
    );
    assert_eq!(b.recv_each_frame(&framing(), |_| false).unwrap(), 0);
    assert_eq!(b.recv_frame(&framing()).unwrap(), text("two"));
}

#[test]
fn a_message_larger_than_the_buffer_is_kept_for_a_larger_one() {
    both(|a, b| {
        send_together(&a, &["five!", "", "x"]);
        let mut room = [0; 8];
        let error = b.recv_frame_into(&mut room[..4], &framing()).unwrap_err();
        assert_eq!(error.kind(), Kind::MessageTooLarge { needed: 5 });
        assert_eq!(error.errno(), Some(libc::EMSGSIZE));
        assert_eq!(
            error.to_string(),
            "recv_frame into a buffer of 4 bytes: the message has 5 bytes"
        );
        assert_eq!(b.recv_frame_into(&mut room[..5], &framing()).unwrap(), Some(5));
        assert_eq!(&room, b"five!\0\0\0");
        assert_eq!(b.recv_frame_into(&mut [][..], &framing()).unwrap(), Some(0));
        assert_eq!(b.recv_frame_into(&mut room, &framing()).unwrap(), Some(1));
        a.close().unwrap();
        assert_eq!(b.recv_frame_into(&mut room, &framing()).unwrap(), None);
    });
}

#[test]
fn one_byte_at_a_time_makes_the_same_messages() {
    both(|a, b| {
        let sending = start(move || {
            for byte in b"\0\0\0\x05hello\0\0\0\0\0\0\0\x01!" {
                a.send_all(&[*byte]).unwrap();
            }
        });
        assert_eq!(b.within(LATE).recv_frame(&framing()).unwrap(), text("hello"));
        assert_eq!(b.within(LATE).recv_frame(&framing()).unwrap(), text(""));
        assert_eq!(b.within(LATE).recv_frame(&framing()).unwrap(), text("!"));
        sending.result();
        assert_eq!(b.recv_frame(&framing()).unwrap(), None);
    });
}

#[test]
fn lines_and_messages_mix_and_the_last_line_needs_no_end() {
    both(|a, b| {
        a.send_all(b"GET /\r\n\0\0\0\x02hione\ntwo").unwrap();
        a.close().unwrap();
        assert_eq!(b.recv_line().unwrap(), text("GET /"));
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
        let lines: Vec<_> = b.lines().map(Result::unwrap).collect();
        assert_eq!(lines, [b"one", b"two"]);
    });
}

#[test]
fn the_iteration_goes_on_after_a_timeout() {
    both(|a, b| {
        b.set_recv_timeout(ms(20));
        a.send_all(b"\0\0\0\x02h").unwrap();
        let mut frames = b.frames(framing());
        assert_eq!(kind(frames.next().unwrap()), Kind::TimedOut);
        a.send_all(b"i").unwrap();
        assert_eq!(frames.next().unwrap().unwrap(), b"hi");
        a.close().unwrap();
        assert!(frames.next().is_none());
    });
}

#[test]
fn a_message_cut_off_by_the_end_says_how_much_is_missing_every_time() {
    both(|a, b| {
        a.send_all(b"\0\0\0\x05he").unwrap();
        a.close().unwrap();
        for _ in 0..2 {
            let error = b.recv_frame(&framing()).unwrap_err();
            assert_eq!((error.kind(), error.done()), (Kind::Truncated { missing: 3 }, 0));
        }
        // What came is still there.
        assert_eq!(b.take_buffered().unwrap(), b"\0\0\0\x05he");
        assert_eq!(b.recv_frame(&framing()).unwrap(), None);
    });
}

#[test]
fn what_can_be_no_message_is_refused_until_it_is_taken_out() {
    both(|a, b| {
        let narrow = framing().with_limit(3);
        a.send_all(b"\0\0\0\x04four").unwrap();
        for _ in 0..2 {
            let error = b.recv_frame(&narrow).unwrap_err();
            assert_eq!(error.kind(), Kind::Os(libc::EMSGSIZE));
            assert!(
                error.to_string().contains("4 bytes or more, and the limit is 3"),
                "{error}"
            );
        }
        b.take_buffered().unwrap();
        a.send_all(&[0xff; 12]).unwrap();
        assert_eq!(kind(b.recv_frame(&Framing::varint())), Kind::Os(libc::EBADMSG));
        b.take_buffered().unwrap();
        let dashes = Framing::delimiter(b"--").unwrap().with_limit(4);
        a.send_all(b"never ends").unwrap();
        assert_eq!(kind(b.recv_frame(&dashes)), Kind::Os(libc::EMSGSIZE));
    });
}

#[test]
fn a_timeout_or_a_refusal_to_wait_inside_a_message_loses_nothing() {
    both(|a, b| {
        for piece in [&b"\0"[..], b"\0\0", b"\x05he", b"ll"] {
            a.send_all(piece).unwrap();
            assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
            let (result, took) = timed(|| b.within(ms(20)).recv_frame(&framing()));
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.time_limit()), (Kind::TimedOut, Some(ms(20))));
            assert!(took >= ms(20));
        }
        a.send_all(b"o").unwrap();
        assert_eq!(b.within(LATE).recv_frame(&framing()).unwrap(), text("hello"));
    });
}

// What other calls find.

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

#[test]
fn close_wakes_a_receive_of_messages_and_those_that_wait_for_their_turn() {
    both(|a, b| {
        let b = Arc::new(b);
        a.send_all(b"\0\0\0\x05he").unwrap();
        let calls: Vec<_> = (0..3)
            .map(|_| {
                let b = Arc::clone(&b);
                start_blocked(move || kind(b.recv_frame(&framing())))
            })
            .collect();
        let same = Arc::clone(&b);
        let plain = start_blocked(move || kind(same.recv(&mut [0])));
        b.close().unwrap();
        for call in calls {
            assert_eq!(call.result(), Kind::Closed);
        }
        assert_eq!(plain.result(), Kind::Closed);
        assert_eq!(b.pending(), 0);
    });
}

#[test]
fn each_message_goes_to_one_thread() {
    both(|a, b| {
        let b = Arc::new(b);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let b = Arc::clone(&b);
                start(move || b.frames(framing()).map(Result::unwrap).collect::<Vec<_>>())
            })
            .collect();
        let sent: Vec<_> = (0..2_000_u32).map(|at| at.to_string().into_bytes()).collect();
        for piece in sent.chunks(7) {
            let buffers: Vec<_> = piece.iter().map(Into::into).collect();
            a.send_frames(&buffers, &framing()).unwrap();
        }
        a.close().unwrap();
        let mut received: Vec<_> = threads.into_iter().flat_map(Running::result).collect();
        received.sort_by_key(|message| String::from_utf8_lossy(message).parse::<u32>().unwrap());
        assert!(received == sent, "{} messages", received.len());
    });
}

/// Whatever else goes on at the same time.
#[test]
fn calls_of_all_kinds_at_once_leave_every_message_whole() {
    both(|a, b| {
        let b = Arc::new(b);
        let poller = Poller::new().unwrap();
        poller.add(&*b, 1, Events::READABLE, Trigger::Level).unwrap();
        let receiving: Vec<_> = [1, 3, 50]
            .map(|most| {
                let b = Arc::clone(&b);
                start(move || {
                    let mut sum = 0;
                    loop {
                        let messages = b.within(LIMIT).recv_frames(most, &framing()).unwrap();
                        if messages.is_empty() {
                            return sum;
                        }
                        for message in messages {
                            assert!(message.iter().all(|byte| *byte == message[0]));
                            sum += message.len();
                        }
                    }
                })
            })
            .into_iter()
            .collect();
        let others: [fn(&Socket, &Poller); 4] = [
            |b, _| {
                readable(b);
            },
            |b, _| {
                let mut entries = [PollEntry::new(b, Events::READABLE)];
                poll(&mut entries, ms(1)).unwrap();
            },
            |_, poller| {
                poller.wait(&mut [Event::default()], ms(1)).unwrap();
            },
            |b, _| {
                let _ = (b.pending(), b.available(), b.is_closed());
            },
        ];
        let poller = Arc::new(poller);
        let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let watching = others.map(|other| {
            let (b, poller, done) = (Arc::clone(&b), Arc::clone(&poller), Arc::clone(&done));
            start(move || {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    other(&b, &poller);
                }
            })
        });
        let mut sent = 0;
        for at in 0..3_000_usize {
            let message = vec![(at % 256) as u8; 1 + at * 7 % 300];
            sent += message.len();
            a.send_frame(&message, &framing()).unwrap();
        }
        a.close().unwrap();
        let received: usize = receiving.into_iter().map(Running::result).sum();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        watching.into_iter().for_each(Running::result);
        assert_eq!(received, sent);
        assert_eq!(b.pending(), 0);
    });
}

/// A thread waits in the middle of a message; nothing that another one does gets between its bytes.
#[test]
fn a_receive_waits_until_the_message_of_another_thread_is_whole() {
    both(|a, b| {
        let b = Arc::new(b);
        let same = Arc::clone(&b);
        let receiving = start_blocked(move || same.recv_frame(&framing()).unwrap());
        a.send_all(b"\0\0\0\x05he").unwrap();
        until("the beginning has come", || b.pending() == 6);
        assert_eq!(kind(b.within(NOW).recv(&mut [0])), Kind::WouldBlock);
        assert_eq!(kind(b.within(ms(20)).recv_exact(&mut [0])), Kind::TimedOut);
        assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
        assert_eq!(kind(b.take_buffered()), Kind::Busy);
        assert_eq!(kind(b.detach()), Kind::Busy);
        assert_eq!(kind(b.duplicate()), Kind::Busy);
        assert!(!readable(&b));
        a.send_all(b"llonext").unwrap();
        assert_eq!(receiving.result(), text("hello"));
        let mut next = [0; 4];
        b.within(LATE).recv_exact(&mut next).unwrap();
        assert_eq!(&next, b"next");
    });
}

#[test]
fn a_signal_handler_does_not_receive_in_the_middle_of_a_message() {
    both(|a, b| {
        system::handle_signal(libc::SIGUSR2);
        let b = Arc::new(b);
        let same = Arc::clone(&b);
        let (tell, told) = std::sync::mpsc::channel();
        a.send_all(b"\0\0\0\x05he").unwrap();
        let receiving = start_blocked(move || {
            let mut refused = Vec::new();
            let mut handler = AtSignal(
                || {
                    refused.push(kind(same.recv_frame(&framing())));
                    refused.push(kind(same.recv(&mut [0])));
                    refused.push(kind(same.take_buffered()));
                    let error = same.recv_exact(&mut [0]).unwrap_err();
                    assert!(
                        error.to_string().contains("a signal handler has interrupted"),
                        "{error}"
                    );
                    tell.send(()).unwrap();
                    Ok(())
                },
                Start::Waiting,
            );
            let message = same.on(&mut handler).recv_frame(&framing()).unwrap();
            (message, refused)
        });
        until("the beginning has come", || b.pending() == 6);
        receiving.wait_blocked();
        receiving.thread.signal(libc::SIGUSR2);
        told.recv_timeout(LIMIT / 2).unwrap();
        a.send_all(b"llo").unwrap();
        let (message, refused) = receiving.result();
        assert_eq!(message, text("hello"));
        assert_eq!(refused[..3], [Kind::Busy; 3]);
    });
}

#[test]
fn a_caller_that_stops_in_the_middle_loses_nothing() {
    both(|a, b| {
        system::handle_signal(libc::SIGUSR2);
        let b = Arc::new(b);
        let same = Arc::clone(&b);
        a.send_all(b"\0\0\0\x05he").unwrap();
        let receiving = start_blocked(move || {
            let mut stops = AtSignal(|| Err(polysock::Stop), Start::Waiting);
            kind(same.on(&mut stops).recv_frame(&framing()))
        });
        until("the beginning has come", || b.pending() == 6);
        receiving.wait_blocked();
        receiving.thread.signal(libc::SIGUSR2);
        assert_eq!(receiving.result(), Kind::Interrupted);
        a.send_all(b"llo").unwrap();
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hello"));
    });
}

// Descriptors in the stream of a Unix socket.

fn send_with_descriptors(socket: &Socket, bytes: &[u8], count: usize) {
    let file = system::unnamed_file(b"in the file");
    let control = [Control::rights(&vec![file.as_fd(); count]).unwrap()];
    let sent = socket
        .within(LATE)
        .send_message(&[bytes.into()], &control, None, Flags::NONE)
        .unwrap();
    assert_eq!(sent, bytes.len());
}

fn are_files(descriptors: &[OwnedFd]) -> bool {
    descriptors
        .iter()
        .all(|fd| system::contents(fd) == b"in the file")
}

fn room_for(count: usize) -> usize {
    polysock::Ancillary::space(count * size_of::<i32>()).unwrap()
}

#[test]
fn descriptors_that_come_with_messages_are_kept() {
    let (a, b) = pair();
    send_with_descriptors(&a, b"\0\0\0\x02hi\0\0\0\x05wo", 3);
    assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
    // A plain receive does not close them, as recv(2) would.
    b.recv_exact(&mut [0; 4]).unwrap();
    let mut room = [0; 8];
    let mut received = b
        .within(LATE)
        .recv_message(&[RecvBuf::from(&mut room)], room_for(1), Flags::NONE)
        .unwrap();
    assert_eq!(&room[..received.count], b"wo");
    let first = received.take_descriptors();
    let second = b.take_descriptors().unwrap();
    // As with recvmsg(2), the padding after one descriptor has room for another, where there is one.
    let fit = room_for(1) / size_of::<i32>() - room_for(0) / size_of::<i32>();
    assert_eq!((first.len(), second.len()), (fit, 3 - fit));
    assert!(are_files(&first) && are_files(&second));
    for fd in first.iter().chain(&second) {
        assert_eq!(system::descriptor_flags(fd.as_raw_fd()), libc::FD_CLOEXEC);
    }
    assert!(b.take_descriptors().unwrap().is_empty());
}

#[test]
fn descriptors_whose_bytes_have_been_taken_come_with_the_next_ones() {
    let (a, b) = pair();
    send_with_descriptors(&a, b"\0\0\0\x02hi", 1);
    assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
    assert_eq!(b.pending(), 0);
    let mut room = [0; 8];
    let mut receive = || {
        let parts = [RecvBuf::from(&mut room)];
        b.within(NOW).recv_message(&parts, room_for(4), Flags::NONE)
    };
    assert_eq!(kind(receive()), Kind::WouldBlock);
    send_with_descriptors(&a, b"xyz", 2);
    let mut received = receive().unwrap();
    assert_eq!(received.count, 3);
    let descriptors = received.take_descriptors();
    assert!(descriptors.len() == 3 && are_files(&descriptors));
}

#[test]
fn a_peer_that_only_sends_descriptors_does_not_use_up_ours() {
    limited(|| {
        system::room_for_descriptors(2_000);
        let (a, b) = pair();
        send_with_descriptors(&a, b"\0\0\0\x05h", 253);
        send_with_descriptors(&a, b"e", 1);
        let error = b.within(NOW).recv_frame(&framing()).unwrap_err();
        assert_eq!(error.kind(), Kind::Busy);
        let says = "253 descriptors came with the bytes and must be taken first";
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(b.take_descriptors().unwrap().len(), 253);
        assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
        a.send_all(b"llo").unwrap();
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hello"));
        assert_eq!(b.take_descriptors().unwrap().len(), 1);
    });
}

#[test]
fn close_closes_descriptors_that_were_not_taken() {
    alone::alone(|| {
        let (a, b) = pair();
        let before = system::descriptors();
        send_with_descriptors(&a, b"\0\0\0\x02hi", 3);
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
        assert_eq!(system::descriptors().len(), before.len() + 3);
        b.close().unwrap();
        assert_eq!(system::descriptors().len(), before.len() - 1);
    });
}

#[test]
fn detach_closes_them_too() {
    alone::alone(|| {
        let (a, b) = pair();
        let before = system::descriptors();
        send_with_descriptors(&a, b"\0\0\0\x02hi", 3);
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
        let detached = b.detach().unwrap();
        assert_eq!(system::descriptors().len(), before.len());
        assert_eq!(kind(b.take_descriptors()), Kind::Closed);
        drop(detached);
    });
}

#[test]
fn a_reader_keeps_descriptors_too() {
    let (a, b) = pair();
    send_with_descriptors(&a, b"\0\0\0\x02hi", 2);
    let mut reader = Reader::new(b, framing());
    assert_eq!(reader.frame().unwrap(), Some(&b"hi"[..]));
    assert!(are_files(&reader.take_descriptors()));
}

#[test]
fn datagram_sockets_have_no_messages_of_a_stream() {
    let (_a, b) = unix_pair(libc::SOCK_DGRAM);
    assert_eq!(kind(b.recv_frame(&framing())), Kind::InvalidInput("socket"));
    assert_eq!(kind(b.recv_line()), Kind::InvalidInput("socket"));
}
