//! The ways in which a connection ends.

use super::support::*;
use super::taking_over::start_waiting;
use polysock::{
    CloseReason, Connection, Framing, Kind, MessageHandler, MessageServeOptions, MessageServer, Reply, Result,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[test]
fn close_sends_everything_first_and_drops_what_follows() {
    limited(|| {
        let (server, called) = start(Some(Framing::lines()), options(), |connection, line, reply| {
            if line == b"end" {
                reply.send(&vec![b'x'; 3_000_000])?;
                connection.close();
                assert_eq!(connection.send(b"late").unwrap_err().kind(), Kind::Closed);
                return reply.send(b"bye");
            }
            reply.send(line)
        });
        let client = connect(&server);
        client.send_all(b"one\nend\nnever\n").unwrap();
        assert_eq!(line(&client).unwrap(), b"one");
        assert_eq!(line(&client).unwrap(), vec![b'x'; 3_000_000]);
        assert_eq!(line(&client).unwrap(), b"bye");
        assert_eq!(line(&client), None);
        assert_eq!(next_close(&called), CloseReason::ByProgram);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

#[test]
fn another_thread_closes_or_aborts() {
    limited(|| {
        let last = Arc::new(Mutex::new(None::<Arc<Connection>>));
        let (server, called) = {
            let last = Arc::clone(&last);
            start(
                Some(Framing::lines()),
                options(),
                move |connection, line, reply| {
                    *last.lock().unwrap() = Some(Arc::clone(connection));
                    reply.send(line)
                },
            )
        };
        let client = connect(&server);
        assert_answered(&client, b"hello\n", b"hello\n");
        last.lock().unwrap().take().unwrap().close();
        assert_ended(&client);
        assert_eq!(next_close(&called), CloseReason::ByProgram);
        let client = connect(&server);
        assert_answered(&client, b"hello\n", b"hello\n");
        last.lock().unwrap().take().unwrap().abort();
        assert_eq!(
            client.recv(&mut [0]).unwrap_err().kind(),
            Kind::Os(libc::ECONNRESET)
        );
        assert_eq!(next_close(&called), CloseReason::ByProgram);
        until("both are forgotten", || server.connections() == 0);
    });
}

#[test]
fn resets_are_counted() {
    limited(|| {
        let (server, called) = start(Some(Framing::lines()), options(), echo);
        for _ in 0..10 {
            let client = connect(&server);
            assert_answered(&client, b"hello\n", b"hello\n");
            client.abort().unwrap();
            let reason = next_close(&called);
            let CloseReason::Failed(error) = &reason else {
                panic!("{reason:?}")
            };
            assert_eq!(error.kind(), Kind::Os(libc::ECONNRESET));
        }
        assert_eq!(server.stats().resets, 10);
    });
}

#[test]
fn an_idle_peer_is_disconnected_never_early() {
    limited(|| {
        let mut idle = options();
        idle.idle_timeout = Some(ms(1000)); // long enough that the busy client is served within it, even on a loaded machine
        let (server, called, door) = start_waiting(idle);
        let began = Instant::now();
        let silent = connect(&server);
        let busy = connect(&server);
        // The time of its callback does not count.
        let waits = connect(&server);
        waits.send_all(b"wait\n").unwrap();
        while silent
            .within(ms(40))
            .recv(&mut [0])
            .is_err_and(|error| error.kind() == Kind::TimedOut)
        {
            assert_answered(&busy, b"hello\n", b"hello\n");
        }
        assert!(began.elapsed() >= ms(1000));
        assert_eq!(next_close(&called), CloseReason::IdleTimeout);
        assert_answered(&busy, b"hello\n", b"hello\n");
        door.open();
        assert_answered(&waits, b"", b"wait\n");
        assert_eq!(server.stats().idle_timeouts, 1);
    });
}

/// A peer that takes what is sent to it is not idle, even if it never sends.
#[test]
fn a_peer_that_only_takes_is_not_idle() {
    limited(|| {
        let mut idle = options();
        idle.idle_timeout = Some(ms(1000));
        let last = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&last);
        let (server, called) = start(Some(Framing::lines()), idle, move |connection, line, reply| {
            *seen.lock().unwrap() = Some(Arc::clone(connection));
            reply.send(line)
        });
        let client = connect(&server);
        assert_answered(&client, b"hello\n", b"hello\n");
        let connection = last.lock().unwrap().clone().unwrap();
        let began = Instant::now();
        while began.elapsed() < ms(1500) {
            connection.send(b"news").unwrap();
            assert_answered(&client, b"", b"news\n");
            let nothing = client.within(ms(20)).recv(&mut [0]).unwrap_err();
            assert_eq!(nothing.kind(), Kind::TimedOut);
        }
        assert_eq!(next_close(&called), CloseReason::IdleTimeout);
    });
}

/// A peer that takes nothing is idle, too, even if it sends.
#[test]
fn a_peer_that_takes_nothing_is_idle() {
    limited(|| {
        let mut idle = options();
        idle.idle_timeout = Some(ms(200));
        let (server, called) = start(Some(Framing::lines()), idle, |_, _, reply| {
            reply.send(&vec![b'x'; 1 << 20])
        });
        let client = connect(&server);
        client.send_all(&b"x\n".repeat(100)).unwrap();
        assert_eq!(next_close(&called), CloseReason::IdleTimeout);
        until("it is forgotten", || server.connections() == 0);
    });
}

#[test]
fn a_callback_that_takes_too_long_loses_its_connection() {
    limited(|| {
        for workers in [1, 4] {
            let mut limit = options();
            limit.handler_timeout = Some(ms(100));
            limit.workers = workers;
            let (server, called, door) = start_waiting(limit);
            let client = connect(&server);
            let began = Instant::now();
            client.send_all(b"wait\n").unwrap();
            assert_ended(&client);
            assert!(began.elapsed() >= ms(100));
            assert_eq!(door.waiting(), 1);
            door.open();
            assert_eq!(next_close(&called), CloseReason::HandlerTimeout);
            assert_eq!(server.stats().handler_timeouts, 1);
            let client = connect(&server);
            assert_answered(&client, b"hello\n", b"hello\n");
        }
    });
}

/// Refuses every other connection.
struct Refusing(AtomicUsize, AtomicUsize);

impl MessageHandler for Refusing {
    type State = ();
    type Failure = &'static str;

    fn on_open(&self, _: &Arc<Connection>) -> std::result::Result<(), &'static str> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        if number % 2 == 0 {
            Err("refused")
        } else {
            Ok(())
        }
    }

    fn on_message(
        &self,
        _: &Arc<Connection>,
        (): &mut (),
        message: &[u8],
        reply: &mut Reply<'_>,
    ) -> std::result::Result<(), &'static str> {
        reply.send(message).map_err(|_| "no reply")
    }

    fn on_close(
        &self,
        _: &Arc<Connection>,
        (): (),
        _: &CloseReason,
    ) -> std::result::Result<(), &'static str> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn a_refused_connection_has_no_further_callbacks() -> Result<()> {
    let server = MessageServer::start(
        listener(16).0,
        None,
        MessageServeOptions::default(),
        Refusing(AtomicUsize::new(0), AtomicUsize::new(0)),
    )?;
    for _ in 0..4 {
        let refused = connect(&server);
        assert_ended(&refused);
        let served = connect(&server);
        assert_answered(&served, b"hello", b"hello");
    }
    until("all are forgotten", || server.connections() == 0);
    assert_eq!(server.stop(LATE)?, 0);
    Ok(())
}
