//! Messages and lines: the same in whatever pieces a stream arrives, and bounded memory whatever a peer sends.

use crate::support::*;
use polysock::{ByteOrder, Framing, Kind, PrefixWidth, Reader, SendBuf, Socket};
use std::io::Write;
use std::time::{Duration, Instant};

/// Every format, each with a limit that the messages of [`messages`] keep.
fn formats() -> Vec<Framing> {
    use ByteOrder::{Big, Little};
    use PrefixWidth::{Bits16, Bits32, Bits64, Bits8};
    let mut formats: Vec<_> = [Bits8, Bits16, Bits32, Bits64]
        .into_iter()
        .flat_map(|width| [Big, Little].map(|order| Framing::length_prefix(width, order)))
        .collect();
    formats.extend([
        Framing::varint(),
        Framing::delimiter(b"\0").unwrap(),
        Framing::delimiter(b"--end--").unwrap(),
        Framing::lines(),
        Framing::fixed(7).unwrap(),
    ]);
    formats
}

/// A small generator of numbers (xorshift), so that a failure repeats.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

fn messages(framing: &Framing, numbers: &mut Numbers) -> Vec<Vec<u8>> {
    let fixed = *framing == Framing::fixed(7).unwrap();
    (0..numbers.next(12))
        .map(|_| {
            let length = if fixed { 7 } else { numbers.next(200) };
            (0..length).map(|_| b'a' + numbers.next(26) as u8).collect()
        })
        .collect()
}

fn encoded(framing: &Framing, messages: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = Vec::new();
    for message in messages {
        framing.check(message).unwrap();
        stream.extend_from_slice(framing.header(message.len()).unwrap().as_bytes());
        stream.extend_from_slice(message);
        stream.extend_from_slice(framing.trailer());
    }
    stream
}

fn pair() -> (Socket, Socket) {
    unix_pair(libc::SOCK_STREAM)
}

/// A reader of what `stream` holds, of which each piece is sent when the reader has found nothing more.
fn read_in_pieces(framing: Framing, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (sender, receiver) = pair();
    let mut reader = Reader::new(receiver, framing);
    let mut found = Vec::new();
    for piece in pieces {
        sender.send_all(*piece).unwrap();
        loop {
            match reader.within(Duration::ZERO).frame() {
                Ok(Some(frame)) => found.push(frame.to_vec()),
                Ok(None) => panic!("the stream has not ended"),
                Err(error) => {
                    assert_eq!(error.kind(), Kind::WouldBlock);
                    break;
                }
            }
        }
    }
    sender.close().unwrap();
    found.extend(reader.map(Result::unwrap));
    found
}

#[test]
fn messages_are_the_same_however_the_stream_is_split() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for framing in formats() {
        for _ in 0..40 {
            let sent = messages(&framing, &mut numbers);
            let stream = encoded(&framing, &sent);
            let mut pieces = Vec::new();
            let mut rest = &stream[..];
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at((1 + numbers.next(60)).min(rest.len()));
                pieces.push(piece);
                rest = behind;
            }
            assert_eq!(read_in_pieces(framing, &pieces), sent, "{framing:?} {pieces:?}");
        }
        let sent = messages(&framing, &mut numbers);
        let stream = encoded(&framing, &sent);
        let bytes: Vec<_> = stream.chunks(1).collect();
        assert_eq!(read_in_pieces(framing, &bytes), sent, "{framing:?}, byte by byte");
    }
}

#[test]
fn one_receive_brings_many_messages() {
    let (sender, receiver) = pair();
    let sent: Vec<Vec<u8>> = (0..50).map(|at: u32| at.to_string().into_bytes()).collect();
    sender.send_all(&encoded(&Framing::default(), &sent)).unwrap();
    let mut reader = Reader::new(receiver, Framing::default());
    let first: Vec<_> = reader.frames().unwrap().take(20).map(<[u8]>::to_vec).collect();
    assert_eq!(first, sent[..20]);
    assert!(reader.pending() > 0);
    // The peer's end of the stream comes after all that is pending.
    sender.close().unwrap();
    let rest: Vec<_> = reader.frames().unwrap().map(<[u8]>::to_vec).collect();
    assert_eq!(rest, sent[20..]);
    assert_eq!(reader.pending(), 0);
    assert_eq!(reader.frames().unwrap().count(), 0);
}

