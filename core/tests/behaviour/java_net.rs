//! Java-style sockets: history, an end of stream that stays, turns, and UDP.

use crate::support::skipped::can_find_localhost;
use crate::support::{connection, fill, limited, ms, small_connection, start_blocked, LATE};
use polysock::java_net::{self, DatagramSocket, Refusal, ServerSocket, Socket, To};
use polysock::{Kind, NativeCaller, Operation, Timeout};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn kind<T: std::fmt::Debug>(result: java_net::Result<T>) -> Kind {
    match result {
        Err(Refusal::Failed(error)) => error.kind(),
        other => panic!("not a failed call: {other:?}"),
    }
}

fn refused<T: std::fmt::Debug>(result: java_net::Result<T>) -> Refusal {
    result.unwrap_err()
}

fn to(address: SocketAddr) -> To {
    To {
        host: None,
        address: Some(address),
    }
}

/// A listener on every interface, and where to connect over IPv4.
fn listener() -> (ServerSocket, SocketAddr) {
    let listener = ServerSocket::new();
    listener.bind(None, 0).unwrap();
    let port = listener.address().unwrap().port();
    (listener, (HERE, port).into())
}

fn pair() -> (Socket, Socket) {
    let (listener, address) = listener();
    let client = Socket::new();
    client
        .connect(to(address), LATE.into(), &mut NativeCaller)
        .unwrap();
    (client, listener.accept(&mut NativeCaller).unwrap())
}

#[test]
fn a_fresh_socket_has_nothing() {
    let socket = Socket::new();
    assert!(!socket.is_bound() && !socket.is_connected() && !socket.is_closed());
    assert_eq!((socket.local_port(), socket.peer()), (None, None));
    assert_eq!(socket.local_address(), IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    assert_eq!(refused(socket.check_input()), Refusal::NotConnected);
    assert_eq!(refused(socket.shutdown_output()), Refusal::NotConnected);
    assert_eq!(
        refused(socket.send_urgent(1, &mut NativeCaller)),
        Refusal::NotConnected
    );
    assert_eq!(
        kind(socket.read(&mut NativeCaller, &mut [0; 1])),
        Kind::Os(libc::ENOTCONN)
    );
    socket.close(&mut NativeCaller).unwrap();
    assert_eq!(refused(socket.open().map(drop)), Refusal::Closed);
    assert!(socket.is_closed() && !socket.is_bound());
}

#[test]
fn a_socket_stays_what_it_was() {
    let (client, server) = pair();
    let (port, peer) = (client.local_port(), client.peer().cloned());
    assert_eq!(server.peer().unwrap().address.unwrap().port(), port.unwrap());
    assert_eq!(client.local_address(), HERE);
    let again = client.connect(to((HERE, 1).into()), Timeout::Never, &mut NativeCaller);
    assert_eq!(refused(again), Refusal::AlreadyConnected);
    assert_eq!(refused(client.bind(None)), Refusal::AlreadyBound);
    client.shutdown_input().unwrap();
    client.close(&mut NativeCaller).unwrap();
    client.close(&mut NativeCaller).unwrap();
    assert!(client.is_bound() && client.is_connected() && client.is_closed());
    assert!(client.is_input_shut() && !client.is_output_shut());
    assert_eq!((client.local_port(), client.peer().cloned()), (port, peer));
    assert_eq!(client.local_address(), IpAddr::V4(Ipv4Addr::UNSPECIFIED));
}

/// shutdown(2) succeeds, and for one half would end listening.
#[test]
fn a_listener_has_no_halves() {
    limited(|| {
        let (listener, address) = crate::support::listener(1);
        for _ in 0..2 {
            let refused = [java_net::end_input(&listener), java_net::end_output(&listener)];
            for refused in refused.map(Result::unwrap_err) {
                assert_eq!(
                    (refused.kind(), refused.operation()),
                    (Kind::Os(libc::ENOTCONN), Operation::Shutdown)
                );
            }
        }
        let client = polysock::Socket::tcp(address.family()).unwrap();
        client.within(LATE).connect(&address).unwrap();
        listener.within(LATE).accept().unwrap();
        listener.close().unwrap();
        assert_eq!(java_net::end_input(&listener).unwrap_err().kind(), Kind::Closed);
    });
}

#[test]
fn a_failed_connect_closes() {
    let (listener, address) = listener();
    listener.close(&mut NativeCaller).unwrap();
    let socket = Socket::new();
    let connected = socket.connect(to(address), LATE.into(), &mut NativeCaller);
    assert_eq!(kind(connected), Kind::Os(libc::ECONNREFUSED));
    assert!(socket.is_closed());
    let nowhere = To {
        host: Some("nowhere".to_owned()),
        address: None,
    };
    let socket = Socket::new();
    let connected = socket.connect(nowhere, Timeout::Never, &mut NativeCaller);
    assert!(matches!(kind(connected), Kind::Resolve(_)));
    assert!(socket.is_closed());
}

#[test]
fn both_versions_of_ip_come_to_one_listener_and_are_shown_as_they_are() {
    let (listener, address) = listener();
    assert_eq!(
        listener.address().unwrap().ip(),
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    );
    let versions = [
        (HERE, HERE),
        (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()),
        (Ipv4Addr::UNSPECIFIED.into(), HERE),
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::LOCALHOST.into()),
    ];
    for (there, shown) in versions {
        let client = Socket::new();
        let address = to((there, address.port()).into());
        client.connect(address, LATE.into(), &mut NativeCaller).unwrap();
        let server = listener.accept(&mut NativeCaller).unwrap();
        assert_eq!(server.peer().unwrap().address.unwrap().ip(), shown);
        assert_eq!((client.local_address(), server.local_address()), (shown, shown));
    }
}

