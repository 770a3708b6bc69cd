//! Batches of datagrams.

mod segments;

use crate::support::*;
use polysock::{
    Address, Family, IncomingDatagram, Kind, NativeCaller, OutgoingDatagram, Protocol, RecvBuf, Shutdown,
    Socket, SocketType,
};
use std::sync::Arc;
use std::time::Duration;

const IP: [&str; 2] = ["127.0.0.1:0", "[::1]:0"];

fn udp(host: &str) -> (Socket, Address) {
    let address: Address = host.parse().unwrap();
    let socket = Socket::new(address.family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    socket.bind(&address).unwrap();
    socket.set_timeout(Duration::from_secs(10));
    let address = socket.local_address().unwrap();
    (socket, address)
}

/// A Unix datagram socket with a unique name.
fn unix_datagram() -> (Socket, Address) {
    let socket = Socket::new(Family::UNIX, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    socket.bind(&Address::unix(b"").unwrap()).unwrap(); // the system chooses one
    socket.set_timeout(Duration::from_secs(10));
    let address = socket.local_address().unwrap();
    (socket, address)
}

/// A batch of these texts.
fn batch<'a>(texts: &'a [&str], to: &'a Address) -> Vec<OutgoingDatagram<'a>> {
    texts
        .iter()
        .map(|text| OutgoingDatagram::new(*text, to))
        .collect()
}

/// Receives one batch of at most `most` datagrams of at most `room` bytes.
fn receive_at_most(
    socket: &Socket,
    most: usize,
    room: usize,
) -> polysock::Result<Vec<(Vec<u8>, IncomingDatagram)>> {
    let mut memory = vec![vec![0; room]; most];
    let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
    let mut arrived = vec![IncomingDatagram::EMPTY; most];
    let count = socket.recv_batch(&rooms, &mut arrived)?;
    let all = memory.into_iter().zip(arrived).take(count);
    Ok(all
        .map(|(mut bytes, datagram)| {
            bytes.truncate(datagram.count);
            (bytes, datagram)
        })
        .collect())
}

/// Receives until there are `count` datagrams: their texts.
fn texts(socket: &Socket, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    while all.len() < count {
        let batch = receive_at_most(socket, count - all.len(), 2048).unwrap();
        all.extend(
            batch
                .into_iter()
                .map(|(bytes, _)| String::from_utf8(bytes).unwrap()),
        );
    }
    all
}

fn nothing_more(socket: &Socket) {
    let refused = socket
        .within(Duration::ZERO)
        .recv_batch(&[RecvBuf::from(&mut [0; 8])], &mut [IncomingDatagram::EMPTY]);
    assert_eq!(kind(refused), Kind::WouldBlock);
}

#[test]
fn a_batch_arrives_in_order_with_its_senders() {
    for host in IP {
        let ((a, a_address), (b, b_address), (c, c_address)) = (udp(host), udp(host), udp(host));
        let mut sent = batch(&["one", "two", "six", "", "seven", "x"], &c_address);
        assert_eq!(a.send_batch(&mut sent).unwrap(), 6);
        assert!(sent
            .iter()
            .all(|datagram| datagram.result == Ok(datagram.contents.len())));
        b.send_batch(&mut batch(&["from b"], &c_address)).unwrap();
        let received = receive_at_most(&c, 20, 100).unwrap();
        let seen: Vec<_> = received
            .iter()
            .map(|(bytes, datagram)| (std::str::from_utf8(bytes).unwrap(), datagram.address))
            .collect();
        let expected = [
            ("one", a_address),
            ("two", a_address),
            ("six", a_address),
            ("", a_address),
            ("seven", a_address),
            ("x", a_address),
            ("from b", b_address),
        ];
        assert_eq!(seen, expected);
        assert!(received
            .iter()
            .all(|(_, datagram)| !datagram.truncated() && datagram.segment_size == 0));
        nothing_more(&c);
    }
}

#[test]
fn a_dual_stack_socket_sends_to_and_hears_from_both() {
    let wide = Socket::new(Family::IPV6, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    wide.set_only_v6(false).unwrap();
    wide.bind(&"[::]:0".parse().unwrap()).unwrap();
    wide.set_timeout(Duration::from_secs(10));
    let port = wide.local_address().unwrap().port().unwrap();
    let (four, four_address) = udp("127.0.0.1:0");
    let (six, six_address) = udp("[::1]:0");
    let mapped: Address = format!("[::ffff:127.0.0.1]:{}", four_address.port().unwrap())
        .parse()
        .unwrap();
    let mut both = batch(&["1", "2"], &mapped);
    both.extend(batch(&["3"], &six_address));
    assert_eq!(wide.send_batch(&mut both).unwrap(), 3);
    assert_eq!(texts(&four, 2), ["1", "2"]);
    assert_eq!(texts(&six, 1), ["3"]);
    let to: Address = format!("127.0.0.1:{port}").parse().unwrap();
    four.send_batch(&mut batch(&["4", "5"], &to)).unwrap();
    let received = receive_at_most(&wide, 8, 10).unwrap();
    assert_eq!(received.len(), 2);
    assert!(received
        .iter()
        .all(|(_, datagram)| datagram.address == four_address));
}

#[test]
fn a_connected_socket_needs_no_addresses() {
    let ((a, _), (b, b_address)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    a.connect(&b_address).unwrap();
    let mut sent = ["ab", "cd", "e"].map(|text| OutgoingDatagram::new(text, None));
    assert_eq!(a.send_batch(&mut sent).unwrap(), 3);
    assert_eq!(texts(&b, 3), ["ab", "cd", "e"]);
    let (c, _) = udp("127.0.0.1:0");
    let refused = c.send_batch(&mut sent).unwrap_err();
    assert_eq!(refused.kind(), Kind::Os(libc::EDESTADDRREQ));
    assert!(
        refused.to_string().starts_with("send_batch datagram 0: "),
        "{refused}"
    );
}

#[test]
fn one_that_is_refused_is_named_and_the_others_are_sent() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    let nowhere: Address = "127.0.0.1:0".parse().unwrap();
    let six: Address = "[::1]:9".parse().unwrap();
    let long = vec![0; 70_000];
    let mut sent = batch(&["aa", "bb"], &to);
    sent.push(OutgoingDatagram::new("cc", &nowhere));
    sent.extend(batch(&["dd", "ee"], &to));
    sent.push(OutgoingDatagram::new(&long, &to));
    sent.push(OutgoingDatagram::new("ff", &six));
    sent.extend(batch(&["gg"], &to));
    assert_eq!(a.send_batch(&mut sent).unwrap(), 5);
    let results: Vec<_> = sent.iter().map(|datagram| datagram.result).collect();
    let refused = |errno| Err(Kind::Os(errno));
    assert_eq!(
        results,
        [
            Ok(2),
            Ok(2),
            refused(libc::EINVAL),
            Ok(2),
            Ok(2),
            refused(libc::EMSGSIZE),
            refused(libc::EAFNOSUPPORT),
            Ok(2)
        ]
    );
    assert_eq!(texts(&b, 5), ["aa", "bb", "dd", "ee", "gg"]);
    nothing_more(&b);
}

#[test]
fn when_all_are_refused_the_first_is_the_error() {
    let (a, _) = udp("127.0.0.1:0");
    let nowhere: Address = "127.0.0.1:0".parse().unwrap();
    let six: Address = "[::1]:9".parse().unwrap();
    let mut sent = batch(&["aa", "bb"], &nowhere);
    sent.push(OutgoingDatagram::new("cc", &six));
    let refused = a.send_batch(&mut sent).unwrap_err();
    assert_eq!((refused.kind(), refused.done()), (Kind::Os(libc::EINVAL), 0));
    let text = refused.to_string();
    assert!(
        text.starts_with("send_batch datagram 0 to 127.0.0.1:0: "),
        "{text}"
    );
    assert_eq!(sent[2].result, Err(Kind::Os(libc::EAFNOSUPPORT)));
}

#[test]
fn many_more_than_one_call_takes_are_sent_and_received() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    let numbers: Vec<_> = (0..150)
        .map(|number| format!("{number}{}", "-".repeat(number % 3)))
        .collect();
    let mut sent: Vec<_> = numbers
        .iter()
        .map(|text| OutgoingDatagram::new(text, &to))
        .collect();
    assert_eq!(a.send_batch(&mut sent).unwrap(), 150);
    let received = receive_at_most(&b, 1000, 10).unwrap();
    let received: Vec<_> = received
        .into_iter()
        .map(|(bytes, _)| String::from_utf8(bytes).unwrap())
        .collect();
    assert_eq!(received, numbers, "all that are there, in one call");
    // The receiver has no room for all of these.
    let mut sent: Vec<_> = (0..5000).map(|_| OutgoingDatagram::new("x", &to)).collect();
    assert_eq!(a.send_batch(&mut sent).unwrap(), 5000);
}

#[test]
fn no_more_are_received_than_there_is_room_for() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    a.send_batch(&mut batch(&["1", "2", "3"], &to)).unwrap();
    assert_eq!(receive_at_most(&b, 2, 10).unwrap().len(), 2);
    let mut arrived = [IncomingDatagram::EMPTY; 1];
    assert_eq!(b.recv_batch(&[], &mut arrived).unwrap(), 0, "none is asked for");
    assert_eq!(texts(&b, 1), ["3"]);
    assert_eq!(b.send_batch(&mut []).unwrap(), 0);
}

#[test]
fn one_that_is_longer_than_its_buffer_is_marked() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    a.send_batch(&mut batch(&["123456", "1234", "12345"], &to))
        .unwrap();
    let seen: Vec<_> = receive_at_most(&b, 3, 4)
        .unwrap()
        .into_iter()
        .map(|(bytes, datagram)| (bytes, datagram.truncated()))
        .collect();
    let cut = |cut| (b"1234".to_vec(), cut);
    assert_eq!(seen, [cut(true), cut(false), cut(true)]);
}