#[test]
fn an_end_between_messages_is_none_and_one_inside_is_an_error() {
    for (stream, missing) in [
        (&b"\0\0\0\x05hel"[..], 2),
        (b"\0\0", 2),
        (b"\0\0\0\x01x\0\0\0\x05", 5),
    ] {
        let (sender, receiver) = pair();
        sender.send_all(stream).unwrap();
        sender.close().unwrap();
        let mut reader = Reader::new(receiver, Framing::default());
        let error = loop {
            match reader.frame() {
                Ok(frame) => assert_eq!(frame, Some(&b"x"[..])),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), Kind::Truncated { missing });
        assert_eq!(error.operation().name(), "recv_frame");
        assert_eq!(kind(reader.frame()), Kind::Truncated { missing });
    }
    let (sender, receiver) = pair();
    sender.close().unwrap();
    let mut reader = Reader::new(receiver, Framing::default());
    assert_eq!(reader.frame().unwrap(), None);
    assert_eq!(reader.frame().unwrap(), None);
}

#[test]
fn a_timeout_inside_a_message_loses_nothing() {
    limited(|| {
        let (sender, receiver) = pair();
        let mut reader = Reader::new(receiver, Framing::default());
        for piece in [&b"\0"[..], b"\0\0", b"\x05he", b"ll"] {
            sender.send_all(piece).unwrap();
            let (result, took) = timed(|| reader.within(ms(20)).frame().map(|_| ()));
            assert_eq!(kind(result), Kind::TimedOut);
            assert!(took >= ms(20));
        }
        sender.send_all(b"o").unwrap();
        assert_eq!(reader.within(LATE).frame().unwrap(), Some(&b"hello"[..]));
    });
}

/// A peer that sends a byte now and then does not prolong the time limit.
#[test]
fn the_time_limit_is_that_of_the_whole_message() {
    limited(|| {
        let (sender, receiver) = pair();
        let dripping = start(move || {
            sender.send_all(b"\0\0\0\xff").unwrap();
            while sender.send_all(b"x").is_ok() {
                std::thread::sleep(ms(5));
            }
        });
        let mut reader = Reader::new(receiver, Framing::default());
        let (result, took) = timed(|| kind(reader.within(ms(60)).frame()));
        assert_eq!(result, Kind::TimedOut);
        assert!(took >= ms(60) && took < LATE);
        drop(reader);
        dripping.result();
    });
}

#[test]
fn a_message_beyond_the_limit_is_refused_on_both_sides_at_every_call() {
    let framing = Framing::default().with_limit(4);
    assert_eq!(kind(framing.header(5)), Kind::Os(libc::EMSGSIZE));
    let (sender, receiver) = pair();
    sender.send_all(b"\0\0\0\x04four\0\0\0\x05fives").unwrap();
    let mut reader = Reader::new(receiver, framing);
    assert_eq!(reader.frame().unwrap(), Some(&b"four"[..]));
    for _ in 0..2 {
        let error = reader.frame().unwrap_err();
        assert_eq!(error.kind(), Kind::Os(libc::EMSGSIZE));
        assert!(
            error.to_string().contains("5 bytes or more, and the limit is 4"),
            "{error}"
        );
    }
    assert_eq!(reader.take_buffered(), b"\0\0\0\x05fives");
}

#[test]
fn a_prefix_too_narrow_for_the_message_is_refused() {
    let narrow = Framing::length_prefix(PrefixWidth::Bits8, ByteOrder::Big);
    assert!(narrow.header(255).is_ok());
    assert_eq!(kind(narrow.header(256)), Kind::Os(libc::EMSGSIZE));
}

