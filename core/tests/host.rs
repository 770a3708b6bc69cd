//! What a language above may rely on: when it is asked to sleep, when it hears of a signal, how it ends a call.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use polysock_core::{FirstTry, Host, Kind, Operation, Socket, Stop, Try};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;
use support::*;

/// Counts what it is asked, and runs `on_signal` when a signal came.
struct Counting<F> {
    first: FirstTry,
    blocked: usize,
    hints: Vec<Try>,
    on_signal: F,
}

impl<F: FnMut() -> Result<(), Stop>> Host for Counting<F> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        self.blocked += 1;
        f()
    }

    fn interrupted(&mut self) -> Result<(), Stop> {
        (self.on_signal)()
    }

    fn first_try(&mut self, hint: Try) -> FirstTry {
        self.hints.push(hint);
        self.first
    }
}

fn counting<F: FnMut() -> Result<(), Stop>>(first: FirstTry, on_signal: F) -> Counting<F> {
    Counting {
        first,
        blocked: 0,
        hints: Vec::new(),
        on_signal,
    }
}

fn no_signal() -> Result<(), Stop> {
    panic!("no signal was sent")
}

#[test]
fn block_is_asked_only_where_sleeping_is_possible() {
    let (client, server) = connection();
    let mut host = counting(FirstTry::Direct, no_signal);
    client.on(&mut host).send_all(b"hello").unwrap();
    until("it is there", || {
        server.peek(&mut [0; 5]).is_ok_and(|count| count == 5)
    });
    let mut buf = [0; 5];
    server.on(&mut host).recv(&mut buf).unwrap();
    assert_eq!(
        kind(server.on(&mut host).within(Duration::ZERO).recv(&mut buf)),
        Kind::WouldBlock
    );
    assert_eq!(host.blocked, 0);
    assert_eq!(
        kind(server.on(&mut host).within(ms(20)).recv(&mut buf)),
        Kind::TimedOut
    );
    assert_eq!(host.blocked, 1);
    // The other ways to begin go into `block` even where data are there, and change nothing else.
    for first in [FirstTry::Blocking, FirstTry::Skip] {
        let mut host = counting(first, no_signal);
        client.send_all(b"hello").unwrap();
        server.on(&mut host).within(LATE).recv_exact(&mut buf).unwrap();
        assert_eq!((&buf, host.blocked), (b"hello", 1));
        let result = server.on(&mut host).within(Duration::ZERO).recv(&mut buf);
        assert_eq!(kind(result), Kind::WouldBlock);
    }
    // A non-blocking call that skips its try finds what is there all the same.
    client.send_all(b"hello").unwrap();
    until("it is there", || {
        server.peek(&mut [0; 5]).is_ok_and(|count| count == 5)
    });
    let mut host = counting(FirstTry::Skip, no_signal);
    assert_eq!(
        server
            .on(&mut host)
            .within(Duration::ZERO)
            .recv(&mut buf)
            .unwrap(),
        5
    );
}

#[test]
fn the_hint_tells_size_company_and_expectation() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let reader = Arc::clone(&client);
        let reading = start_blocked(move || reader.within(LATE).recv(&mut [0]));
        let mut host = counting(FirstTry::Direct, no_signal);
        client.on(&mut host).send_all(&[0; 100]).unwrap();
        let hint = host.hints[0];
        assert_eq!((hint.bytes, hint.alone, hint.expects_wait), (100, false, false));
        server.send_all(b"x").unwrap();
        reading.result().unwrap();
        server.send_all(b"y").unwrap();
        client.on(&mut host).within(LATE).recv(&mut [0; 7]).unwrap();
        let hint = host.hints[1];
        assert_eq!((hint.bytes, hint.alone, hint.expects_wait), (7, true, true));
    });
}

/// Blocks in `call`, signals the thread, and gives the call's result.
fn signalled<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    system::handle_signal(libc::SIGUSR1);
    let running = start_blocked(call);
    system::signal_thread(running.tid, libc::SIGUSR1);
    running.result()
}