#[test]
fn the_listener_of_java() {
    let listener = ServerSocket::new();
    assert_eq!(
        refused(listener.accept(&mut NativeCaller).map(drop)),
        Refusal::NotBound
    );
    listener.bind(Some((HERE, 0).into()), -1).unwrap();
    assert_eq!(refused(listener.bind(None, 0)), Refusal::AlreadyBound);
    let socket = listener.open().unwrap();
    assert!(socket.reuse_address().unwrap());
    // For a listener the kernel reports its backlog there.
    assert_eq!(socket.tcp_info().unwrap().sacked, 50);
    let address = listener.address().unwrap();
    let busy = ServerSocket::new();
    assert_eq!(kind(busy.bind(Some(address), 0)), Kind::Os(libc::EADDRINUSE));
    assert!(!busy.is_bound());
    listener.close(&mut NativeCaller).unwrap();
    assert!(listener.is_bound() && listener.is_closed());
    assert_eq!(listener.address(), Some(address));
    assert_eq!(
        refused(listener.accept(&mut NativeCaller).map(drop)),
        Refusal::Closed
    );
}

#[test]
fn a_name_is_connected_to_over_ipv4_first() {
    if !can_find_localhost("a_name_is_connected_to_over_ipv4_first") {
        return;
    }
    let (listener, address) = listener();
    let client = Socket::connected("localhost", address.port(), None, &mut NativeCaller).unwrap();
    let _server = listener.accept(&mut NativeCaller).unwrap();
    let peer = client.peer().unwrap();
    assert_eq!(peer.host.as_deref(), Some("localhost"));
    assert_eq!(peer.address, Some(address));
    let from = Some((HERE, 0).into());
    let client = Socket::connected("127.0.0.1", address.port(), from, &mut NativeCaller).unwrap();
    assert_eq!(client.peer().unwrap().host, None);
    assert_eq!(client.local_address(), HERE);
}

#[test]
fn names_are_told_from_numbers() {
    for name in ["localhost", "a.b", "1a"] {
        assert!(java_net::names_a_host(name), "{name}");
    }
    for number in ["127.0.0.1", "127.1", "::1", "[::1]", "fe80::1%eth0", ""] {
        assert!(!java_net::names_a_host(number), "{number}");
    }
}

#[test]
fn the_end_stays_the_end() {
    let (client, server) = connection();
    let mut host = NativeCaller;
    server.send_all(b"x").unwrap();
    java_net::close(&server, &mut host).unwrap();
    let mut buf = [0; 4];
    assert_eq!(java_net::read(&client, &mut host, &mut buf), Ok(1));
    assert_eq!(java_net::read(&client, &mut host, &mut []), Ok(0));
    assert_eq!(java_net::read(&client, &mut host, &mut buf), Ok(0));
    client.close().unwrap();
    assert_eq!(java_net::read(&client, &mut host, &mut buf), Ok(0));
    // Its own end is unknown to the other: it never read.
    let error = java_net::read(&server, &mut host, &mut buf).unwrap_err();
    assert_eq!(error.kind(), Kind::Closed);
}