#[test]
fn a_message_that_holds_its_delimiter_is_refused() {
    let refused = |framing: &Framing, message: &[u8]| framing.check(message).is_err();
    let lines = Framing::lines();
    assert!(refused(&lines, b"a\nb") && refused(&lines, b"a\r") && !refused(&lines, b"a\rb"));
    let dashes = Framing::delimiter(b"--").unwrap();
    assert!(refused(&dashes, b"a--b") && refused(&dashes, b"a-") && !refused(&dashes, b"a-b"));
    let mixed = Framing::delimiter(b"aba").unwrap();
    // "xab" + "aba" is "xababa", which the receiver would end after "x".
    assert!(refused(&mixed, b"xab") && !refused(&mixed, b"xb"));
}

#[test]
fn lines_have_either_end_and_the_last_need_not_have_one() {
    let (sender, receiver) = pair();
    (&sender).write_all(b"one\r\ntwo\n\nfour").unwrap();
    sender.close().unwrap();
    let mut reader = Reader::new(&receiver, Framing::default());
    for line in ["one", "two", "", "four"] {
        assert_eq!(reader.line().unwrap(), Some(line.as_bytes()));
    }
    assert_eq!(reader.line().unwrap(), None);
}

#[test]
fn bytes_lines_and_messages_of_one_stream_mix() {
    let (sender, receiver) = pair();
    sender.send_all(b"GET\n\0\0\0\x02okrest of it").unwrap();
    sender.close().unwrap();
    let mut reader = Reader::new(receiver, Framing::default());
    assert_eq!(reader.line().unwrap(), Some(&b"GET"[..]));
    assert_eq!(reader.frame().unwrap(), Some(&b"ok"[..]));
    let mut four = [0; 4];
    reader.read_exact(&mut four).unwrap();
    assert_eq!(&four, b"rest");
    assert_eq!(reader.read(&mut four).unwrap(), 4);
    let error = reader.read_exact(&mut [0; 4]).unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::Truncated { missing: 2 }, 2));
}

#[test]
fn a_socket_is_given_back_with_what_is_pending() {
    let (sender, receiver) = pair();
    sender.send_all(b"one\ntwo\n").unwrap();
    let mut reader = Reader::new(receiver, Framing::default());
    reader.line().unwrap();
    let (socket, pending) = reader.into_parts();
    assert_eq!(pending, b"two\n");
    sender.send_all(b"three").unwrap();
    socket.recv_exact(&mut [0; 5]).unwrap();
}

#[test]
fn datagrams_are_not_read_ahead() {
    for socket_type in [libc::SOCK_DGRAM, libc::SOCK_SEQPACKET] {
        let (a, b) = unix_pair(socket_type);
        a.send(b"datagram").unwrap();
        let mut reader = Reader::new(&b, Framing::default());
        assert_eq!(kind(reader.frame()), Kind::InvalidInput("socket"));
        assert_eq!(kind(reader.line()), Kind::InvalidInput("socket"));
        assert_eq!(kind(reader.read(&mut [0; 4])), Kind::InvalidInput("socket"));
        assert_eq!(kind(reader.read_exact(&mut [0; 4])), Kind::InvalidInput("socket"));
        assert_eq!(b.recv(&mut [0; 8]), Ok(8)); // still there, and whole
    }
}

#[test]
fn calls_with_nothing_to_do_find_out_that_the_socket_is_closed() {
    let (a, b) = pair();
    let mut reader = Reader::new(&b, Framing::default());
    assert_eq!(a.send_frames(&[], &Framing::default()), Ok(()));
    assert_eq!(reader.read(&mut []), Ok(0));
    assert_eq!(reader.read_exact(&mut []), Ok(()));
    b.close().unwrap();
    assert_eq!(kind(b.send_frames(&[], &Framing::default())), Kind::Closed);
    assert_eq!(kind(reader.read(&mut [])), Kind::Closed);
    assert_eq!(kind(reader.read_exact(&mut [])), Kind::Closed);
}

#[test]
fn a_varint_without_an_end_is_refused() {
    let (sender, receiver) = pair();
    sender.send_all(&[0xff; 12]).unwrap();
    let mut reader = Reader::new(receiver, Framing::varint());
    assert_eq!(kind(reader.frame()), Kind::Os(libc::EBADMSG));
}

