//! What a language on top may rely on: when it is asked to sleep, when it learns of a signal, how it ends a call.

use crate::support::*;
use polysock::{
    poll_with, CallHints, Caller, Events, Flags, Kind, Operation, PollEntry, Socket, Start, Stop,
};
use std::os::fd::AsFd;
use std::sync::{mpsc, Arc};
use std::time::Duration;

/// Counts the calls it gets, and runs `on_signal` when a signal has arrived.
struct Counting<F> {
    first: Start,
    blocked: usize,
    hints: Vec<CallHints>,
    /// What each operation had moved when it ended.
    moved: Vec<usize>,
    on_signal: F,
}

impl<F: FnMut() -> Result<(), Stop>> Caller for Counting<F> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        self.blocked += 1;
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        if system::take_signal() {
            (self.on_signal)()
        } else {
            Ok(())
        }
    }

    fn start(&mut self, hint: CallHints) -> Start {
        self.hints.push(hint);
        self.first
    }

    fn end(&mut self, moved: usize) {
        self.moved.push(moved);
    }
}

fn counting<F: FnMut() -> Result<(), Stop>>(first: Start, on_signal: F) -> Counting<F> {
    Counting {
        first,
        blocked: 0,
        hints: Vec::new(),
        moved: Vec::new(),
        on_signal,
    }
}

fn no_signal() -> Result<(), Stop> {
    panic!("no signal was sent")
}

