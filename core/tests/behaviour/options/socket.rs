//! Options of the socket level, each tested by its effect.

use super::support::*;
use crate::support::alone::alone;
use polysock::{Family, Flags, Keepalive, Kind, Protocol, Socket, SocketType, Timeout};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

fn bind_to(address: IpAddr, port: u16, prepare: impl FnOnce(&Socket)) -> (Socket, Option<Kind>) {
    let socket = tcp();
    prepare(&socket);
    let result = socket.bind(&(address, port).into());
    (socket, kind(result))
}

#[test]
fn reuse_address_takes_a_port_in_time_wait() {
    let listener = listener(|socket| socket.set_reuse_address(true).unwrap());
    let port = port(&listener);
    let client = tcp();
    assert!(!client.reuse_address().unwrap());
    connect(&client, &listener).unwrap();
    let (accepted, _) = listener.within(SOON).accept().unwrap();
    accepted.close().unwrap(); // the end that closes first has TIME_WAIT
    assert_eq!(receive(&client), b"");
    client.close().unwrap();
    listener.close().unwrap();

    let (_, refused) = bind_to(LOCALHOST, port, |_| ());
    assert_eq!(refused, Some(Kind::Os(libc::EADDRINUSE)));
    let (bound, refused) = bind_to(LOCALHOST, port, |socket| socket.set_reuse_address(true).unwrap());
    assert_eq!(refused, None);
    assert!(bound.reuse_address().unwrap());
}

#[test]
fn reuse_port_lets_two_listen() {
    let share = |socket: &Socket| socket.set_reuse_port(true).unwrap();
    let first = listener(share);
    assert!(first.reuse_port().unwrap());
    let (_, refused) = bind_to(LOCALHOST, port(&first), |_| ());
    assert_eq!(refused, Some(Kind::Os(libc::EADDRINUSE)));
    let (second, refused) = bind_to(LOCALHOST, port(&first), share);
    assert_eq!(refused, None);
    second.listen(1).unwrap();
}

#[test]
fn linger_of_zero_resets_and_none_ends_the_stream() {
    let (client, peer) = pair();
    assert_eq!(client.linger().unwrap(), None);
    client.set_linger(Some(Duration::ZERO)).unwrap();
    assert_eq!(client.linger().unwrap(), Some(Duration::ZERO));
    client.close().unwrap();
    let reset = peer.within(SOON).recv(&mut [0; 1][..]);
    assert_eq!(kind(reset), Some(Kind::Os(libc::ECONNRESET)));

    let (client, peer) = pair();
    client.set_linger(Some(Duration::from_millis(1200))).unwrap();
    assert_eq!(client.linger().unwrap(), Some(Duration::from_secs(2)));
    client.set_linger(Some(Duration::from_nanos(1))).unwrap();
    assert_eq!(client.linger().unwrap(), Some(Duration::from_secs(1)));
    client.set_linger(Some(Duration::from_secs(65_535))).unwrap();
    client.set_linger(None).unwrap();
    assert_eq!(client.linger().unwrap(), None);
    client.close().unwrap();
    assert_eq!(receive(&peer), b"");
}

/// Alone: a child that another test is starting holds copies of all descriptors until it runs its program, and a close with
/// a copy elsewhere does not linger.
#[test]
fn linger_waits_in_close_for_a_peer_that_does_not_read() {
    alone(|| {
        let (client, _peer) = pair_with(|_| (), |socket| socket.set_recv_buffer(4096).unwrap());
        fill(&client);
        client.set_linger(Some(Duration::from_secs(1))).unwrap();
        let start = Instant::now();
        client.close().unwrap();
        assert!(start.elapsed() >= Duration::from_millis(990));
    });
}

