//! UDP and Unix datagrams: one call, one message.
#![allow(unsafe_code)]

use polysock::{Address, Family, Flags, Kind, Protocol, Socket, SocketType};
use std::time::{Duration, Instant};

fn udp(host: &str) -> (Socket, Address) {
    let address: Address = host.parse().unwrap();
    let socket = Socket::new(address.family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    socket.bind(&address).unwrap();
    socket.set_timeout(Duration::from_secs(5));
    let address = socket.local_address().unwrap();
    (socket, address)
}

#[test]
fn a_datagram_arrives_whole_with_its_sender() {
    for host in ["127.0.0.1:0", "[::1]:0"] {
        let ((a, a_address), (b, b_address)) = (udp(host), udp(host));
        assert_eq!(a.send_to("hello", &b_address).unwrap(), 5);
        let mut buf = [0; 64];
        let got = b.recv_from(&mut buf).unwrap();
        assert_eq!((got.count, got.address, got.truncated()), (5, a_address, false));
        assert_eq!(&buf[..5], b"hello");
    }
}

#[test]
fn boundaries_are_kept_and_an_empty_datagram_is_one() {
    let ((a, _), (b, b_address)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    for text in ["one", "", "three"] {
        a.send_to(text, &b_address).unwrap();
    }
    let mut buf = [0; 64];
    let counts = [0; 3].map(|_| b.recv_from(&mut buf).unwrap().count);
    assert_eq!(counts, [3, 0, 5]);
}

#[test]
fn truncation_is_reported_and_the_rest_is_lost() {
    let ((a, _), (b, b_address)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    a.send_to("0123456789", &b_address).unwrap();
    a.send_to("next", &b_address).unwrap();
    let mut buf = [0; 4];
    let got = b.recv_from(&mut buf).unwrap();
    assert!(got.truncated());
    assert_eq!((got.count, &buf), (4, b"0123"));
    let got = b.recv_from(&mut buf).unwrap();
    assert!(!got.truncated());
    assert_eq!(&buf, b"next");
    a.send_to("0123456789", &b_address).unwrap();
    let got = b
        .on(polysock::NativeCaller)
        .recv_from_with(&mut buf, Flags::TRUNCATE)
        .unwrap();
    assert_eq!(
        (got.count, got.truncated()),
        (10, true),
        "MSG_TRUNC asks for the whole length"
    );
}

#[test]
fn a_connected_datagram_socket_hears_only_its_peer() {
    let ((a, a_address), (b, b_address), (c, _)) =
        (udp("127.0.0.1:0"), udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    b.connect(&a_address).unwrap();
    c.send_to("stranger", &b_address).unwrap();
    a.send_to("friend", &b_address).unwrap();
    let mut buf = [0; 64];
    assert_eq!(b.recv(&mut buf).unwrap(), 6);
    assert_eq!(&buf[..6], b"friend");
}

#[test]
fn a_datagram_to_a_closed_port_is_refused_once_the_peer_is_connected() {
    let ((a, a_address), (b, _)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    b.connect(&a_address).unwrap();
    a.close().unwrap();
    b.send("anybody?").unwrap();
    let error = b.recv(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::ECONNREFUSED));
}

#[test]
fn too_long_a_datagram_is_refused_whole() {
    let ((a, _), (b, b_address)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    let error = a.send_to(&vec![0; 70_000], &b_address).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::EMSGSIZE));
    assert!(error.to_string().contains(&b_address.to_string()), "{error}");
    let nothing = b.within(Duration::ZERO).recv_from(&mut [0; 8]).unwrap_err();
    assert_eq!(nothing.kind(), Kind::WouldBlock);
}

#[test]
fn a_datagram_without_an_address_needs_one() {
    let (a, _) = udp("127.0.0.1:0");
    assert_eq!(a.send("x").unwrap_err().kind(), Kind::Os(libc::EDESTADDRREQ));
    let v6: Address = "[::1]:9".parse().unwrap();
    assert_eq!(
        a.send_to("x", &v6).unwrap_err().kind(),
        Kind::Os(libc::EAFNOSUPPORT)
    );
}

#[test]
fn a_receive_that_waits_keeps_its_deadline_and_is_woken_by_close() {
    let (a, _) = udp("127.0.0.1:0");
    let start = Instant::now();
    let error = a
        .within(Duration::from_millis(100))
        .recv_from(&mut [0; 8])
        .unwrap_err();
    assert_eq!(error.kind(), Kind::TimedOut);
    assert!(start.elapsed() >= Duration::from_millis(100));
    std::thread::scope(|scope| {
        let receiver = scope.spawn(|| {
            a.within(Duration::from_secs(20))
                .recv_from(&mut [0; 8])
                .map(|_| ())
        });
        // Whether the close comes before or after the receive has begun, it ends with Closed.
        std::thread::yield_now();
        a.close().unwrap();
        assert_eq!(receiver.join().unwrap().unwrap_err().kind(), Kind::Closed);
    });
}

#[test]
fn a_shut_down_datagram_socket_reads_as_end_of_stream_and_does_not_spin() {
    let ((a, a_address), (b, _)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    b.connect(&a_address).unwrap();
    drop(a);
    b.shutdown(polysock::Shutdown::Read).unwrap();
    assert_eq!(b.recv(&mut [0; 8]).unwrap(), 0);
}

fn unix_datagram(name: &[u8]) -> Socket {
    let socket = Socket::new(Family::UNIX, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    socket.bind(&Address::unix(name).unwrap()).unwrap();
    socket
}

#[test]
fn unix_datagrams_carry_the_senders_name() {
    let own = |end: &str| {
        [
            b"\0polysock-test-",
            std::process::id().to_string().as_bytes(),
            end.as_bytes(),
        ]
        .concat()
    };
    let (a, b) = (unix_datagram(&own("a")), unix_datagram(&own("b")));
    a.send_to("hi", &b.local_address().unwrap()).unwrap();
    let mut buf = [0; 8];
    let got = b.recv_from(&mut buf).unwrap();
    assert_eq!(got.address, a.local_address().unwrap());
    assert!(got.address.to_string().starts_with("unix:@polysock-test-"));
    let (unnamed, peer) = Socket::pair(Family::UNIX, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    unnamed.send("x").unwrap();
    assert_eq!(
        peer.recv_from(&mut buf)
            .unwrap()
            .address
            .unix_name()
            .unwrap_or(b""),
        b""
    );
}

#[test]
fn a_send_to_a_full_unix_queue_waits_without_spinning_and_ends_in_time() {
    let own = |end: &str| {
        [
            b"\0polysock-full-",
            std::process::id().to_string().as_bytes(),
            end.as_bytes(),
        ]
        .concat()
    };
    let receiver = unix_datagram(&own("r"));
    let sender = Socket::new(Family::UNIX, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    let to = receiver.local_address().unwrap();
    let mut queued = 0;
    while sender.within(Duration::ZERO).send_to("x", &to).is_ok() {
        queued += 1;
        assert!(queued < 100_000, "the queue never filled");
    }
    let (start, cpu) = (Instant::now(), thread_cpu());
    let error = sender
        .within(Duration::from_millis(300))
        .send_to("x", &to)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::TimedOut);
    assert!(start.elapsed() >= Duration::from_millis(300));
    let burned = thread_cpu() - cpu;
    assert!(
        burned < Duration::from_millis(50),
        "{burned:?} of processor time while waiting"
    );
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| sender.within(Duration::from_secs(10)).send_to("y", &to));
        receiver.recv(&mut [0; 8]).unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), 1, "room was made");
    });
}

fn thread_cpu() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is ours to write.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(code, 0);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