#[test]
fn block_is_asked_only_where_sleeping_is_possible() {
    let (client, server) = connection();
    let mut host = counting(Start::Direct, no_signal);
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
    // The other ways to begin go into `block` even if there are data, and change nothing else.
    for first in [Start::Blocking, Start::Waiting] {
        let mut host = counting(first, no_signal);
        client.send_all(b"hello").unwrap();
        server.on(&mut host).within(LATE).recv_exact(&mut buf).unwrap();
        assert_eq!((&buf, host.blocked), (b"hello", 1));
        let result = server.on(&mut host).within(Duration::ZERO).recv(&mut buf);
        assert_eq!(kind(result), Kind::WouldBlock);
    }
    // A non-blocking call that skips its try still finds what is there.
    client.send_all(b"hello").unwrap();
    until("it is there", || {
        server.peek(&mut [0; 5]).is_ok_and(|count| count == 5)
    });
    let mut host = counting(Start::Waiting, no_signal);
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
        let mut host = counting(Start::Direct, no_signal);
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

#[test]
fn every_operation_that_starts_ends_with_what_it_has_moved() {
    let (client, server) = connection();
    let mut caller = counting(Start::Direct, no_signal);
    client.on(&mut caller).send_all(b"hello").unwrap();
    let mut buf = [0; 8];
    server.on(&mut caller).recv_with(&mut buf, Flags::PEEK).unwrap();
    server.on(&mut caller).recv(&mut buf[..2]).unwrap();
    let cut_off = server.on(&mut caller).within(ms(1)).recv_exact(&mut buf);
    assert_eq!(kind(cut_off), Kind::TimedOut);
    let nothing = server.on(&mut caller).within(Duration::ZERO).recv(&mut buf);
    assert_eq!(kind(nothing), Kind::WouldBlock);
    let mut entries = [PollEntry::new(&client, Events::WRITABLE)];
    poll_with(&mut entries, None, &mut caller).unwrap();
    assert_eq!(caller.moved, [5, 0, 2, 3, 0, 0]);
    assert_eq!(caller.moved.len(), caller.hints.len());
    // A call that does not start has no end.
    server.close().unwrap();
    assert_eq!(kind(server.on(&mut caller).recv(&mut buf)), Kind::Closed);
    assert_eq!((caller.moved.len(), caller.hints.len()), (6, 6));
}

/// Blocks in `call`, signals the thread, and gives the call's result.
fn signalled<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    system::handle_signal(libc::SIGUSR1);
    let running = start_blocked(call);
    running.thread.signal(libc::SIGUSR1);
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
                let host = counting(Start::Direct, || {
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
            let host = counting(Start::Direct, || {
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

type CallOn = fn(&Socket) -> polysock::Result<()>;

fn stopping() -> Counting<fn() -> Result<(), Stop>> {
    counting(Start::Direct, || Err(Stop))
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

/// The error of a call that was stopped.
type Ended = fn(&Socket) -> polysock::Error;

#[test]
fn stop_keeps_the_bytes_sent() {
    const MUCH: usize = 1_000_000;
    let calls: [(Ended, Operation); 4] = [
        (
            |s| s.on(stopping()).send_all(&pattern(MUCH)).unwrap_err(),
            Operation::SendAll,
        ),
        (
            |s| s.on(stopping()).send(&pattern(MUCH)).unwrap_err(),
            Operation::Send,
        ),
        (
            |s| {
                s.on(stopping())
                    .send_vectored(&[(&pattern(MUCH)).into()])
                    .unwrap_err()
            },
            Operation::SendMsg,
        ),
        (
            |s| {
                let file = system::unnamed_file(&pattern(MUCH));
                s.on(stopping()).sendfile(file.as_fd(), 0, None).unwrap_err()
            },
            Operation::SendFile,
        ),
    ];
    limited(move || {
        for (call, operation) in calls {
            let (client, server) = small_connection();
            let error = signalled(move || call(&client));
            assert_eq!((error.kind(), error.operation()), (Kind::Interrupted, operation));
            let (mut all, mut buf) = (0, vec![0; 65536]);
            while let Ok(count @ 1..) = server.within(LATE).recv(&mut buf) {
                all += count;
            }
            assert_eq!((all > 0, all), (true, error.done()), "{operation:?}");
        }
    });
}

#[test]
fn stop_keeps_the_bytes_received() {
    let calls: [(Ended, Operation); 4] = [
        (
            |s| s.on(stopping()).recv_exact(&mut [0; 8]).unwrap_err(),
            Operation::RecvExact,
        ),
        (
            |s| {
                s.on(stopping())
                    .recv_with(&mut [0; 8], Flags::WAIT_ALL)
                    .unwrap_err()
            },
            Operation::Recv,
        ),
        (
            |s| {
                s.on(stopping())
                    .recv_from_with(&mut [0; 8], Flags::WAIT_ALL)
                    .unwrap_err()
            },
            Operation::RecvFrom,
        ),
        (
            |s| {
                let (mut first, mut rest) = ([0; 2], [0; 6]);
                let room = [(&mut first).into(), (&mut rest).into()];
                let received = s.on(stopping()).recv_message(&room, 0, Flags::WAIT_ALL);
                received.unwrap_err()
            },
            Operation::RecvMsg,
        ),
    ];
    limited(move || {
        for (call, operation) in calls {
            let (client, server) = connection();
            server.send_all(b"abc").unwrap();
            let error = signalled(move || call(&client));
            let told = (error.kind(), error.operation(), error.done());
            assert_eq!(told, (Kind::Interrupted, operation, 3));
        }
    });
}

/// The handler's message goes out in the middle: the thread that owns the turn may do that.
#[test]
fn a_handler_may_send_in_the_middle_of_its_threads_send_all() {
    limited(|| {
        let (client, server) = unix_pair(libc::SOCK_STREAM);
        let (client, server) = (Arc::new(client), Arc::new(server));
        let (inner, peer) = (Arc::clone(&client), Arc::clone(&server));
        let (tell, told) = mpsc::channel();
        system::handle_signal(libc::SIGUSR1);
        let running = start_blocked(move || {
            let host = counting(Start::Direct, || {
                let (mut came, mut buf) = (Vec::new(), vec![0; 65536]);
                while let Ok(count) = peer.within(Duration::ZERO).recv(&mut buf) {
                    came.extend_from_slice(&buf[..count]);
                }
                inner.within(LATE).send_all(b"from the handler").unwrap();
                tell.send(came).unwrap();
                Ok(())
            });
            inner.on(host).within(LIMIT).send_all(&pattern(500_000))
        });
        running.thread.signal(libc::SIGUSR1);
        let mut all = told.recv_timeout(LIMIT / 2).unwrap();
        assert_eq!(
            kind(client.within(Duration::ZERO).send_all(b"x")),
            Kind::WouldBlock
        );
        let mut message = [0; 16];
        server.within(LATE).recv_exact(&mut message).unwrap();
        assert_eq!(&message, b"from the handler");
        let before = all.len();
        all.resize(500_000, 0);
        server.within(LIMIT).recv_exact(&mut all[before..]).unwrap();
        assert!(all == pattern(500_000));
        running.result().unwrap();
        client.within(LATE).send_all(b"x").unwrap();
    });
}

/// A receive that is inside, and what releases it.
fn receive_inside(client: &Arc<Socket>) -> (Running<polysock::Result<usize>>, mpsc::Sender<()>) {
    let (held, is_inside, release) = held_inside();
    let reader = Arc::clone(client);
    let running = start(move || reader.on(held).within(LIMIT).recv(&mut [0]));
    is_inside.recv_timeout(LIMIT / 2).unwrap();
    (running, release)
}

#[test]
fn what_came_is_returned_although_the_socket_was_closed_meanwhile() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let (receiving, release) = receive_inside(&client);
        server.send_all(b"x").unwrap();
        let closer = Arc::clone(&client);
        let closing = start(move || closer.close());
        until("it is closed", || client.is_closed());
        // The descriptor can't be given up while a call is inside.
        assert!(closing.is_running());
        release.send(()).unwrap();
        assert_eq!(receiving.result().unwrap(), 1);
        closing.result().unwrap();
    });
}

#[test]
fn an_accepted_connection_is_returned_although_the_listener_was_closed_meanwhile() {
    limited(|| {
        let (listener, address) = listener(1);
        let listener = Arc::new(listener);
        let (held, is_inside, release) = held_inside();
        let acceptor = Arc::clone(&listener);
        let accepting = start(move || acceptor.on(held).accept());
        is_inside.recv_timeout(LIMIT / 2).unwrap();
        let client = Socket::tcp(address.family()).unwrap();
        client.within(LATE).connect(&address).unwrap();
        let closer = Arc::clone(&listener);
        let closing = start(move || closer.close());
        until("it is closed", || listener.is_closed());
        release.send(()).unwrap();
        let (_server, peer) = accepting.result().unwrap();
        assert_eq!(peer, client.local_address().unwrap());
        closing.result().unwrap();
    });
}

#[test]
fn close_does_not_wait_for_ever_and_the_last_to_leave_closes() {
    limited(|| {
        // Adopted, so that close does not wake by shutdown, which the peer would see.
        let (client, server) = unix_pair(libc::SOCK_STREAM);
        let client = Arc::new(client);
        let (receiving, release) = receive_inside(&client);
        server.send_all(b"x").unwrap();
        let (closed, took) = timed(|| client.close());
        closed.unwrap();
        assert!(took >= ms(900) && took < LATE, "{took:?}");
        assert_eq!(
            kind(server.within(Duration::ZERO).recv(&mut [0])),
            Kind::WouldBlock
        );
        release.send(()).unwrap();
        assert_eq!(receiving.result().unwrap(), 1);
        assert_eq!(server.within(LATE).recv(&mut [0]).unwrap(), 0);
    });
}

/// Tries directly, and then a number of times more; the peer answers meanwhile.
struct Patient<'a> {
    again: usize,
    blocked: usize,
    answer: &'a dyn Fn(usize),
}

impl Caller for Patient<'_> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        self.blocked += 1;
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Direct
    }

    fn try_again(&mut self) -> bool {
        (self.answer)(self.again);
        let goes_on = self.again > 0;
        self.again = self.again.saturating_sub(1);
        goes_on
    }
}