#[test]
fn broadcast_is_refused_without_the_option() {
    let receiver = udp();
    receiver
        .bind(&(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0).into())
        .unwrap();
    let everyone = (IpAddr::V4(Ipv4Addr::new(127, 255, 255, 255)), port(&receiver)).into();
    let sender = udp();
    assert!(!sender.broadcast().unwrap());
    assert_eq!(kind(sender.connect(&everyone)), Some(Kind::Os(libc::EACCES)));
    sender.set_broadcast(true).unwrap();
    assert!(sender.broadcast().unwrap());
    sender.connect(&everyone).unwrap();
    sender.send(b"all").unwrap();
    assert_eq!(receive(&receiver), b"all");
}

#[test]
fn the_urgent_byte_stays_in_the_stream_when_inline() {
    for inline in [false, true] {
        let (client, peer) = pair();
        assert!(!peer.out_of_band_inline().unwrap());
        peer.set_out_of_band_inline(inline).unwrap();
        assert_eq!(peer.out_of_band_inline().unwrap(), inline);
        client.send_all(b"a").unwrap();
        client
            .on(polysock::NativeCaller)
            .send_with(b"!", Flags::OUT_OF_BAND)
            .unwrap();
        client.send_all(b"b").unwrap();
        client.shutdown(polysock::Shutdown::Write).unwrap();
        let mut stream = Vec::new();
        for _ in 0..8 {
            stream.extend(receive(&peer));
        }
        assert_eq!(stream, if inline { &b"a!b"[..] } else { b"ab" });
    }
}

#[test]
fn keepalive_probes_a_quiet_connection() {
    let (client, peer) = pair();
    assert_eq!(client.keepalive().unwrap(), None);
    client.set_keepalive(Some(Keepalive::default())).unwrap();
    let usual = client.keepalive().unwrap().unwrap();
    assert!(usual.idle.unwrap() >= Duration::from_secs(1) && usual.count.unwrap() > 0);

    let numbers = Keepalive {
        idle: Some(Duration::from_millis(300)), // becomes a second
        interval: Some(Duration::from_millis(1001)),
        count: Some(7),
    };
    client.set_keepalive(Some(numbers)).unwrap();
    let in_force = Keepalive {
        idle: Some(Duration::from_secs(1)),
        interval: Some(Duration::from_secs(2)),
        count: Some(7),
    };
    assert_eq!(client.keepalive().unwrap(), Some(in_force));

    let before = client.tcp_info().unwrap().segs_out;
    let start = Instant::now();
    while client.tcp_info().unwrap().segs_out == before {
        assert!(start.elapsed() < SOON, "no probe came");
        let nothing = peer.within(Duration::from_millis(20)).recv(&mut [0; 1][..]);
        assert_eq!(kind(nothing), Some(Kind::TimedOut));
    }
    client.set_keepalive(None).unwrap();
    assert_eq!(client.keepalive().unwrap(), None);
}

#[test]
fn numbers_of_keepalive_leave_a_socket_that_has_none_as_it_was() {
    let datagrams = udp();
    let numbers = Keepalive {
        count: Some(3),
        ..Keepalive::default()
    };
    assert_eq!(
        kind(datagrams.set_keepalive(Some(numbers))),
        Some(Kind::Unsupported)
    );
    assert_eq!(datagrams.keepalive().unwrap(), None);
}

#[test]
fn the_error_of_a_connect_in_the_background_is_taken_once() {
    let closed = listener(|_| ());
    let address = closed.local_address().unwrap();
    closed.close().unwrap();
    let client = udp();
    assert_eq!(client.take_error().unwrap(), None);
    client.connect(&address).unwrap();
    client.send(b"nobody is there").unwrap();
    let start = Instant::now();
    let error = loop {
        match client.take_error().unwrap() {
            None => assert!(start.elapsed() < SOON, "no error came"),
            Some(error) => break error,
        }
        std::thread::yield_now();
    };
    assert_eq!(error, Kind::Os(libc::ECONNREFUSED));
    assert_eq!(client.take_error().unwrap(), None);
}