/// Messages of sizes around every threshold inside the library.
fn large_messages() -> Vec<Vec<u8>> {
    [0, 1, 8191, 8192, 8193, 70_000, 3, 200_000, 5]
        .into_iter()
        .map(|length| pattern(length).iter().map(|byte| b'a' + byte % 26).collect())
        .collect()
}

fn buffers(messages: &[Vec<u8>]) -> Vec<SendBuf<'_>> {
    messages.iter().map(SendBuf::from).collect()
}

#[test]
fn what_is_sent_as_messages_is_received_as_the_same() {
    limited(|| {
        let prefixed = Framing::length_prefix(PrefixWidth::Bits64, ByteOrder::Little);
        for framing in [
            Framing::default(),
            prefixed,
            Framing::varint(),
            Framing::lines(),
            Framing::delimiter(b"::").unwrap(),
        ] {
            let (sender, receiver) = pair();
            let sent = large_messages();
            let expected = sent.clone();
            let sending = start(move || {
                sender.send_frames(&buffers(&sent), &framing).unwrap();
                for message in &sent {
                    sender.send_frame(message, &framing).unwrap();
                }
            });
            let received: Vec<_> = Reader::new(receiver, framing).map(Result::unwrap).collect();
            sending.result();
            assert_eq!(received, [&expected[..], &expected].concat(), "{framing:?}");
        }
    });
}

#[test]
fn a_message_that_was_stopped_in_the_middle_is_finished_by_the_same_call() {
    limited(|| {
        let (client, server) = small_connection();
        let framing = Framing::default();
        let message = pattern(4_000_000);
        let error = client.within(ms(100)).send_frame(&message, &framing).unwrap_err();
        assert_eq!((error.kind(), error.done()), (Kind::TimedOut, 0));
        assert_eq!(error.operation().name(), "send_frame");

        let error = client.within(ms(100)).send_frame(b"other", &framing).unwrap_err();
        assert_eq!(error.kind(), Kind::Busy);
        assert!(
            error
                .to_string()
                .contains("a message of 4000000 bytes was cut short"),
            "{error}"
        );
        assert_eq!(
            kind(client.within(ms(20)).send_frame(&message, &framing)),
            Kind::TimedOut
        );

        let expected = message.clone();
        let reading = start(move || {
            let mut reader = Reader::new(server, framing);
            assert_eq!(reader.frame().unwrap(), Some(&expected[..]));
            assert_eq!(reader.frame().unwrap(), Some(&b"other"[..]));
        });
        client.within(LATE).send_frame(&message, &framing).unwrap();
        client.within(LATE).send_frame(b"other", &framing).unwrap();
        reading.result();
    });
}

/// A long message goes out in several pieces.
#[test]
fn the_time_limit_of_a_send_is_that_of_all_its_pieces() {
    limited(|| {
        const LIMIT: Duration = Duration::from_secs(2);
        let (client, server) = small_connection();
        fill(&client);
        let begun = Instant::now();
        let reader = std::thread::spawn(move || {
            std::thread::sleep((LIMIT * 3 / 4).saturating_sub(begun.elapsed())); // a peer that reads late
            server.within(LATE).recv(&mut [0; 65536]).unwrap();
            server
        });
        let (sent, took) = timed(|| {
            client
                .within(LIMIT)
                .send_frame(&[1; 500_000], &Framing::default())
        });
        assert_eq!(kind(sent), Kind::TimedOut);
        assert!(LIMIT <= took && took < LIMIT * 3 / 2, "{took:?}");
        drop(reader.join());
    });
}

#[test]
fn messages_that_were_sent_whole_are_counted() {
    limited(|| {
        let (client, server) = small_connection();
        let framing = Framing::default();
        let messages: Vec<_> = (0..40_u8).map(|at| vec![at; 4_000]).collect();
        let error = client
            .within(ms(100))
            .send_frames(&buffers(&messages), &framing)
            .unwrap_err();
        assert_eq!(error.kind(), Kind::TimedOut);
        assert!((1..40).contains(&error.done()), "{}", error.done());
        let (whole, rest) = messages.split_at(error.done());
        assert_eq!(whole.len(), error.done());
        let expected = messages.clone();
        let reading = start(move || {
            let received: Vec<_> = Reader::new(server, framing).map(Result::unwrap).collect();
            assert!(received == expected, "{} messages", received.len());
        });
        client.within(LATE).send_frames(&buffers(rest), &framing).unwrap();
        client.close().unwrap();
        reading.result();
    });
}

