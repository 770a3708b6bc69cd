//! close: it wakes every call of every thread, and nobody ever uses a descriptor that became somebody else's.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use polysock_core::{Address, Error, Kind, Socket, Timeout};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use support::*;

/// The promise is 100 ms. A busy machine gets more, but less than the second after which close would give up
/// waiting for a call that did not wake.
const WOKEN: Duration = Duration::from_millis(900);

type Outcome = Result<usize, Error>;
type CallWithin = fn(&Socket, Timeout, &Address) -> Outcome;
type AnyCall = Box<dyn FnOnce(&Socket) -> Outcome + Send>;

/// Every call that waits, each blocked in a thread of its own, with and without a time limit.
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

/// 10,000 closes under blocked calls, beside threads that open and close descriptors all the time and notice
/// when anybody else touches them.
#[test]
fn ten_thousand_closes_touch_no_foreign_descriptor() {
    const WORKERS: usize = 4;
    const ROUNDS: usize = 2500;
    limited(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let guards: Vec<_> = (0..2_u8)
            .map(|number| {
                let stop = Arc::clone(&stop);
                start(move || guard_descriptors(number, &stop))
            })
            .collect();
        let (full, full_address) = full_listener();
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                start(move || (0..ROUNDS).for_each(|round| close_round(worker + round, &full_address)))
            })
            .collect();
        workers.into_iter().for_each(Running::result);
        stop.store(true, Ordering::Relaxed);
        let checked: u64 = guards.into_iter().map(Running::result).sum();
        println!(
            "{} rounds, {checked} foreign descriptors checked",
            WORKERS * ROUNDS
        );
        drop(full);
    });
}

/// One blocked call of some kind, closed at some moment from before it starts until it is blocked.
fn close_round(number: usize, full_address: &Address) {
    let (a, b) = unix_pair(libc::SOCK_STREAM);
    let limit = if number % 3 == 0 {
        LIMIT.into()
    } else {
        Timeout::Never
    };
    let address = *full_address;
    let (socket, call): (Socket, AnyCall) = match number % 6 {
        0 => (a, Box::new(move |s| s.within(limit).recv(&mut [0]))),
        1 => (
            a,
            Box::new(move |s| s.within(limit).recv_exact(&mut [0; 4]).map(|()| 0)),
        ),
        2 => {
            while a.within(Duration::ZERO).send(&[0; 65536]).is_ok() {}
            (
                a,
                Box::new(move |s| s.within(limit).send_all(&[0; 65536]).map(|()| 0)),
            )
        }
        3 => (
            listener(1).0,
            Box::new(move |s| s.within(limit).accept().map(|_| 0)),
        ),
        4 => {
            let socket = Socket::tcp(address.family()).unwrap();
            (
                socket,
                Box::new(move |s| s.within(limit).connect(&address).map(|()| 0)),
            )
        }
        _ => (
            unix_pair(libc::SOCK_DGRAM).0,
            Box::new(move |s| s.within(limit).recv(&mut [0])),
        ),
    };
    let (socket, together) = (Arc::new(socket), Arc::new(Barrier::new(2)));
    let (caller, wait) = (Arc::clone(&socket), Arc::clone(&together));
    let running = std::thread::spawn(move || {
        wait.wait();
        call(&caller)
    });
    together.wait();
    for _ in 0..(number * 7) % 200 {
        std::hint::spin_loop();
    }
    if number % 5 == 0 {
        std::thread::yield_now();
    }
    socket.close().unwrap();
    // The other end of the datagram pair is gone at once, which a fast call may see.
    let ended = running.join().unwrap();
    let gone = number % 6 == 5
        && ended
            .as_ref()
            .is_err_and(|error| error.kind() == Kind::Os(libc::ECONNRESET));
    assert!(
        gone || matches!(&ended, Err(error) if error.kind() == Kind::Closed),
        "{ended:?}"
    );
    drop(b);
}

/// Opens and closes files and pipes, and checks that each is still itself and holds what was written.
fn guard_descriptors(number: u8, stop: &AtomicBool) -> u64 {
    let mut checked = 0;
    while !stop.load(Ordering::Relaxed) {
        let text = [number; 64];
        let files: Vec<_> = (0..4).map(|_| system::memfd(&text)).collect();
        let (read, write) = system::pipe();
        let before: Vec<_> = files.iter().map(system::identity_of).collect();
        let pipe = system::identity_of(&read);
        std::thread::yield_now();
        for (file, before) in files.iter().zip(before) {
            assert_eq!(
                system::identity_of(file),
                before,
                "descriptor {} was touched",
                file.as_raw_fd()
            );
            assert_eq!(system::contents(file), text);
            checked += 1;
        }
        assert_eq!(system::identity_of(&read), pipe);
        assert_eq!(system::waiting_bytes(&read), 0, "somebody wrote into our pipe");
        assert_eq!(system::status_flags(write.as_raw_fd()) & libc::O_NONBLOCK, 0);
    }
    checked
}