#[test]
fn unix_datagrams_travel_in_batches() {
    let ((a, a_address), (b, to)) = (unix_datagram(), unix_datagram());
    assert_eq!(a.send_batch(&mut batch(&["one", "", "three"], &to)).unwrap(), 3);
    let received = receive_at_most(&b, 10, 10).unwrap();
    let seen: Vec<_> = received.iter().map(|(bytes, _)| bytes.as_slice()).collect();
    assert_eq!(seen, [b"one", &b""[..], b"three"]);
    assert!(received.iter().all(|(_, datagram)| datagram.address == a_address));
    let unbound = Address::unix(b"\0polysock-no-receiver").unwrap();
    let mut sent = batch(&["x"], &to);
    sent.extend(batch(&["y"], &unbound));
    sent.extend(batch(&["z"], &to));
    assert_eq!(a.send_batch(&mut sent).unwrap(), 2);
    assert_eq!(sent[1].result, Err(Kind::Os(libc::ECONNREFUSED)));
    assert_eq!(texts(&b, 2), ["x", "z"]);
    assert_eq!(
        b.send_segments("aabb", 2, Some(&a_address)).unwrap(),
        4,
        "in a loop"
    );
    assert_eq!(texts(&a, 2), ["aa", "bb"]);
}

#[test]
fn empty_datagrams_of_an_unnamed_sender_are_datagrams() {
    let (a, b) = unix_pair(libc::SOCK_DGRAM);
    let mut sent = ["", "x", ""].map(|text| OutgoingDatagram::new(text, None));
    assert_eq!(a.send_batch(&mut sent).unwrap(), 3);
    assert_eq!(texts(&b, 3), ["", "x", ""]);
}

