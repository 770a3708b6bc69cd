//! Former bugs, each with the test that showed it.

#[cfg(target_os = "linux")]
use crate::support::skipped::skip;
use crate::support::*;
use polysock::{CallHints, Caller, Family, Flags, Kind, Protocol, Socket, SocketType, Start, Stop, Timeout};
use std::sync::Arc;
use std::time::Duration;

/// A caller that always tries at once.
struct Direct;

impl Caller for Direct {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Direct
    }
}

/// SO_ERROR was used to ask how a connect ended, which Linux does not note as its end.
#[test]
fn connects_again_after_a_refusal_and_never_twice() {
    let (server, address) = listener(1);
    server.close().unwrap();
    let client = Socket::tcp(address.family()).unwrap();
    for _ in 0..3 {
        assert_eq!(kind(client.connect(&address)), Kind::Os(libc::ECONNREFUSED));
    }
    let server = Socket::tcp(address.family()).unwrap();
    server.set_reuse_address(true).unwrap();
    server.bind(&address).unwrap();
    server.listen(1).unwrap();
    client.connect(&address).unwrap();
    assert_eq!(kind(client.connect(&address)), Kind::Os(libc::EISCONN));
    assert_eq!(
        kind(client.within(LATE).connect(&address)),
        Kind::Os(libc::EISCONN)
    );
}

/// The kernel would take a negative backlog for the largest possible.
#[test]
fn a_negative_backlog_is_refused() {
    let server = Socket::tcp(loopback().family()).unwrap();
    server.bind(&loopback()).unwrap();
    assert_eq!(kind(server.listen(-5)), Kind::InvalidInput("backlog"));
}

/// Rounding up to seconds overflowed, and in a release build linger became 0: a reset instead of a wait.
#[test]
fn the_longest_linger_is_refused_not_wrapped() {
    let socket = Socket::tcp(loopback().family()).unwrap();
    let refused = kind(socket.set_linger(Some(Duration::MAX)));
    assert_eq!(refused, Kind::InvalidInput("linger"));
    assert_eq!(socket.linger().unwrap(), None);
}

/// A call that expected to wait gave up on a deadline that had just passed without having looked.
#[test]
fn data_that_are_there_are_received_however_short_the_time() {
    let (client, server) = connection();
    let (client, mut buf) = (Arc::new(client), [0]);
    // One that waits makes the next expect to wait.
    let reader = Arc::clone(&client);
    let running = start_blocked(move || reader.within(LATE).recv(&mut [0]).unwrap());
    server.send_all(b"xz").unwrap();
    running.result();
    until("the second byte is there", || {
        client.on(Direct).within(Duration::ZERO).peek(&mut buf).is_ok()
    });
    assert_eq!(client.within(Duration::from_nanos(1)).recv(&mut buf).unwrap(), 1);
}

/// Bytes that had arrived were lost to a timeout instead of being returned.
#[test]
fn peek_with_wait_all_returns_what_came_in_time() {
    let (client, server) = connection();
    server.send_all(b"abc").unwrap();
    let mut buf = [0; 10];
    let (result, took) = timed(|| {
        client
            .within(ms(100))
            .recv_with(&mut buf, Flags::PEEK | Flags::WAIT_ALL)
    });
    assert_eq!(result.unwrap(), 3);
    assert!(took >= ms(100));
    let at_once = client
        .within(Duration::ZERO)
        .recv_with(&mut buf, Flags::PEEK | Flags::WAIT_ALL);
    assert_eq!(at_once.unwrap(), 3);
    assert_eq!(client.recv(&mut buf).unwrap(), 3);
}

/// A thread that lost a few races for a connection stopped trusting poll and retried at intervals ever after.
#[cfg(target_os = "linux")] // counts how often a thread sleeps
#[test]
fn who_loses_races_for_connections_still_sleeps() {
    limited(|| {
        let (listener, address) = listener(16);
        let listener = Arc::new(listener);
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let listener = Arc::clone(&listener);
                start_blocked(move || while listener.within(LIMIT).accept().is_ok() {})
            })
            .collect();
        for _ in 0..1000 {
            let client = Socket::tcp(address.family()).unwrap();
            client.within(LATE).connect(&address).unwrap();
            client.abort().unwrap();
        }
        workers.iter().for_each(Running::wait_blocked);
        let naps = || workers.iter().map(|w| w.observer.sleeps()).collect::<Vec<_>>();
        // Once they have settled no thread wakes without a reason.
        let (idle, _peer) = connection();
        until("they sleep", || {
            let before = naps();
            let _ = idle.within(ms(300)).recv(&mut [0]);
            naps() == before
        });
        listener.close().unwrap();
        workers.into_iter().for_each(Running::result);
    });
}

/// A socket that does not listen is never ready, and accept waited for it.
#[test]
fn accept_on_what_does_not_listen_says_so_at_once() {
    limited(|| {
        let udp = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        let (connected, _peer) = connection();
        let (paired, _other) = unix_pair(libc::SOCK_SEQPACKET);
        // A receive that had to wait makes the next one wait first.
        assert_eq!(kind(connected.within(ms(1)).recv(&mut [0])), Kind::TimedOut);
        for (socket, refusal) in [
            (udp, libc::EOPNOTSUPP),
            (connected, libc::EINVAL),
            (paired, libc::EINVAL),
        ] {
            for limit in [Timeout::Never, ms(200).into(), Timeout::NonBlocking] {
                assert_eq!(kind(socket.within(limit).accept()), Kind::Os(refusal));
            }
        }
    });
}

/// Every recvmsg asked for close-on-exec descriptors, a flag that packet sockets refuse (EINVAL).
#[cfg(target_os = "linux")] // packet sockets
#[test]
fn packets_come_as_messages() {
    const ALL: u16 = 3; // ETH_P_ALL
    let raw = match Socket::new(
        Family(libc::AF_PACKET),
        SocketType::RAW,
        Protocol(i32::from(ALL.to_be())),
    ) {
        Ok(raw) => raw,
        Err(error) => {
            assert_eq!(error.kind(), Kind::Os(libc::EPERM));
            return skip("packets_come_as_messages", "CAP_NET_RAW");
        }
    };
    let (client, server) = connection();
    client.send_all(b"x").unwrap();
    assert_eq!(server.recv(&mut [0]).unwrap(), 1);
    let mut buf = [0; 2000];
    let packet = raw
        .within(LATE)
        .recv_message(&[(&mut buf).into()], 100, Flags::NONE);
    assert!(packet.unwrap().count > 0);
}
