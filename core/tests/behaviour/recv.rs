//! recv, peek, recv_exact: what is received, what is not, flags.

use crate::support::*;
use polysock::{
    java_net, Family, Flags, Kind, NativeCaller, Operation, Protocol, RecvBuf, Shutdown, Socket, SocketType,
};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn receives_what_is_there_and_then_the_end() {
    let (client, server) = connection();
    client.send_all(b"hello").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut buf = [0; 10];
    assert_eq!(server.peek(&mut buf).unwrap(), 5);
    assert_eq!(server.recv(&mut buf[..2]).unwrap(), 2);
    assert_eq!(server.recv(&mut buf).unwrap(), 3);
    assert_eq!(&buf[..3], b"llo");
    assert_eq!(server.recv(&mut buf).unwrap(), 0);
    assert_eq!(server.peek(&mut buf).unwrap(), 0);
}

#[test]
fn an_empty_room_of_a_stream_is_full_at_once() {
    let (client, _server) = connection();
    assert_eq!(client.recv(&mut []).unwrap(), 0);
    client.recv_exact(&mut []).unwrap();
}

#[test]
fn recv_exact_fills_across_pieces() {
    limited(|| {
        let (client, server) = small_connection();
        let data = pattern(300_000);
        let sent = data.clone();
        let running = start(move || client.within(LIMIT).send_all(&sent));
        let mut buf = vec![0; data.len()];
        server.within(LIMIT).recv_exact(&mut buf).unwrap();
        assert!(buf == data);
        running.result().unwrap();
    });
}

#[test]
fn recv_exact_tells_a_clean_end_from_a_cut_stream() {
    let (client, server) = connection();
    client.send_all(b"abc").unwrap();
    client.close().unwrap();
    let mut buf = [0; 5];
    let error = server.within(LATE).recv_exact(&mut buf).unwrap_err();
    assert_eq!(error.kind(), Kind::Truncated { missing: 2 });
    assert_eq!((error.done(), error.operation()), (3, Operation::RecvExact));
    assert_eq!(&buf[..3], b"abc");
    let error = server.recv_exact(&mut buf).unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::EndOfStream, 0));
}

#[test]
fn recv_exact_says_how_much_came_before_time_was_up() {
    let (client, server) = connection();
    client.send_all(b"abc").unwrap();
    let mut buf = [0; 5];
    let (result, took) = timed(|| server.within(ms(100)).recv_exact(&mut buf));
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::TimedOut, 3));
    assert!(took >= ms(100));
    client.send_all(b"de").unwrap();
    let error = server.within(ms(50)).recv_exact(&mut buf).unwrap_err();
    assert_eq!(error.done(), 2);
    let error = server.within(Duration::ZERO).recv_exact(&mut buf).unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::WouldBlock, 0));
}

#[test]
fn wait_all_fills_the_room_or_returns_what_came() {
    limited(|| {
        let (client, server) = connection();
        let server = Arc::new(server);
        let wait_all = |limit| {
            let server = Arc::clone(&server);
            move || {
                let mut buf = [0; 6];
                let result = server.within(limit).recv_with(&mut buf, Flags::WAIT_ALL);
                result.map(|count| buf[..count].to_vec())
            }
        };
        client.send_all(b"abc").unwrap();
        let running = start_blocked(wait_all(LIMIT));
        client.send_all(b"def").unwrap();
        assert_eq!(running.result().unwrap(), b"abcdef");

        client.send_all(b"abc").unwrap();
        assert_eq!(wait_all(ms(60))().unwrap(), b"abc");
        assert_eq!(kind(wait_all(ms(60))()), Kind::TimedOut);

        client.send_all(b"abc").unwrap();
        let running = start_blocked(wait_all(LIMIT));
        client.close().unwrap();
        assert_eq!(running.result().unwrap(), b"abc");
        assert_eq!(wait_all(LIMIT)().unwrap(), b"");
    });
}

/// Peeks with `MSG_WAITALL` by one of the calls that can.
type Peek = fn(&Socket, &mut [u8]) -> polysock::Result<usize>;

const ALL: Flags = Flags(libc::MSG_PEEK | libc::MSG_WAITALL);
const PEEKS: [Peek; 2] = [
    |socket, room| socket.within(LIMIT).recv_with(room, ALL),
    |socket, room| {
        let received = socket.within(LIMIT).recv_from_with(room, ALL);
        received.map(|received| received.count)
    },
];

#[test]
fn peeking_with_wait_all_takes_nothing_and_does_not_spin() {
    limited(|| {
        for peek in PEEKS {
            let (client, server) = connection();
            let server = Arc::new(server);
            let peeker = Arc::clone(&server);
            client.send_all(b"abc").unwrap();
            let running = start_blocked(move || {
                let mut buf = [0; 6];
                let before = system::thread_cpu();
                let count = peek(&peeker, &mut buf);
                (count.unwrap(), buf, system::thread_cpu() - before)
            });
            assert_eq!(kind(client.within(ms(200)).recv(&mut [0])), Kind::TimedOut);
            client.send_all(b"def").unwrap();
            let (count, buf, burnt) = running.result();
            assert_eq!((count, &buf), (6, b"abcdef"));
            assert!(burnt < ms(50), "burnt {burnt:?}");
            let mut buf = [0; 6];
            server.recv_exact(&mut buf).unwrap();
            assert_eq!(&buf, b"abcdef");

            client.send_all(b"xy").unwrap();
            client.close().unwrap();
            assert_eq!(peek(&server, &mut buf).unwrap(), 2);
        }
    });
}