#[test]
fn descriptors_sent_along_are_not_taken_in() {
    let (a, b) = unix_pair(libc::SOCK_DGRAM);
    let input = std::io::stdin();
    let rights = polysock::Control::rights(&[std::os::fd::AsFd::as_fd(&input)]).unwrap();
    a.on(NativeCaller)
        .send_message(&["x".into()], &[rights], None, polysock::Flags::NONE)
        .unwrap();
    let received = receive_at_most(&b, 4, 4).unwrap();
    assert!(received[0].1.flags.contains(polysock::Flags::CONTROL_TRUNCATED));
}

/// A Unix datagram queue holds a few (net.unix.max_dgram_qlen), and is always writable for poll(2).
#[test]
fn time_that_runs_out_leaves_those_that_were_sent() {
    limited(|| {
        let ((a, _), (b, to)) = (unix_datagram(), unix_datagram());
        let mut sent: Vec<_> = (0..1000).map(|_| OutgoingDatagram::new("x", &to)).collect();
        let (count, took) = timed(|| a.within(ms(200)).send_batch(&mut sent));
        let count = count.unwrap();
        assert!(0 < count && count < 1000, "{count}");
        assert!(took >= ms(200), "{took:?}");
        let results = sent
            .iter()
            .enumerate()
            .map(|(index, datagram)| (index, datagram.result));
        for (index, result) in results {
            assert_eq!(result, if index < count { Ok(1) } else { Err(Kind::TimedOut) });
        }
        let (nothing, took) = timed(|| a.within(ms(50)).send_batch(&mut sent));
        let nothing = nothing.unwrap_err();
        assert_eq!(
            (nothing.kind(), nothing.time_limit()),
            (Kind::TimedOut, Some(ms(50)))
        );
        assert!(took >= ms(50), "{took:?}");
        let nothing = a.within(Duration::ZERO).send_batch(&mut sent);
        assert_eq!(kind(nothing), Kind::WouldBlock);
        assert_eq!(
            kind(a.within(ms(30)).send_segments("aabb", 2, Some(&to))),
            Kind::TimedOut
        );
        assert_eq!(texts(&b, 2), ["x", "x"]);
        assert_eq!(
            a.within(Duration::ZERO).send_batch(&mut sent).unwrap(),
            2,
            "as many as there is room for"
        );
        texts(&b, 1);
        assert_eq!(a.within(ms(30)).send_segments("aabb", 2, Some(&to)).unwrap(), 2);
    });
}

