//! How a message server ends.

use super::support::*;
use super::taking_over::{start_waiting, Door};
use polysock::{CloseReason, Framing, Kind, MessageEvent, MessageServer, MessageStep, NativeCaller, Timeout};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

#[test]
fn what_has_arrived_is_answered_and_every_connection_is_closed() {
    limited(|| {
        let (server, called) = start(Some(Framing::lines()), options(), echo);
        let clients: Vec<_> = (0..200).map(|_| connect(&server)).collect();
        until("all are open", || server.connections() == 200);
        for client in &clients {
            client.send_all(b"one\ntwo\nunfinished").unwrap();
        }
        assert_eq!(server.stop(LATE).unwrap(), 0);
        for client in &clients {
            assert_answered(client, b"", b"one\ntwo\n");
            assert_ended(client);
        }
        assert_eq!(server.connections(), 0);
        let closed: Vec<_> = called
            .try_iter()
            .filter(|called| matches!(called, Called::Close(_, CloseReason::Stopped)))
            .collect();
        assert_eq!(closed.len(), 200);
        assert_eq!(server.stop(LATE).unwrap(), 0);
        assert_eq!(server.wait(LATE), Ok(()));
    });
}

#[test]
fn a_blocked_callback_is_counted_and_ends_later() {
    limited(|| {
        let (server, called, door) = start_waiting(options());
        let client = connect(&server);
        let idle = connect(&server);
        until("both are open", || server.connections() == 2);
        client.send_all(b"wait\n").unwrap();
        until("it is blocked", || door.waiting() == 1);
        assert_eq!(server.stop(ms(50)).unwrap(), 1);
        assert_ended(&client);
        assert_ended(&idle);
        door.open();
        for _ in 0..2 {
            assert_eq!(next_close(&called), CloseReason::Stopped);
        }
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// The time is up while something is unsent.
#[test]
fn a_peer_that_does_not_read_does_not_hold_up_the_end() {
    limited(|| {
        let (tell, told) = std::sync::mpsc::channel();
        let tell = Mutex::new(tell);
        let (server, called) = start_on(small_listener(), None, options(), move |connection, _, reply| {
            tell.lock().unwrap().send(Arc::clone(connection)).unwrap();
            reply.send(&vec![b'x'; 10 << 20])
        });
        let client = connect_small(&server);
        client.send_all(b"x").unwrap();
        let connection = told.recv_timeout(LATE).unwrap();
        until("a part was sent", || connection.unsent() > 0);
        assert_eq!(server.stop(ms(50)).unwrap(), 0);
        assert_eq!(next_close(&called), CloseReason::Stopped);
        let mut buffer = vec![0; 1 << 16];
        let end = loop {
            match client.recv(&mut buffer[..]) {
                Ok(0) => panic!("a part of the answer looks like all of it"),
                Ok(_) => {}
                Err(error) => break error.kind(),
            }
        };
        assert_eq!(end, Kind::Os(libc::ECONNRESET));
    });
}

#[test]
fn a_callback_stops_the_server() {
    limited(|| {
        for (workers, in_time, sent, answered) in [
            (
                1,
                Timeout::After(LATE),
                &b"one\nstop\ntwo\n"[..],
                &b"one\nstop\ntwo\n"[..],
            ),
            (4, Timeout::After(LATE), b"one\nstop\ntwo\n", b"one\nstop\ntwo\n"),
            (4, Timeout::NonBlocking, b"one\nstop\n", b"one\nstop\n"),
        ] {
            let mut few = options();
            few.workers = workers;
            let server = Arc::new(OnceLock::<Serving>::new());
            let result = Arc::new(Mutex::new(None));
            let (started, called) = {
                let (server, result) = (Arc::clone(&server), Arc::clone(&result));
                start(Some(Framing::lines()), few, move |_, line, reply| {
                    if line == b"stop" {
                        let running = loop {
                            if let Some(server) = server.get() {
                                break server.server_stop(in_time);
                            }
                            std::thread::yield_now()
                        };
                        *result.lock().unwrap() = Some(running);
                    }
                    reply.send(line)
                })
            };
            let started = server.get_or_init(|| started);
            let other = connect(started);
            assert_answered(&other, b"hello\n", b"hello\n");
            let client = connect(started);
            assert_answered(&client, sent, answered);
            assert_ended(&client);
            assert_ended(&other);
            assert_eq!(*result.lock().unwrap(), Some(0));
            assert_eq!(started.stop(LATE).unwrap(), 0);
            for _ in 0..2 {
                assert_eq!(next_close(&called), CloseReason::Stopped);
            }
        }
    });
}

/// It need not wait until the other workers have left: they stay as long as its connection.
#[test]
fn a_callback_that_stops_the_server_does_not_wait_for_other_workers() {
    limited(|| {
        until("one stops soon", || {
            let server = Arc::new(OnceLock::<Arc<MessageServer>>::new());
            let (tell, told) = std::sync::mpsc::channel();
            let door = Arc::new(Door::default());
            let (inside, tell, waits) = (Arc::clone(&server), Mutex::new(tell), Arc::clone(&door));
            let (started, _called) = start(Some(Framing::lines()), options(), move |_, line, reply| {
                if line == b"wait" {
                    waits.wait();
                }
                if line == b"stop" {
                    let began = Instant::now();
                    let running = waited(&inside).stop(LATE, &mut NativeCaller)?;
                    let _ = tell.lock().unwrap().send((running, began.elapsed()));
                }
                reply.send(line)
            });
            server.get_or_init(|| Arc::clone(&started));
            let (one, other) = (connect(&started), connect(&started));
            one.send_all(b"wait\n").unwrap();
            // So there is another worker.
            assert_answered(&other, b"hello\n", b"hello\n");
            door.open();
            assert_answered(&one, b"", b"wait\n");
            assert_answered(&other, b"stop\n", b"stop\n");
            let (running, took) = told.recv_timeout(LATE).unwrap();
            assert_eq!(running, 0);
            took < ms(900)
        });
    });
}

/// Messages wait for room to reply when the server is stopped. Workers wait with them.
#[test]
fn waiting_for_a_slow_reader_takes_no_time_of_the_processor() {
    limited(|| {
        let server = MessageServer::new(small_listener(), Some(Framing::lines()), options()).unwrap();
        let mut worker = server.worker();
        let steps = std::thread::spawn(move || {
            let mut steps = 0;
            while let Some(step) = worker.step(&mut NativeCaller).unwrap() {
                steps += 1;
                let MessageStep::Batch(mut batch) = step else {
                    continue;
                };
                while let Some(event) = batch.next_event() {
                    if let MessageEvent::Message(..) = event {
                        batch.reply(&[b'x'; 1 << 20]).unwrap();
                    }
                }
            }
            steps
        });
        let client = connect_small(&server);
        client.send_all(b"one\ntwo\nthree\n").unwrap();
        client.recv_exact(&mut [0; 1]).unwrap();
        assert_eq!(server.stop(ms(500), &mut NativeCaller).unwrap(), 0);
        let steps = steps.join().unwrap();
        assert!(steps < 100, "{steps} steps");
    });
}

/// What the test stores when it has started the server.
fn waited(server: &OnceLock<Arc<MessageServer>>) -> &Arc<MessageServer> {
    loop {
        if let Some(server) = server.get() {
            break server;
        }
        std::thread::yield_now();
    }
}

trait StopInside {
    fn server_stop(&self, timeout: Timeout) -> usize;
}

impl StopInside for Serving {
    fn server_stop(&self, timeout: Timeout) -> usize {
        polysock::MessageServer::stop(self, timeout, &mut NativeCaller).unwrap()
    }
}

#[test]
fn closing_the_listener_stops_it() {
    limited(|| {
        let (server, called) = start(Some(Framing::lines()), options(), echo);
        let client = connect(&server);
        assert_answered(&client, b"hello\n", b"hello\n");
        server.listener().close().unwrap();
        assert_ended(&client);
        assert_eq!(next_close(&called), CloseReason::Stopped);
        assert_eq!(server.wait(Timeout::Never), Ok(()));
    });
}

#[test]
fn a_server_that_is_dropped_ends_at_once() {
    limited(|| {
        let (server, called) = start(Some(Framing::lines()), options(), echo);
        let client = connect(&server);
        assert_answered(&client, b"hello\n", b"hello\n");
        drop(server);
        assert_ended(&client);
        assert_eq!(next_close(&called), CloseReason::Stopped);
    });
}

#[test]
fn waiting_has_a_time_limit() {
    limited(|| {
        let (server, _called) = start(None, options(), echo);
        assert_eq!(server.wait(ms(10)).unwrap_err().kind(), Kind::TimedOut);
        assert_eq!(server.wait(Duration::ZERO).unwrap_err().kind(), Kind::WouldBlock);
    });
}

/// What the thread of a worker still does with it, such as giving it up, is over when stop returns.
#[test]
fn a_stop_waits_until_workers_are_given_up() {
    limited(|| {
        let (listener, _) = listener(16);
        let server = MessageServer::new(listener, None, options()).unwrap();
        let mut worker = server.worker();
        let (stopped, hears_of_stop) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let began = Instant::now();
            scope.spawn(|| {
                assert_eq!(server.stop(LATE, &mut NativeCaller), Ok(0));
                stopped.send(()).unwrap();
            });
            while worker.step(&mut NativeCaller).unwrap().is_some() {}
            let returned = hears_of_stop.recv_timeout(Duration::from_millis(100)).is_ok();
            // It waits for at most a second, which a busy machine may take.
            assert!(!returned || began.elapsed() > Duration::from_millis(900));
            drop(worker);
        });
    });
}
