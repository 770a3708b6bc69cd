//! Callbacks that take long, and the workers that take over from them.

use super::support::*;
use polysock::{CloseReason, Connection, Error, Framing, MessageHandler, Reply, Result};
use std::sync::mpsc;
use std::sync::{atomic::AtomicUsize, atomic::Ordering, Arc};
use std::sync::{Condvar, Mutex};

/// A door that callbacks wait at.
#[derive(Default)]
pub struct Door {
    open: Mutex<bool>,
    opened: Condvar,
    waiting: AtomicUsize,
}

impl Door {
    pub fn wait(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    pub fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

/// A server that echoes lines, except that a callback for "wait" waits at a door.
pub fn start_waiting(options: polysock::MessageServeOptions) -> (Serving, mpsc::Receiver<Called>, Arc<Door>) {
    let door = Arc::new(Door::default());
    let inside = Arc::clone(&door);
    let (server, called) = start(Some(Framing::lines()), options, move |_, line, reply| {
        if line == b"wait" {
            inside.wait();
        }
        reply.send(line)
    });
    (server, called, door)
}

#[test]
fn a_blocked_callback_holds_up_no_other_connection() {
    limited(|| {
        let (server, _called, door) = start_waiting(options());
        let others: Vec<_> = (0..20).map(|_| connect(&server)).collect();
        let blocked: Vec<_> = (0..5).map(|_| connect(&server)).collect();
        for (count, client) in blocked.iter().enumerate() {
            // What comes after it waits with it, on the same connection.
            client.send_all(b"wait\nnext\n").unwrap();
            for other in &others {
                assert_answered(other, b"hello\n", b"hello\n");
            }
            until("it is blocked", || door.waiting() == count + 1);
        }
        // A connection whose callback is blocked costs nothing until it returns, even when its peer has more to say.
        for client in &blocked {
            client.send_all(b"more\n").unwrap();
        }
        for other in &others {
            assert_answered(other, b"again\n", b"again\n");
        }
        assert_eq!(door.waiting(), 5);
        door.open();
        for client in &blocked {
            assert_answered(client, b"", b"wait\nnext\nmore\n");
        }
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// What it has sent goes out, and so do the replies to earlier messages.
#[test]
fn a_blocked_callback_holds_up_no_reply() {
    limited(|| {
        let door = Arc::new(Door::default());
        let inside = Arc::clone(&door);
        let (server, _called) = start(
            Some(Framing::lines()),
            options(),
            move |connection, line, reply| {
                reply.send(line)?;
                if line == b"wait" {
                    connection.send(b"waiting")?;
                    inside.wait();
                }
                Ok(())
            },
        );
        let clients: Vec<_> = (0..10).map(|_| connect(&server)).collect();
        for client in &clients {
            client.send_all(b"hello\nwait\nlast\n").unwrap();
        }
        for client in &clients {
            assert_answered(client, b"", b"hello\nwait\nwaiting\n");
        }
        until("all wait", || door.waiting() == 10);
        door.open();
        for client in &clients {
            assert_answered(client, b"", b"last\n");
        }
    });
}

/// Echoes lines. "end" aborts the connection that has sent "me", whose `on_close` then waits at a door.
struct Ending {
    door: Arc<Door>,
    other: Mutex<Option<Arc<Connection>>>,
}

impl MessageHandler for Ending {
    type State = usize;
    type Failure = Error;

    fn on_open(&self, _: &Arc<Connection>) -> Result<usize> {
        Ok(0)
    }

    fn on_message(
        &self,
        connection: &Arc<Connection>,
        _: &mut usize,
        line: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        if line == b"me" {
            *self.other.lock().unwrap() = Some(Arc::clone(connection));
        } else if line == b"end" {
            if let Some(other) = self.other.lock().unwrap().take() {
                other.abort();
            }
        }
        reply.send(line)
    }

    fn on_close(&self, _: &Arc<Connection>, _: usize, reason: &CloseReason) -> Result<()> {
        if matches!(reason, CloseReason::ByProgram) {
            self.door.wait();
        }
        Ok(())
    }
}

#[test]
fn a_blocked_on_close_holds_up_no_reply_and_loses_no_part_of_a_message() {
    limited(|| {
        let door = Arc::new(Door::default());
        let ending = Ending {
            door: Arc::clone(&door),
            other: Mutex::default(),
        };
        let server = serve(listener(16).0, Some(Framing::lines()), options(), ending);
        let (ended, client) = (connect(&server), connect(&server));
        assert_answered(&ended, b"me\n", b"me\n");
        client.send_all(b"end\nthe begin").unwrap();
        assert_answered(&client, b"", b"end\n");
        until("on_close waits", || door.waiting() == 1);
        assert_answered(&client, b"ning\n", b"the beginning\n");
        door.open();
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

#[test]
fn no_more_callbacks_at_once_than_workers() {
    limited(|| {
        let mut few = options();
        few.workers = 3;
        let (server, _called, door) = start_waiting(few);
        let clients: Vec<_> = (0..8).map(|_| connect(&server)).collect();
        for client in &clients {
            client.send_all(b"wait\n").unwrap();
        }
        until("three are blocked", || door.waiting() == 3);
        door.open();
        for client in &clients {
            assert_answered(client, b"", b"wait\n");
        }
    });
}

#[test]
fn one_worker_serves_all() {
    limited(|| {
        let mut one = options();
        one.workers = 1;
        let (server, called) = start(Some(Framing::lines()), one, echo);
        let clients: Vec<_> = (0..100).map(|_| connect(&server)).collect();
        for round in 0..10 {
            let line = format!("{round}\n");
            for client in &clients {
                client.send_all(line.as_bytes()).unwrap();
            }
            for client in &clients {
                assert_answered(client, b"", line.as_bytes());
            }
        }
        drop(clients);
        for _ in 0..100 {
            next_close(&called);
        }
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}