#[test]
fn a_batch_that_waits_for_room_goes_on_and_burns_no_time() {
    limited(|| {
        let ((a, _), (b, to)) = (unix_datagram(), unix_datagram());
        let sending = start_blocked(move || {
            let mut sent: Vec<_> = (0..300).map(|_| OutgoingDatagram::new("x", &to)).collect();
            let count = a.within(LATE).send_batch(&mut sent).unwrap();
            (count, system::thread_cpu())
        });
        assert_eq!(texts(&b, 300).len(), 300);
        let (count, burned) = sending.result();
        assert_eq!(count, 300);
        assert!(burned < ms(500), "{burned:?}");
    });
}

#[test]
fn a_receive_waits_for_the_first_and_not_for_more() {
    limited(|| {
        for limit in [None, Some(LATE)] {
            let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
            let receiving = start_blocked(move || {
                let mut memory = [[0; 4]; 8];
                let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
                b.within(limit)
                    .recv_batch(&rooms, &mut [IncomingDatagram::EMPTY; 8])
            });
            a.send_to("x", &to).unwrap();
            assert_eq!(receiving.result().unwrap(), 1);
        }
        let (b, _) = udp("127.0.0.1:0");
        let (nothing, took) = timed(|| {
            b.within(ms(100))
                .recv_batch(&[RecvBuf::from(&mut [0; 4])], &mut [IncomingDatagram::EMPTY])
        });
        assert_eq!(kind(nothing), Kind::TimedOut);
        assert!(took >= ms(100), "{took:?}");
    });
}

