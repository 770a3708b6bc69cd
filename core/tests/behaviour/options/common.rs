//! Options: ranges, defaults, and that a value reads back as it was set.

use crate::support::*;
use polysock::{Family, Keepalive, Kind, Operation, Protocol, Socket, SocketType, TcpState};
use std::time::Duration;

fn tcp() -> Socket {
    Socket::tcp(Family::IPV4).unwrap()
}

#[test]
fn linger_is_off_or_whole_seconds_rounded_up() {
    let socket = tcp();
    assert_eq!(socket.linger().unwrap(), None);
    for (given, kept) in [
        (0, 0),
        (1, 1),
        (999, 1),
        (1000, 1),
        (1001, 2),
        (65_535_000, 65_535),
    ] {
        socket.set_linger(Some(ms(given))).unwrap();
        assert_eq!(socket.linger().unwrap(), Some(Duration::from_secs(kept)));
    }
    socket.set_linger(None).unwrap();
    assert_eq!(socket.linger().unwrap(), None);
    let error = socket
        .set_linger(Some(Duration::from_millis(65_535_001)))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidInput("linger"));
    assert_eq!(
        error.to_string(),
        "setsockopt: linger must be 0 to 65535 s, not 65536"
    );
    assert_eq!(socket.linger().unwrap(), None);
}

#[test]
fn keepalive_names_the_number_that_is_out_of_range_and_changes_nothing() {
    let socket = tcp();
    let second = Duration::from_secs(1);
    let wrong = [
        (Some(Duration::ZERO), None, None, "keepalive idle"),
        (Some(32_768 * second), None, None, "keepalive idle"),
        (None, Some(Duration::ZERO), None, "keepalive interval"),
        (None, Some(32_768 * second), None, "keepalive interval"),
        (None, None, Some(0), "keepalive count"),
        (None, None, Some(128), "keepalive count"),
    ];
    for (idle, interval, count, name) in wrong {
        let numbers = Keepalive {
            idle,
            interval,
            count,
        };
        assert_eq!(
            kind(socket.set_keepalive(Some(numbers))),
            Kind::InvalidInput(name)
        );
        assert_eq!(socket.keepalive().unwrap(), None);
    }
    for (seconds, count) in [(1, 1), (32_767, 127)] {
        let numbers = Keepalive {
            idle: Some(seconds * second),
            interval: Some(seconds * second),
            count: Some(count),
        };
        socket.set_keepalive(Some(numbers)).unwrap();
        assert_eq!(socket.keepalive().unwrap(), Some(numbers));
    }
    socket.set_keepalive(None).unwrap();
    assert_eq!(socket.keepalive().unwrap(), None);
    // Numbers that were set stay for the next time.
    socket.set_keepalive(Some(Keepalive::default())).unwrap();
    assert_eq!(socket.keepalive().unwrap().unwrap().count, Some(127));
}

#[test]
fn keepalive_and_nodelay_of_what_is_not_tcp() {
    let udp = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    assert_eq!(kind(udp.set_nodelay(true)), Kind::Unsupported);
    let error = udp.state().unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (Kind::Unsupported, Operation::State)
    );
    let (unix, _other) = unix_pair(libc::SOCK_STREAM);
    assert_eq!(kind(unix.state()), Kind::Unsupported);
}

#[test]
fn switches_are_off_at_first_and_keep_what_they_are_told() {
    let socket = tcp();
    assert!(!socket.nodelay().unwrap() && !socket.reuse_address().unwrap());
    for on in [true, false] {
        socket.set_nodelay(on).unwrap();
        socket.set_reuse_address(on).unwrap();
        assert_eq!(
            (socket.nodelay().unwrap(), socket.reuse_address().unwrap()),
            (on, on)
        );
    }
}

#[test]
fn options_by_number() {
    let socket = tcp();
    set_int(&socket, libc::SO_RCVBUF, 10_000);
    assert_eq!(
        socket.int_option(libc::SOL_SOCKET, libc::SO_RCVBUF).unwrap(),
        20_000
    );
    let mut linger = [0xff; 16];
    let length = socket
        .option(libc::SOL_SOCKET, libc::SO_LINGER, &mut linger)
        .unwrap();
    assert_eq!(
        (length, &linger[..8], &linger[8..]),
        (8, &[0; 8][..], &[0xff; 8][..])
    );
    assert_eq!(
        kind(socket.int_option(libc::SOL_SOCKET, 9999)),
        Kind::Os(libc::ENOPROTOOPT)
    );
    let short = socket.set_option(libc::SOL_SOCKET, libc::SO_RCVBUF, &[1]);
    assert_eq!(kind(short), Kind::Os(libc::EINVAL));
    let null = socket.set_option_null(libc::SOL_SOCKET, libc::SO_RCVBUF, 4);
    assert_eq!(kind(null), Kind::Os(libc::EFAULT));
}

#[test]
fn the_state_of_a_connection() {
    let (listener, _) = listener(1);
    assert_eq!(listener.state().unwrap(), TcpState::LISTEN);
    assert_eq!(tcp().state().unwrap(), TcpState::CLOSED);
    let (client, server) = connection();
    assert_eq!(client.state().unwrap().to_string(), "ESTABLISHED");
    client.close().unwrap();
    until("the end has come", || {
        server.state().unwrap() == TcpState::CLOSE_WAIT
    });
    assert_eq!(TcpState(99).name(), "UNKNOWN");
}

#[test]
fn the_error_of_a_connect_in_the_background_is_taken_once() {
    let (listener, address) = listener(1);
    drop(listener);
    let client = tcp();
    let now = client
        .within(Duration::ZERO)
        .connect(&address)
        .unwrap_err()
        .kind();
    if now == Kind::InProgress {
        let mut taken = None;
        until("it was refused", || {
            taken = client.take_error().unwrap();
            taken.is_some()
        });
        assert_eq!(taken, Some(Kind::Os(libc::ECONNREFUSED)));
    } else {
        assert_eq!(now, Kind::Os(libc::ECONNREFUSED));
    }
    assert_eq!(client.take_error().unwrap(), None);
}