#[test]
fn a_handler_may_close_the_socket_it_interrupts() {
    limited(|| {
        let (client, _server) = connection();
        let client = Arc::new(client);
        let inner = Arc::clone(&client);
        let (result, took) = timed(|| {
            signalled(move || {
                let host = counting(FirstTry::Direct, || {
                    // No count is held: close does not wait for the call it runs in.
                    let (closed, took) = timed(|| inner.close());
                    closed.unwrap();
                    assert!(took < ms(900), "close waited for its own call: {took:?}");
                    Ok(())
                });
                inner.on(host).recv(&mut [0])
            })
        });
        assert_eq!(kind(result), Kind::Closed);
        assert!(took < LATE);
    });
}

#[test]
fn a_handler_may_use_and_detach_the_socket_it_interrupts() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let inner = Arc::clone(&client);
        let result = signalled(move || {
            let host = counting(FirstTry::Direct, || {
                inner.send_all(b"from the handler").unwrap();
                drop(inner.detach().unwrap());
                Ok(())
            });
            inner.on(host).recv(&mut [0])
        });
        assert_eq!(kind(result), Kind::Closed);
        let mut buf = [0; 16];
        server.within(LATE).recv_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"from the handler");
    });
}

type CallOn = fn(&Socket) -> polysock_core::Result<()>;

fn stopping() -> Counting<fn() -> Result<(), Stop>> {
    counting(FirstTry::Direct, || Err(Stop))
}

#[test]
fn stop_ends_every_waiting_call() {
    limited(|| {
        let (listening, _) = listener(1);
        let (idle, _idle_peer) = connection();
        let (full, _full_peer) = small_connection();
        fill(&full);
        let calls: Vec<(Socket, CallOn, Operation)> = vec![
            (
                idle,
                |s| s.on(stopping()).recv(&mut [0]).map(drop),
                Operation::Recv,
            ),
            (
                listening,
                |s| s.on(stopping()).accept().map(drop),
                Operation::Accept,
            ),
            (full, |s| s.on(stopping()).send(b"x").map(drop), Operation::Send),
        ];
        for (socket, call, operation) in calls {
            let error = signalled(move || call(&socket)).unwrap_err();
            assert_eq!((error.kind(), error.operation()), (Kind::Interrupted, operation));
            assert_eq!(error.errno(), Some(libc::EINTR));
        }
    });
}

#[test]
fn stop_keeps_the_bytes_done() {
    limited(|| {
        let (client, server) = small_connection();
        let error = signalled(move || {
            let host = counting(FirstTry::Direct, || Err(Stop));
            client.on(host).send_all(&pattern(1_000_000)).unwrap_err()
        });
        assert_eq!(error.kind(), Kind::Interrupted);
        let (mut all, mut buf) = (0, vec![0; 65536]);
        while let Ok(count @ 1..) = server.within(LATE).recv(&mut buf) {
            all += count;
        }
        assert_eq!((all > 0, all), (true, error.done()));

        let (client, server) = connection();
        server.send_all(b"abc").unwrap();
        let error = signalled(move || {
            let host = counting(FirstTry::Direct, || Err(Stop));
            client.on(host).recv_exact(&mut [0; 8]).unwrap_err()
        });
        assert_eq!((error.kind(), error.done()), (Kind::Interrupted, 3));
    });
}

/// The handler's message goes out in the middle: that is the owner's business, other threads still wait.
#[test]
fn a_handler_may_send_in_the_middle_of_its_threads_send_all() {
    limited(|| {
        let (client, server) = unix_pair(libc::SOCK_STREAM);
        let client = Arc::new(client);
        let inner = Arc::clone(&client);
        let entered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&entered);
        system::handle_signal(libc::SIGUSR1);
        let running = start_blocked(move || {
            let host = counting(FirstTry::Direct, || {
                // There is no room, so it ends in time; but it is not refused for want of the lock.
                let error = inner.within(ms(30)).send_all(b"again").unwrap_err();
                assert_eq!((error.kind(), error.done()), (Kind::TimedOut, 0));
                count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            });
            inner.on(host).within(LIMIT).send_all(&pattern(300_000))
        });
        system::signal_thread(running.tid, libc::SIGUSR1);
        until("the handler has run", || entered.load(Ordering::Relaxed) == 1);
        assert_eq!(
            kind(client.within(Duration::ZERO).send_all(b"x")),
            Kind::WouldBlock
        );
        let mut buf = vec![0; 300_000];
        server.within(LIMIT).recv_exact(&mut buf).unwrap();
        assert!(buf == pattern(300_000));
        running.result().unwrap();
        client.within(LATE).send_all(b"x").unwrap();
    });
}