#[test]
fn a_reset_is_told_every_time() {
    let (client, server) = connection();
    server.abort().unwrap();
    for _ in 0..3 {
        let error = java_net::read(&client, &mut NativeCaller, &mut [0; 4]).unwrap_err();
        assert_eq!(error.kind(), Kind::Os(libc::ECONNRESET));
    }
    // A half that is over can't be ended again, but on a socket that was connected that is not a failure.
    let (client, server) = pair();
    server.open().unwrap().abort().unwrap();
    assert_eq!(
        kind(client.read(&mut NativeCaller, &mut [0; 4])),
        Kind::Os(libc::ECONNRESET)
    );
    client.shutdown_output().unwrap();
    assert_eq!(refused(client.shutdown_output()), Refusal::OutputShut);
}

#[test]
fn what_came_before_the_input_was_shut_is_dropped() {
    let (client, server) = pair();
    server.write(&mut NativeCaller, b"dropped").unwrap();
    while client.available().unwrap() < 7 {
        std::thread::yield_now();
    }
    client.shutdown_input().unwrap();
    assert_eq!(refused(client.shutdown_input()), Refusal::InputShut);
    assert_eq!(refused(client.check_input()), Refusal::InputShut);
    assert_eq!(client.available().unwrap(), 0);
    assert_eq!(client.read(&mut NativeCaller, &mut [0; 4]).unwrap(), 0);
    server.write(&mut NativeCaller, b"not reported").unwrap();
}

#[test]
fn readers_take_turns_within_their_time() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let first = start_blocked({
            let client = Arc::clone(&client);
            move || java_net::read(&client, &mut NativeCaller, &mut [0; 1])
        });
        client.set_recv_timeout(ms(50));
        let began = Instant::now();
        let error = java_net::read(&client, &mut NativeCaller, &mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), Kind::TimedOut);
        assert!(began.elapsed() >= ms(50));
        server.send_all(b"x").unwrap();
        assert_eq!(first.result(), Ok(1));
    });
}

#[test]
fn waiting_for_the_turn_and_reading_have_one_time_limit() {
    limited(|| {
        let (client, _server) = connection();
        let client = Arc::new(client);
        client.set_recv_timeout(ms(700));
        let first = start_blocked({
            let client = Arc::clone(&client);
            move || java_net::read(&client, &mut NativeCaller, &mut [0; 1])
        });
        client.set_recv_timeout(ms(1000));
        let began = Instant::now();
        // Its turn comes when the first gives up.
        let error = java_net::read(&client, &mut NativeCaller, &mut [0; 1]).unwrap_err();
        let took = began.elapsed();
        assert_eq!(error.kind(), Kind::TimedOut);
        assert!(took >= ms(1000) && took < ms(1650), "{took:?}");
        assert_eq!(first.result().unwrap_err().kind(), Kind::TimedOut);
    });
}

#[test]
fn the_turn_to_read_is_handed_on() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let client = Arc::clone(&client);
                start_blocked(move || java_net::read(&client, &mut NativeCaller, &mut [0; 1]))
            })
            .collect();
        server.send_all(b"xyz").unwrap();
        for reader in readers {
            assert_eq!(reader.result(), Ok(1));
        }
    });
}

#[test]
fn close_wakes_all_readers() {
    limited(|| {
        let (client, _server) = pair();
        let client = Arc::new(client);
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let client = Arc::clone(&client);
                start_blocked(move || client.read(&mut NativeCaller, &mut [0; 1]))
            })
            .collect();
        client.close(&mut NativeCaller).unwrap();
        for reader in readers {
            assert_eq!(kind(reader.result()), Kind::Closed);
        }
    });
}

#[test]
fn it_is_the_closer_who_lingers() {
    limited(|| {
        let (client, _server) = small_connection();
        fill(&client);
        client.set_linger(Some(ms(1000))).unwrap();
        let client = Arc::new(client);
        let reader = start_blocked({
            let client = Arc::clone(&client);
            move || {
                (
                    java_net::read(&client, &mut NativeCaller, &mut [0; 1]),
                    Instant::now(),
                )
            }
        });
        let began = Instant::now();
        java_net::close(&client, &mut NativeCaller).unwrap();
        let closed = Instant::now();
        let (result, woken) = reader.result();
        assert_eq!(result.unwrap_err().kind(), Kind::Closed);
        assert!(closed - began >= ms(990), "{:?}", closed - began);
        // If it were the reader, its time would begin when close had left it the descriptor.
        assert!(woken < closed);
    });
}