#[test]
fn flags_of_one_call_rule_it() {
    let (client, server) = connection();
    let mut buf = [0; 4];
    let call = server.within(LATE).recv_with(&mut buf, Flags::DONT_WAIT);
    assert_eq!(kind(call), Kind::WouldBlock);
    // No urgent byte: the kernel reports that at once.
    let urgent = server.within(LATE).recv_with(&mut buf, Flags::OUT_OF_BAND);
    assert_eq!(kind(urgent), Kind::Os(libc::EINVAL));
    client
        .on(polysock::NativeCaller)
        .send_with(b"!", Flags::OUT_OF_BAND)
        .unwrap();
    until("the urgent byte is there", || {
        server
            .within(LATE)
            .recv_with(&mut buf, Flags::OUT_OF_BAND)
            .is_ok()
    });
    assert_eq!(buf[0], b'!');
}

#[test]
fn a_datagram_is_cut_and_its_whole_length_told() {
    let (a, b) = unix_pair(libc::SOCK_DGRAM);
    a.send(b"long message").unwrap();
    let mut buf = [0; 4];
    let length = b.within(LATE).recv_with(&mut buf, Flags::TRUNCATE).unwrap();
    assert_eq!((length, &buf), (12, b"long"));
    // An empty one is received as such.
    a.send(b"").unwrap();
    assert_eq!(b.within(LATE).recv(&mut buf).unwrap(), 0);
    assert_eq!(kind(b.within(Duration::ZERO).recv(&mut buf)), Kind::WouldBlock);
}

#[test]
fn memory_that_holds_nothing_yet_is_filled() {
    let (client, server) = connection();
    client.send_all(b"abc").unwrap();
    let mut memory = [std::mem::MaybeUninit::uninit(); 8];
    let room = RecvBuf::uninit(&mut memory);
    assert_eq!((room.len(), room.is_empty()), (8, false));
    assert_eq!(server.within(LATE).recv(room).unwrap(), 3);
    assert_eq!(system::bytes(&memory[..3]), b"abc");
}

#[test]
fn not_connected_says_so() {
    let socket = polysock::Socket::tcp(polysock::Family::IPV4).unwrap();
    let error = socket.recv(&mut [0; 4]).unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (Kind::Os(libc::ENOTCONN), Operation::Recv)
    );
}

/// Sockets that carry messages: datagrams of IP, datagrams and packets of Unix.
fn message_pairs() -> Vec<(Socket, Socket)> {
    let make = || {
        let socket = Socket::new(loopback().family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        socket.bind(&loopback()).unwrap();
        socket
    };
    let (a, b) = (make(), make());
    a.connect(&b.local_address().unwrap()).unwrap();
    b.connect(&a.local_address().unwrap()).unwrap();
    let mut pairs = vec![(a, b)];
    for socket_type in [SocketType::DATAGRAM, SocketType::SEQPACKET] {
        pairs.push(Socket::pair(Family::UNIX, socket_type, Protocol::DEFAULT).unwrap());
    }
    pairs
}

#[test]
fn an_empty_message_is_no_end_of_stream() {
    limited(|| {
        for limit in [None, Some(LIMIT)] {
            for (a, b) in message_pairs() {
                b.set_recv_timeout(limit);
                // Read once when the messages are there, and once while they arrive.
                for message in ["", "", "abc", ""] {
                    a.send(message).unwrap();
                }
                let mut buf = [0; 6];
                assert_eq!(java_net::read(&b, &mut NativeCaller, &mut buf).unwrap(), 3);
                a.send("def").unwrap();
                assert_eq!({ &b }.read(&mut buf).unwrap(), 3);
                let b = Arc::new(b);
                let reading = Arc::clone(&b);
                let waiting = start_blocked(move || {
                    let mut buf = [0; 6];
                    reading.recv_exact(&mut buf).map(|()| buf)
                });
                for message in ["", "abc", "", "def"] {
                    a.send(message).unwrap();
                }
                assert_eq!(&waiting.result().unwrap(), b"abcdef");
                // A plain receive returns it as a message.
                a.send("").unwrap();
                assert_eq!(b.recv(&mut buf).unwrap(), 0);
            }
        }
    });
}

#[test]
fn empty_messages_do_not_outlast_the_time_limit() {
    limited(|| {
        for (a, b) in message_pairs() {
            a.send("").unwrap();
            let (result, took) = timed(|| b.within(ms(60)).recv_exact(&mut [0; 2]));
            assert_eq!(kind(result), Kind::TimedOut);
            assert!(took >= ms(60));
        }
    });
}

#[test]
fn packets_end_where_the_peer_is_gone_and_nothing_is_left() {
    limited(|| {
        let pair = || Socket::pair(Family::UNIX, SocketType::SEQPACKET, Protocol::DEFAULT).unwrap();
        let (a, b) = pair();
        for message in ["", "ab", "", ""] {
            a.send(message).unwrap();
        }
        drop(a);
        b.within(LATE).recv_exact(&mut [0; 2]).unwrap();
        assert_eq!(kind(b.within(LATE).recv_exact(&mut [0; 2])), Kind::EndOfStream);
        assert_eq!(java_net::read(&b, &mut NativeCaller, &mut [0; 2]).unwrap(), 0);
    });
}