#[test]
fn messages_of_several_threads_stay_whole() {
    limited(|| {
        let (client, server) = small_connection();
        let framing = Framing::default();
        let client = std::sync::Arc::new(client);
        let senders: Vec<_> = (0..4_u8)
            .map(|at| {
                let client = std::sync::Arc::clone(&client);
                start(move || {
                    for _ in 0..20 {
                        client.send_frame(&vec![at; 30_000], &framing).unwrap();
                    }
                })
            })
            .collect();
        let mut reader = Reader::new(server, framing);
        for _ in 0..80 {
            let message = reader.within(LATE).frame().unwrap().unwrap();
            assert!(message.len() == 30_000 && message.iter().all(|byte| *byte == message[0]));
        }
        senders.into_iter().for_each(Running::result);
    });
}

#[test]
fn a_message_that_the_framing_refuses_sends_nothing_of_the_others() {
    let (sender, receiver) = pair();
    let messages = [b"good".to_vec(), b"bad\n".to_vec()];
    let refused = sender.send_frames(&buffers(&messages), &Framing::lines());
    assert_eq!(kind(refused), Kind::InvalidInput("message"));
    assert_eq!(receiver.available().unwrap(), 0);
    sender.send_frame(b"next", &Framing::lines()).unwrap();
    assert_eq!(
        Reader::new(receiver, Framing::lines()).frame().unwrap(),
        Some(&b"next"[..])
    );
}

#[test]
fn datagram_sockets_send_no_messages_of_a_stream() {
    let (a, _b) = unix_pair(libc::SOCK_DGRAM);
    assert_eq!(
        kind(a.send_frame(b"x", &Framing::default())),
        Kind::InvalidInput("socket")
    );
}

/// A handler that runs while the call waits in the middle of a message.
#[test]
fn a_signal_handler_does_not_send_into_the_middle_of_a_message() {
    limited(|| {
        let (client, server) = small_connection();
        system::handle_signal(libc::SIGUSR2);
        let client = std::sync::Arc::new(client);
        let (same, framing) = (std::sync::Arc::clone(&client), Framing::default());
        let message = pattern(4_000_000);
        let expected = message.clone();
        let sending = start_blocked(move || {
            let mut refused = None;
            let mut handler = AtSignal(
                || {
                    refused = Some(kind(same.send_frame(b"from the handler", &framing)));
                    Ok(())
                },
                polysock::Start::Waiting,
            );
            same.on(&mut handler).send_frame(&message, &framing).unwrap();
            refused
        });
        sending.thread.signal(libc::SIGUSR2);
        let mut reader = Reader::new(server, framing);
        assert_eq!(reader.within(LATE).frame().unwrap(), Some(&expected[..]));
        assert_eq!(sending.result(), Some(Kind::Busy));
    });
}

/// What a search for a line has found out says nothing about a delimiter.
#[test]
fn a_message_is_found_after_a_search_for_a_line() {
    let (sender, receiver) = pair();
    sender.send_all(b"one--two").unwrap();
    let mut reader = Reader::new(receiver, Framing::delimiter(b"--").unwrap());
    assert_eq!(kind(reader.within(Duration::ZERO).line()), Kind::WouldBlock);
    assert_eq!(reader.within(Duration::ZERO).frame().unwrap(), Some(&b"one"[..]));
}

#[test]
fn a_message_stopped_under_one_framing_is_not_finished_under_another() {
    limited(|| {
        let (client, _server) = small_connection();
        let message = pattern(4_000_000);
        let stopped = client.within(ms(50)).send_frame(&message, &Framing::default());
        assert_eq!(kind(stopped), Kind::TimedOut);
        let other = client.within(ms(50)).send_frame(&message, &Framing::varint());
        assert_eq!(kind(other), Kind::Busy);
    });
}