#[test]
fn reading_and_writing_do_not_wait_for_each_other() {
    limited(|| {
        let (client, server) = pair();
        let client = Arc::new(client);
        let reader = start_blocked({
            let client = Arc::clone(&client);
            move || client.read(&mut NativeCaller, &mut [0; 1])
        });
        client.write(&mut NativeCaller, b"question").unwrap();
        let mut buf = [0; 8];
        assert_eq!(server.read(&mut NativeCaller, &mut buf).unwrap(), 8);
        server.write(&mut NativeCaller, b"!").unwrap();
        assert_eq!(reader.result(), Ok(1));
    });
}

#[test]
fn options_as_java_has_them() {
    let (client, _server) = pair();
    let socket = client.open().unwrap();
    java_net::set_linger(socket, Some(ms(100_000_000))).unwrap();
    assert_eq!(socket.linger().unwrap(), Some(java_net::LONGEST_LINGER));
    java_net::set_linger(socket, None).unwrap();
    java_net::set_recv_buffer(socket, 50_000).unwrap();
    assert_eq!(java_net::recv_buffer(socket).unwrap(), 50_000);
    java_net::set_send_buffer(socket, usize::MAX).unwrap();
    assert_eq!(
        java_net::set_send_buffer(socket, 0).unwrap_err().kind(),
        Kind::InvalidInput("send buffer")
    );
    java_net::set_traffic_class(socket, 0x2b).unwrap();
    assert_eq!(java_net::traffic_class(socket).unwrap(), 0x28);
    assert_eq!(
        (socket.tos().unwrap(), socket.traffic_class().unwrap()),
        (0x28, 0x28)
    );
    assert_eq!(
        java_net::set_traffic_class(socket, 256).unwrap_err().kind(),
        Kind::InvalidInput("traffic class")
    );
    java_net::set_keepalive_number(socket, java_net::KeepaliveNumber::Idle, 77).unwrap();
    assert_eq!(
        java_net::keepalive_number(socket, java_net::KeepaliveNumber::Idle),
        Ok(77)
    );
    assert_eq!(socket.keepalive().unwrap(), None);
    assert_eq!(java_net::time_limit(ms(0)), Timeout::Never);
    assert_eq!(java_net::time_limit(ms(5)), Timeout::After(ms(5)));
}

fn bound_datagrams() -> (DatagramSocket, SocketAddr) {
    let socket = DatagramSocket::new(false);
    socket.bind(Some((HERE, 0).into())).unwrap();
    let port = socket.local_port().unwrap();
    (socket, (HERE, port).into())
}

#[test]
fn datagrams_between_versions_of_ip_and_their_senders() {
    let (receiver, address) = bound_datagrams();
    let sender = DatagramSocket::new(false);
    assert_eq!(
        refused(sender.send(b"x", None, &mut NativeCaller)),
        Refusal::NoPeer
    );
    let port_zero = Some((HERE, 0).into());
    assert_eq!(
        refused(sender.send(b"x", port_zero, &mut NativeCaller)),
        Refusal::PortZero
    );
    assert_eq!(sender.local_port(), Some(0));
    let unconnected = DatagramSocket::new(false);
    let port_zero = refused(unconnected.connect((HERE, 0).into(), &mut NativeCaller));
    assert_eq!(port_zero, Refusal::ConnectToPortZero);
    sender.send(b"hello", Some(address), &mut NativeCaller).unwrap();
    assert!(sender.is_bound());
    let mut buf = [0; 4];
    let (count, from) = receiver.receive(&mut buf, &mut NativeCaller).unwrap();
    assert_eq!((count, &buf), (4, b"hell"));
    assert_eq!(from.unwrap(), (HERE, sender.local_port().unwrap()).into());
    assert!(sender.open().unwrap().broadcast().unwrap());
}

