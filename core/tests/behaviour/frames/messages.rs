//! Messages received on the socket itself.

use super::support::*;
use crate::support::*;
use polysock::{Framing, Kind};

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

#[test]
fn datagram_sockets_have_no_messages_of_a_stream() {
    let (_a, b) = unix_pair(libc::SOCK_DGRAM);
    assert_eq!(kind(b.recv_frame(&framing())), Kind::InvalidInput("socket"));
    assert_eq!(kind(b.recv_line()), Kind::InvalidInput("socket"));
}
