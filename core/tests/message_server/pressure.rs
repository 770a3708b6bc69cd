//! Peers that don't read what is sent, and threads that send more than they take.

use super::support::*;
use polysock::{CloseReason, Connection, Framing, Kind, NativeCaller, Socket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// How much may be unsent in these tests.
const MOST: usize = 64 << 10;

fn limited_options() -> polysock::MessageServeOptions {
    let mut limited = options();
    limited.max_unsent = MOST;
    limited
}

/// The connection of a client that has said hello.
fn known(known: &Mutex<Option<Arc<Connection>>>, client: &Socket) -> Arc<Connection> {
    assert_answered(client, b"hello\n", b"hello\n");
    known.lock().unwrap().clone().unwrap()
}

/// The connection of the client that was served last.
type Last = Arc<Mutex<Option<Arc<Connection>>>>;

fn start_knowing() -> (Serving, std::sync::mpsc::Receiver<Called>, Last) {
    let last = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&last);
    let (server, called) = start_on(
        small_listener(),
        Some(Framing::lines()),
        limited_options(),
        move |connection, line, reply| {
            *seen.lock().unwrap() = Some(Arc::clone(connection));
            reply.send(line)
        },
    );
    (server, called, last)
}

/// Each request of a few bytes has a large answer that is not read. The server stops handling requests, and then stops
/// receiving them, so that the client can't send any more.
#[test]
fn a_slow_reader_costs_bounded_memory_and_slows_only_itself() {
    limited(|| {
        let handled = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (server, _called) = {
            let (handled, most) = (Arc::clone(&handled), Arc::clone(&most));
            start_on(
                small_listener(),
                Some(Framing::lines()),
                limited_options(),
                move |connection, line, reply| {
                    if line != b"big" {
                        return reply.send(line);
                    }
                    handled.fetch_add(1, Ordering::SeqCst);
                    reply.send(&[b'x'; 10_000])?;
                    most.fetch_max(connection.unsent(), Ordering::SeqCst);
                    Ok(())
                },
            )
        };
        let slow = connect_small(&server);
        // More than the kernel's buffers for both directions take.
        let requests = b"big\n".repeat(1 << 20);
        let mut sent = 0;
        while let Ok(count) = slow.within(ms(300)).send(&requests[sent..]) {
            sent += count;
            assert!(sent < requests.len(), "the server receives without end");
        }
        let other = connect(&server);
        for _ in 0..100 {
            assert_answered(&other, b"hello\n", b"hello\n");
        }
        // At most one reply more than the limit.
        assert!(most.load(Ordering::SeqCst) <= MOST + 10_001 + 64, "{most:?}");
        let before = handled.load(Ordering::SeqCst);
        // When it reads again, everything it has sent is answered, in order.
        let whole = sent / 4;
        let mut answers = vec![0; 10_001];
        for number in 0..whole.min(before + 100) {
            slow.recv_exact(&mut answers[..])
                .unwrap_or_else(|error| panic!("answer {number}: {error}"));
            assert!(answers[..10_000].iter().all(|byte| *byte == b'x') && answers[10_000] == b'\n');
        }
        slow.abort().unwrap();
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

#[test]
fn a_send_beyond_the_limit_would_block_and_queues_nothing() {
    limited(|| {
        let (server, _called, last) = start_knowing();
        let client = connect_small(&server);
        let connection = known(&last, &client);
        let message = [b'x'; 1000];
        let mut sent = 0;
        // The kernel passes on what it has, and then takes a little more.
        let error = loop {
            match connection.send_with(&message, ms(300), &mut NativeCaller) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), Kind::TimedOut);
        let unsent = connection.unsent();
        assert!(unsent <= MOST && unsent > MOST - 1001, "{unsent}");
        assert_eq!(connection.send(&message).unwrap_err().kind(), Kind::WouldBlock);
        assert_eq!(connection.unsent(), unsent);
        // A thread that waits goes on as the peer reads.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..1000 {
                    connection.send_with(&message, LATE, &mut NativeCaller).unwrap();
                }
            });
            for _ in 0..sent + 1000 {
                assert_eq!(line(&client).unwrap(), message);
            }
        });
        until("all is sent", || connection.unsent() == 0);
        // With nothing queued even a larger one is taken.
        connection.send(&[b'y'; 2 * MOST]).unwrap();
        assert_eq!(line(&client).unwrap(), [b'y'; 2 * MOST]);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// The callback waits for room on its own connection, while a client that answers only afterwards reads.
#[test]
fn a_callback_waits_for_room_on_its_own_connection() {
    limited(|| {
        // Even if no worker is left to wait in the poller.
        for workers in [1, 4] {
            let mut few = limited_options();
            few.workers = workers;
            let (server, _called) = start(Some(Framing::lines()), few, |connection, _, _| {
                for _ in 0..2000 {
                    connection.send_with(&[b'x'; 10_000], LATE, &mut NativeCaller)?;
                }
                Ok(())
            });
            let client = connect(&server);
            client.send_all(b"go\n").unwrap();
            for _ in 0..2000 {
                assert_eq!(line(&client).unwrap(), [b'x'; 10_000]);
            }
            assert_eq!(server.stop(LATE).unwrap(), 0);
        }
    });
}

/// A sender that waits for room is not left waiting when there won't be any.
#[test]
fn a_waiting_sender_ends_with_the_connection() {
    limited(|| {
        let (server, called, last) = start_knowing();
        let client = connect_small(&server);
        let connection = known(&last, &client);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| loop {
                let sent = connection.send_with(&[b'x'; 10_000], LATE, &mut NativeCaller);
                if let Err(error) = sent {
                    break error;
                }
            });
            until("it waits", || connection.unsent() > MOST - 10_001);
            client.abort().unwrap();
            assert_eq!(waiting.join().unwrap().kind(), Kind::Closed);
        });
        assert!(matches!(next_close(&called), CloseReason::Failed(_)));
        assert_eq!(connection.send(b"x").unwrap_err().kind(), Kind::Closed);
        assert_eq!(server.stats().resets, 1);
    });
}