#[test]
fn a_connected_datagram_socket_knows_one_peer_and_keeps_its_port() {
    let (receiver, address) = bound_datagrams();
    let (stranger, strange) = bound_datagrams();
    let sender = DatagramSocket::new(false);
    sender.bind(None).unwrap();
    let port = sender.local_port();
    let own = (HERE, port.unwrap()).into();
    stranger.send(b"early", Some(own), &mut NativeCaller).unwrap();
    sender.connect(address, &mut NativeCaller).unwrap();
    assert_eq!(sender.peer(), Some(address));
    sender.send(b"x", None, &mut NativeCaller).unwrap();
    assert_eq!(receiver.receive(&mut [0; 4], &mut NativeCaller).unwrap().0, 1);
    assert_eq!(
        refused(sender.send(b"x", Some(strange), &mut NativeCaller)),
        Refusal::OtherPeer
    );
    // The port stays, and so does the way back: what strangers sent before and since is dropped.
    stranger.send(b"late", Some(own), &mut NativeCaller).unwrap();
    receiver.send(b"expected", Some(own), &mut NativeCaller).unwrap();
    assert_eq!(
        sender.receive(&mut [0; 16], &mut NativeCaller).unwrap(),
        (8, Some(address))
    );
    sender.disconnect().unwrap();
    sender.disconnect().unwrap();
    assert_eq!((sender.peer(), sender.local_port()), (None, port));
    assert_eq!(
        sender.open().unwrap().local_address().unwrap().port(),
        port,
        "the kernel agrees"
    );
    stranger.send(b"again", Some(own), &mut NativeCaller).unwrap();
    assert_eq!(
        sender.receive(&mut [0; 16], &mut NativeCaller).unwrap(),
        (5, Some(strange))
    );
}

#[test]
fn a_datagram_socket_that_threads_connect_and_disconnect_keeps_its_port_and_its_peer() {
    limited(|| {
        let (_one, one) = bound_datagrams();
        let (_two, two) = bound_datagrams();
        let socket = DatagramSocket::new(false);
        socket.bind(None).unwrap();
        let made = socket.open().unwrap();
        // Both threads begin each step at the same time, which a Barrier does not ensure.
        let ready = AtomicUsize::new(0);
        let step = |number: usize| {
            ready.fetch_add(1, Ordering::SeqCst);
            while ready.load(Ordering::SeqCst) < 2 * number {
                thread::yield_now();
            }
        };
        let play = |peer: SocketAddr| {
            for round in 0..30_000 {
                step(4 * round + 1);
                socket.connect(peer, &mut NativeCaller).unwrap();
                step(4 * round + 2);
                let kernels = made.peer_address().unwrap().port();
                assert_eq!(kernels, socket.peer().map(|peer| peer.port()));
                step(4 * round + 3);
                socket.disconnect().unwrap();
                // While the other thread disconnects.
                let _ = socket.send(b"x", Some(peer), &mut NativeCaller);
                step(4 * round + 4);
                assert_eq!(made.local_address().unwrap().port(), socket.local_port());
            }
        };
        thread::scope(|threads| {
            threads.spawn(|| play(one));
            play(two);
        });
    });
}

#[test]
fn a_datagram_nobody_takes_is_told_of() {
    let (receiver, address) = bound_datagrams();
    receiver.close(&mut NativeCaller).unwrap();
    let sender = DatagramSocket::new(false);
    sender.connect(address, &mut NativeCaller).unwrap();
    sender.send(b"x", None, &mut NativeCaller).unwrap();
    sender.open().unwrap().set_recv_timeout(LATE);
    let received = sender.receive(&mut [0; 4], &mut NativeCaller);
    assert_eq!(kind(received), Kind::Os(libc::ECONNREFUSED));
}

#[test]
fn a_closed_datagram_socket() {
    limited(|| {
        let (socket, address) = bound_datagrams();
        let socket = Arc::new(socket);
        let waiting = start_blocked({
            let socket = Arc::clone(&socket);
            move || socket.receive(&mut [0; 4], &mut NativeCaller)
        });
        socket.close(&mut NativeCaller).unwrap();
        assert_eq!(kind(waiting.result()), Kind::Closed);
        assert_eq!((socket.local_port(), socket.local_address()), (None, None));
        assert!(socket.is_bound());
        assert_eq!(
            kind(socket.send(b"x", Some(address), &mut NativeCaller)),
            Kind::Closed
        );
        assert_eq!(refused(socket.bind(None)), Refusal::Closed);
        socket.disconnect().unwrap();
    });
}

#[test]
fn interfaces_have_addresses() {
    let interfaces = polysock::interface_list().unwrap();
    let up = |flags: u32| flags & libc::IFF_LOOPBACK.unsigned_abs() != 0;
    let loopback = interfaces.iter().find(|interface| up(interface.flags)).unwrap();
    let addresses: Vec<_> = loopback
        .addresses
        .iter()
        .filter_map(|address| address.ip())
        .collect();
    assert!(addresses.contains(&HERE), "{addresses:?}");
}

#[test]
fn who_answers_is_reachable() {
    assert!(java_net::is_reachable((HERE, 0).into(), LATE.into(), &mut NativeCaller).unwrap());
}