#[test]
fn a_host_that_goes_on_trying_gets_what_comes_without_waiting() {
    limited(|| {
        let (client, server) = connection();
        let answer = |left: usize| {
            if left == 1 {
                server.send_all("x").unwrap();
                until("it is there", || client.available().unwrap() == 1);
            }
        };
        let mut host = Patient {
            again: 3,
            blocked: 0,
            answer: &answer,
        };
        assert_eq!(client.on(&mut host).within(LATE).recv(&mut [0]).unwrap(), 1);
        assert_eq!((host.again, host.blocked), (0, 0));
        // It gives up and waits; for a call that may not wait it is not called at all.
        host.answer = &|_| ();
        host.again = 3;
        assert_eq!(
            kind(client.on(&mut host).within(ms(20)).recv(&mut [0])),
            Kind::TimedOut
        );
        assert_eq!((host.again, host.blocked), (0, 1));
        host.again = 3;
        assert_eq!(
            kind(client.on(&mut host).within(Duration::ZERO).recv(&mut [0])),
            Kind::WouldBlock
        );
        assert_eq!((host.again, host.blocked), (3, 1));
    });
}

/// A direct try that finds something resets the expectation that a call has to wait.
#[test]
fn a_direct_try_that_finds_something_ends_the_expectation_to_wait() {
    limited(|| {
        let (client, server) = unix_pair(libc::SOCK_STREAM);
        let expects_wait = |client: &Socket| {
            let mut host = counting(Start::Direct, no_signal);
            client.on(&mut host).within(LATE).recv(&mut [0]).unwrap();
            host.hints[0].expects_wait
        };
        let client = Arc::new(client);
        let waiting = Arc::clone(&client);
        let running = start_blocked(move || waiting.within(LIMIT).recv(&mut [0]));
        server.send_all("abc").unwrap();
        running.result().unwrap();
        assert!(expects_wait(&client));
        assert!(!expects_wait(&client));
    });
}