#[test]
fn the_kernel_tells_family_type_protocol_and_whether_it_listens() {
    let stream = tcp_v6();
    assert_eq!(stream.kernel_family().unwrap(), Family::IPV6);
    assert_eq!(stream.kernel_type().unwrap(), SocketType::STREAM);
    assert_eq!(stream.protocol(), Protocol::DEFAULT);
    assert_eq!(stream.kernel_protocol().unwrap(), Protocol::TCP);
    let datagrams = udp();
    assert_eq!(datagrams.kernel_family().unwrap(), Family::IPV4);
    assert_eq!(datagrams.kernel_type().unwrap(), SocketType::DATAGRAM);
    assert_eq!(datagrams.kernel_protocol().unwrap(), Protocol::UDP);
    assert!(!tcp().accepting().unwrap());
    assert!(listener(|_| ()).accepting().unwrap());
}

#[test]
fn buffers_are_requested_and_told_as_in_force() {
    let socket = tcp();
    socket.set_send_buffer(20_000).unwrap();
    socket.set_recv_buffer(30_000).unwrap();
    assert_eq!(socket.send_buffer().unwrap(), 40_000);
    assert_eq!(socket.recv_buffer().unwrap(), 60_000);
    socket.set_send_buffer(1).unwrap();
    socket.set_recv_buffer(1).unwrap();
    assert!(socket.send_buffer().unwrap() > 2, "the kernel's least size");
    assert!(socket.recv_buffer().unwrap() > 2, "the kernel's least size");

    let sized = |send: usize, receive: usize| {
        let (client, _peer) = pair_with(
            |socket| socket.set_send_buffer(send).unwrap(),
            |socket| socket.set_recv_buffer(receive).unwrap(),
        );
        fill(&client)
    };
    let small = sized(4096, 4096);
    assert!(sized(100_000, 4096) > 2 * small, "the send buffer holds more");
    assert!(sized(4096, 100_000) > 2 * small, "the receive buffer holds more");
}

#[test]
fn a_receive_waits_for_the_low_water_mark() {
    let (client, peer) = pair();
    assert_eq!(peer.recv_low_water().unwrap(), 1);
    peer.set_recv_low_water(10).unwrap();
    assert_eq!(peer.recv_low_water().unwrap(), 10);
    client.send_all(b"12345").unwrap();
    let mut room = [0; 64];
    let start = Instant::now();
    let count = peer.on(Waits).within(A_MOMENT).peek(&mut room[..]).unwrap();
    assert!(start.elapsed() >= A_MOMENT, "waits in vain, …");
    assert_eq!(&room[..count], b"12345", "… and takes what is there");
    client.send_all(b"67890").unwrap();
    let start = Instant::now();
    let count = peer.on(Waits).within(SOON).recv(&mut room[..]).unwrap();
    assert_eq!(&room[..count], b"1234567890");
    assert!(start.elapsed() < SOON);

    // What is there already is not waited for.
    client.send_all(b"123").unwrap();
    peer.set_recv_low_water(1).unwrap();
    peer.on(Waits).within(SOON).peek(&mut room[..]).unwrap();
    peer.set_recv_low_water(10).unwrap();
    let count = peer.within(Timeout::NonBlocking).recv(&mut room[..]).unwrap();
    assert_eq!(count, 3);
}

#[test]
fn a_listener_on_a_device_is_found_only_through_it() {
    let on_lo = listener(|socket| socket.set_device(Some("lo")).unwrap());
    assert_eq!(on_lo.device().unwrap().as_deref(), Some("lo"));
    connect(&tcp(), &on_lo).unwrap();

    let socket = tcp();
    assert_eq!(socket.device().unwrap(), None);
    assert_eq!(
        kind(socket.set_device(Some("no such one"))),
        Some(Kind::Os(libc::ENODEV))
    );
    assert_eq!(socket.device().unwrap(), None);

    let interfaces = std::fs::read_dir("/sys/class/net").unwrap();
    let names = interfaces.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let Some(other) = names.into_iter().find(|name| name != "lo") else {
        return skip(
            "a_listener_on_a_device_is_found_only_through_it",
            "an interface beside lo",
        );
    };
    let elsewhere = listener(|socket| socket.set_device(Some(&other)).unwrap());
    let refused = connect(&tcp(), &elsewhere);
    assert_eq!(kind(refused), Some(Kind::Os(libc::ECONNREFUSED)));
    match elsewhere.set_device(None) {
        Ok(()) => connect(&tcp(), &elsewhere).unwrap(),
        Err(error) => assert_eq!(error.kind(), Kind::Os(libc::EPERM)),
    }
}