/// A receive that the kernel lets return after a close finds empty datagrams that were never sent.
#[test]
fn close_wakes_a_receive_and_invents_no_datagrams() {
    limited(|| {
        for limit in [None, Some(LATE)] {
            for socket in [udp("127.0.0.1:0").0, udp("[::1]:0").0, unix_datagram().0] {
                let socket = Arc::new(socket);
                let receiving = start_blocked({
                    let socket = Arc::clone(&socket);
                    move || {
                        let mut memory = [[0; 4]; 8];
                        let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
                        socket
                            .within(limit)
                            .recv_batch(&rooms, &mut [IncomingDatagram::EMPTY; 8])
                    }
                });
                socket.close().unwrap();
                assert_eq!(kind(receiving.result()), Kind::Closed);
                let mut memory = [0; 4];
                let room = &[RecvBuf::from(&mut memory)];
                assert_eq!(
                    kind(socket.recv_batch(room, &mut [IncomingDatagram::EMPTY])),
                    Kind::Closed
                );
                assert_eq!(kind(socket.recv_batch(&[], &mut [])), Kind::Closed);
                assert_eq!(
                    kind(socket.send_batch(&mut [OutgoingDatagram::new("x", None)])),
                    Kind::Closed
                );
                assert_eq!(kind(socket.send_batch(&mut [])), Kind::Closed);
                assert_eq!(kind(socket.send_segments("x", 1, None)), Kind::Closed);
            }
        }
    });
}

#[test]
fn a_shutdown_ends_a_receive_with_no_datagrams() {
    limited(|| {
        for limit in [None, Some(LATE)] {
            let ((a, address), (b, _)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
            b.connect(&address).unwrap();
            let b = Arc::new(b);
            let receiving = start_blocked({
                let b = Arc::clone(&b);
                move || {
                    let mut memory = [[0; 4]; 8];
                    let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
                    b.within(limit)
                        .recv_batch(&rooms, &mut [IncomingDatagram::EMPTY; 8])
                }
            });
            b.shutdown(Shutdown::Read).unwrap();
            assert_eq!(receiving.result().unwrap(), 0);
            drop(a);
        }
    });
}

#[test]
fn a_seqpacket_socket_ends_after_its_last_message() {
    let (a, b) = unix_pair(libc::SOCK_SEQPACKET);
    let mut sent = ["one", "two"].map(|text| OutgoingDatagram::new(text, None));
    assert_eq!(a.send_batch(&mut sent).unwrap(), 2);
    a.close().unwrap();
    assert_eq!(receive_at_most(&b, 8, 8).unwrap().len(), 2);
    assert_eq!(receive_at_most(&b, 8, 8).unwrap().len(), 0);
}

#[test]
fn an_error_that_is_pending_is_reported_once_and_nothing_is_lost() {
    let ((a, address), (b, _)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    b.connect(&address).unwrap();
    a.close().unwrap();
    b.send("anybody?").unwrap();
    // Reported for the first, which is not sent; the second is. The answer to that is pending again.
    let mut sent = ["one", "seven"].map(|text| OutgoingDatagram::new(text, None));
    assert_eq!(b.send_batch(&mut sent).unwrap(), 1);
    assert_eq!(
        [sent[0].result, sent[1].result],
        [Err(Kind::Os(libc::ECONNREFUSED)), Ok(5)]
    );
    let refused = receive_at_most(&b, 8, 8).unwrap_err();
    assert_eq!(refused.kind(), Kind::Os(libc::ECONNREFUSED));
    assert!(refused.to_string().starts_with("recv_batch: "), "{refused}");
    nothing_more(&b);
}

#[test]
fn streams_have_no_batches() {
    let (a, _b) = connection();
    assert_eq!(
        kind(a.send_batch(&mut [OutgoingDatagram::new("x", None)])),
        Kind::Unsupported
    );
    let mut memory = [0; 4];
    let room = &[RecvBuf::from(&mut memory)];
    assert_eq!(
        kind(a.recv_batch(room, &mut [IncomingDatagram::EMPTY])),
        Kind::Unsupported
    );
    assert_eq!(kind(a.send_segments("x", 1, None)), Kind::Unsupported);
}
