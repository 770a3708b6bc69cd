//! close: it wakes every call of every thread. The test `soak` shows that no call uses a descriptor that was closed and
//! reused.

use crate::support::*;
use polysock::{Address, Error, Kind, Socket, Timeout};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The promise is 100 ms. A busy machine gets more, but less than the second after which close would stop waiting for a
/// call that did not wake.
const WOKEN: Duration = Duration::from_millis(900);

type Outcome = Result<usize, Error>;
type CallWithin = fn(&Socket, Timeout, &Address) -> Outcome;

/// Every call that waits, each blocked in its own thread, with and without a time limit.
#[test]
fn close_ends_every_blocked_call_at_once() {
    limited(|| {
        for limit in [Timeout::Never, LIMIT.into()] {
            let (full, full_address) = full_listener();
            let (listening, _) = listener(1);
            let (reader, peer_of_reader) = connection();
            let (writer, peer_of_writer) = small_connection();
            fill(&writer);
            let (exact, peer_of_exact) = connection();
            let (datagram, other_datagram) = unix_pair(libc::SOCK_DGRAM);
            let (sequence, other_sequence) = unix_pair(libc::SOCK_SEQPACKET);
            let connecting = Socket::tcp(full_address.family()).unwrap();
            let calls: Vec<(Socket, CallWithin)> = vec![
                (reader, |s, limit, _| s.within(limit).recv(&mut [0])),
                (exact, |s, limit, _| {
                    s.within(limit).recv_exact(&mut [0; 8]).map(|()| 0)
                }),
                (listening, |s, limit, _| s.within(limit).accept().map(|_| 0)),
                (writer, |s, limit, _| s.within(limit).send(b"x")),
                (connecting, |s, limit, address| {
                    s.within(limit).connect(address).map(|()| 0)
                }),
                (datagram, |s, limit, _| s.within(limit).recv(&mut [0])),
                (sequence, |s, limit, _| s.within(limit).peek(&mut [0])),
            ];
            for (socket, call) in calls {
                let socket = Arc::new(socket);
                // Several threads in the same call.
                let running: Vec<_> = (0..3)
                    .map(|_| {
                        let socket = Arc::clone(&socket);
                        start_blocked(move || (call(&socket, limit, &full_address), Instant::now()))
                    })
                    .collect();
                let began = Instant::now();
                socket.close().unwrap();
                let closed = began.elapsed();
                for running in running {
                    let (result, ended) = running.result();
                    assert_eq!(kind(result), Kind::Closed);
                    let took = ended.saturating_duration_since(began);
                    assert!(took < WOKEN, "woke after {took:?}");
                }
                assert!(closed < WOKEN, "closed after {closed:?}");
            }
            drop((
                full,
                peer_of_reader,
                peer_of_writer,
                peer_of_exact,
                other_datagram,
                other_sequence,
            ));
        }
    });
}

#[test]
fn bytes_that_moved_are_told_although_the_socket_was_closed() {
    limited(|| {
        let (client, _server) = small_connection();
        let client = Arc::new(client);
        let sender = Arc::clone(&client);
        let sending = start_blocked(move || sender.send(&pattern(1_000_000)));
        client.close().unwrap();
        let sent = sending.result().unwrap();
        assert!(sent > 0 && sent < 1_000_000);

        let (client, server) = connection();
        let client = Arc::new(client);
        server.send_all(b"abc").unwrap();
        let reader = Arc::clone(&client);
        let reading = start_blocked(move || reader.recv_exact(&mut [0; 8]));
        client.close().unwrap();
        let error = reading.result().unwrap_err();
        assert_eq!((error.kind(), error.done()), (Kind::Closed, 3));
    });
}

#[test]
fn fin_first_lets_the_peer_have_everything_and_abort_nothing() {
    let (client, server) = connection();
    server.send_all(b"unread").unwrap();
    until("it is there", || {
        client.within(LATE).peek(&mut [0; 6]).unwrap() == 6
    });
    client.send_all(b"last words").unwrap();
    client.close_fin_first().unwrap();
    let mut buf = [0; 16];
    assert_eq!(server.within(LATE).recv(&mut buf).unwrap(), 10);

    let (client, server) = connection();
    client.set_linger(Some(Duration::ZERO)).unwrap();
    client.close_fin_first().unwrap();
    assert_eq!(
        kind(server.within(LATE).recv(&mut buf)),
        Kind::Os(libc::ECONNRESET)
    );

    let (client, server) = connection();
    let reader = Arc::new(client);
    let aborter = Arc::clone(&reader);
    let reading = start_blocked(move || reader.recv(&mut [0]));
    aborter.abort().unwrap();
    assert_eq!(kind(reading.result()), Kind::Closed);
    assert_eq!(
        kind(server.within(LATE).recv(&mut buf)),
        Kind::Os(libc::ECONNRESET)
    );
}

#[test]
fn many_threads_may_close_at_once() {
    limited(|| {
        for _ in 0..50 {
            let (client, _server) = connection();
            let client = Arc::new(client);
            let reader = Arc::clone(&client);
            let reading = start_blocked(move || reader.recv(&mut [0]));
            let closers: Vec<_> = (0..3)
                .map(|_| {
                    let client = Arc::clone(&client);
                    start(move || client.close())
                })
                .collect();
            for closer in closers {
                closer.result().unwrap();
            }
            assert_eq!(kind(reading.result()), Kind::Closed);
        }
    });
}