#[test]
fn a_mark_is_set_by_those_who_may() {
    let socket = udp();
    assert_eq!(socket.mark().unwrap(), 0);
    for mark in [7, u32::MAX] {
        match socket.set_mark(mark) {
            Ok(()) => assert_eq!(socket.mark().unwrap(), mark),
            Err(error) => {
                assert_eq!(error.kind(), Kind::Os(libc::EPERM));
                skip("a_mark_is_set_by_those_who_may", "CAP_NET_ADMIN");
            }
        }
    }
}

#[test]
fn a_priority_is_set() {
    let socket = udp();
    assert_eq!(socket.priority().unwrap(), 0);
    socket.set_priority(6).unwrap();
    assert_eq!(socket.priority().unwrap(), 6);
}

#[test]
fn the_incoming_cpu_is_asked_for_and_told() {
    let socket = tcp();
    assert_eq!(socket.incoming_cpu().unwrap(), None);
    socket.set_incoming_cpu(1).unwrap();
    assert_eq!(socket.incoming_cpu().unwrap(), Some(1));
    let (client, peer) = pair();
    client.send_all(b"x").unwrap();
    assert_eq!(receive(&peer), b"x");
    assert!(peer.incoming_cpu().unwrap().is_some());
}

#[test]
fn timestamps_come_with_the_datagram() {
    let (receiver, tested) = shared_udp("127.0.0.1:0");
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = receiver.local_addr().unwrap();
    for on in [false, true] {
        assert!(!tested.timestamps().unwrap());
        tested.set_timestamps(on).unwrap();
        assert_eq!(tested.timestamps().unwrap(), on);
        sender.send_to(b"now", address).unwrap();
        #[cfg(target_os = "linux")]
        let (kind, size) = (libc::SCM_TIMESTAMPNS, size_of::<libc::timespec>());
        #[cfg(not(target_os = "linux"))]
        let (kind, size) = (libc::SCM_TIMESTAMP, size_of::<libc::timeval>());
        let stamp = ancillary(&receiver, libc::SOL_SOCKET, kind);
        assert_eq!(stamp.map(|bytes| bytes.len()), on.then_some(size));
    }
}

#[test]
fn accepted_sockets_start_with_what_the_listener_had() {
    let numbers = Keepalive {
        idle: Some(Duration::from_secs(11)),
        interval: Some(Duration::from_secs(12)),
        count: Some(13),
    };
    let (_client, accepted) = pair_with(
        |_| (),
        |socket| {
            socket.set_keepalive(Some(numbers)).unwrap();
            socket.set_linger(Some(Duration::from_secs(5))).unwrap();
            socket.set_nodelay(true).unwrap();
            socket.set_send_buffer(20_000).unwrap();
            socket.set_out_of_band_inline(true).unwrap();
            socket.set_user_timeout(Some(Duration::from_secs(30))).unwrap();
            socket.set_congestion("reno").unwrap();
            socket.set_ttl(33).unwrap();
        },
    );
    assert_eq!(accepted.keepalive().unwrap(), Some(numbers));
    assert_eq!(accepted.linger().unwrap(), Some(Duration::from_secs(5)));
    assert!(accepted.nodelay().unwrap());
    assert_eq!(accepted.send_buffer().unwrap(), 40_000);
    assert!(accepted.out_of_band_inline().unwrap());
    assert_eq!(accepted.user_timeout().unwrap(), Some(Duration::from_secs(30)));
    assert_eq!(accepted.congestion().unwrap(), "reno");
    assert_eq!(accepted.ttl().unwrap(), 33);
}
