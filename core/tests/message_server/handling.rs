//! What callbacks are called for, and what becomes of their replies.

use super::support::*;
use polysock::{CloseReason, Framing, Kind, Shutdown};

#[test]
fn one_open_then_messages_then_one_close() {
    limited(|| {
        let (server, called) = start(Some(Framing::lines()), options(), echo);
        let client = connect(&server);
        assert_answered(&client, b"one\ntwo\n", b"one\ntwo\n");
        assert_answered(&client, b"thr", b"");
        assert_answered(&client, b"ee\n", b"three\n");
        client.close().unwrap();
        let Called::Open(key) = next(&called) else {
            panic!()
        };
        for line in [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()] {
            assert_eq!(next(&called), Called::Message(key, line));
        }
        assert_eq!(next(&called), Called::Close(key, CloseReason::PeerFinished));
        until("it is forgotten", || server.connections() == 0);
        assert_eq!(server.stats().handled, 1);
        assert_eq!(server.stop(LATE).unwrap(), 0);
        assert!(called.try_recv().is_err());
    });
}

#[test]
fn messages_of_every_framing() {
    limited(|| {
        let framings = [
            Some(Framing::default()),
            Some(Framing::varint()),
            Some(Framing::lines()),
            Some(Framing::delimiter(b"--").unwrap()),
            Some(Framing::fixed(4).unwrap()),
            None,
        ];
        for framing in framings {
            let (server, called) = start(framing, options(), echo);
            let client = connect(&server);
            let bytes = match &framing {
                Some(framing) => [framing.header(4).unwrap().as_bytes(), b"four", framing.trailer()].concat(),
                None => b"four".to_vec(),
            };
            assert_answered(&client, &bytes, &bytes);
            assert!(matches!(next(&called), Called::Open(_)));
            assert!(matches!(next(&called), Called::Message(_, message) if message == b"four"));
            // In pieces: the first ones are kept.
            if framing.is_some() {
                for byte in &bytes {
                    client.send_all(&[*byte]).unwrap();
                }
                let mut got = vec![0; bytes.len()];
                client.recv_exact(&mut got).unwrap();
                assert_eq!(got, bytes);
            }
        }
    });
}

#[test]
fn a_message_larger_than_any_buffer() {
    limited(|| {
        let (server, _called) = start(Some(Framing::default()), options(), echo);
        let client = connect(&server);
        let message: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
        let mut frame = Framing::default()
            .header(message.len())
            .unwrap()
            .as_bytes()
            .to_vec();
        frame.extend_from_slice(&message);
        let expected = frame.clone();
        std::thread::scope(|scope| {
            scope.spawn(|| client.send_all(&frame).unwrap());
            let mut got = vec![0; expected.len()];
            client.recv_exact(&mut got).unwrap();
            assert!(got == expected);
        });
    });
}

#[test]
fn what_arrived_before_the_end_of_the_stream_is_answered() {
    limited(|| {
        let (server, called) = start(Some(Framing::lines()), options(), echo);
        let client = connect(&server);
        client.send_all(b"one\ntwo\nlast without an end").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let answer = b"one\ntwo\nlast without an end\n";
        let mut got = vec![0; answer.len()];
        client.recv_exact(&mut got).unwrap();
        assert_eq!(got, answer);
        assert_ended(&client);
        assert_eq!(next_close(&called), CloseReason::PeerFinished);
    });
}

#[test]
fn bad_messages_end_the_connection_after_the_replies_to_good_ones() {
    limited(|| {
        let limited = Framing::default().with_limit(8);
        for (bad, kind) in [
            (&b"\0\0\0\x09too long."[..], Kind::Os(libc::EMSGSIZE)),
            (b"\xff\xff\xff\xffgarbage", Kind::Os(libc::EMSGSIZE)),
            (b"\0\0\0\x08half", Kind::Truncated { missing: 4 }),
            (b"\0\0", Kind::Truncated { missing: 2 }),
        ] {
            let (server, called) = start(Some(limited), options(), echo);
            let client = connect(&server);
            client.send_all(&[b"\0\0\0\x04good", bad].concat()).unwrap();
            if matches!(kind, Kind::Truncated { .. }) {
                client.shutdown(Shutdown::Write).unwrap();
            }
            let mut good = [0; 8];
            client.recv_exact(&mut good).unwrap();
            assert_eq!(&good, b"\0\0\0\x04good");
            assert_ended(&client);
            let reason = next_close(&called);
            let CloseReason::BadMessage(error) = &reason else {
                panic!("{reason:?}")
            };
            assert_eq!(error.kind(), kind);
            assert_eq!(server.stats().bad_messages, 1);
        }
    });
}

#[test]
fn a_failure_or_a_panic_ends_its_connection_only() {
    limited(|| {
        let (server, called) = start(
            Some(Framing::lines()),
            options(),
            |_, message, reply| match message {
                b"panic" => std::panic::resume_unwind(Box::new("on purpose")),
                // A reply that would be two lines.
                b"fail" => reply.send(b"a\nb"),
                message => reply.send(message),
            },
        );
        let stays = connect(&server);
        assert_answered(&stays, b"hello\n", b"hello\n");
        for (line, words) in [
            (&b"one\npanic\nx\n"[..], "panicked: on purpose"),
            (b"one\nfail\nx\n", "must not contain"),
        ] {
            let client = connect(&server);
            assert_answered(&client, line, b"one\n");
            assert_ended(&client);
            let reported = loop {
                if let Called::Trouble(words) = next(&called) {
                    break words;
                }
            };
            assert!(reported.contains(words), "{reported}");
            assert_eq!(next_close(&called), CloseReason::HandlerFailed);
        }
        assert_answered(&stays, b"again\n", b"again\n");
    });
}

/// A send has whole messages. They don't wait for the acknowledgement of the last ones.
#[test]
fn sends_are_not_delayed() {
    limited(|| {
        let (server, _called) = start(None, options(), echo);
        assert!(server.listener().nodelay().unwrap()); // connections inherit it
    });
}
