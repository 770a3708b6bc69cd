//! The callback server: what handlers do and what becomes of their connections. How it ends is in `server_stop`.

use super::support::*;
use crate::support::alone::alone;
use crate::support::*;
use polysock::{
    Address, Error, Kind, NativeCaller, Operation, ServeOptions, Server, Socket, StartedServer, Step,
    Timeout, Trouble,
};
use std::any::Any;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[test]
fn connections_are_served_at_the_same_time() {
    limited(|| {
        let server = start_echo(10);
        let clients: Vec<_> = (0..10).map(|_| connect(&server)).collect();
        clients.iter().for_each(assert_served);
        assert_eq!(server.connections(), 10);
        drop(clients);
        until("all are handled", || server.connections() == 0);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

#[test]
fn no_more_than_so_many_connections_at_a_time() {
    limited(|| {
        let (most, now) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        let handler = move |connection: &Arc<Socket>, _: &Address| {
            seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let ended = echo(connection);
            now.fetch_sub(1, Ordering::SeqCst);
            ended
        };
        let server = Server::start(listener(64).0, options(3), handler, no_trouble).unwrap();
        let clients: Vec<_> = (0..30).map(|_| connect(&server)).collect();
        until("three are handled", || server.connections() == 3);
        // They are served in turn: a client that was served leaves.
        for client in clients {
            assert_served(&client);
        }
        assert_eq!(most.load(Ordering::SeqCst), 3);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// How many descriptors of this process wake threads.
fn wakers() -> usize {
    let all = system::descriptors();
    all.iter()
        .filter(|(_, what)| what == "anon_inode:[eventfd]")
        .count()
}

/// In a separate process, to count its descriptors. Each thread has waited for a connection, and then for its client.
#[test]
#[cfg_attr(
    any(not(target_os = "linux"), polysock_portable),
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_connection_takes_one_descriptor() {
    alone(|| {
        limited(|| {
            let (before, server) = (wakers(), start_echo(20));
            let clients: Vec<_> = (0..20).map(|_| connect(&server)).collect();
            clients.iter().for_each(assert_served);
            let made = wakers() - before;
            assert!(
                made <= 2,
                "{made}: one for this thread, and one for the thread that accepts"
            );
            // They find another one when they wait for connections again.
            drop(clients);
            until("all are handled", || server.connections() == 0);
            let clients: Vec<_> = (0..20).map(|_| connect(&server)).collect();
            clients.iter().for_each(assert_served);
            let (running, took) = timed(|| server.stop(Timeout::NonBlocking).unwrap());
            assert_eq!(running, 0);
            assert!(took < LATE, "{took:?}");
        });
    });
}

/// Panics without a message: printing backtraces takes several processes on a busy machine longer than `LATE`.
fn fail_with(payload: impl Any + Send) -> ! {
    std::panic::resume_unwind(Box::new(payload))
}

/// A server whose handlers do what the client's first byte says, and what its hook was called with.
fn start_failing() -> (StartedServer, Receiver<(String, Option<Address>)>) {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let handler = |connection: &Arc<Socket>, _: &Address| {
        let mut byte = [0];
        connection.recv_exact(&mut byte)?;
        match &byte {
            b"p" => fail_with("on purpose"),
            b"e" => connection.set_linger(Some(Duration::from_secs(65_536))),
            b"n" => fail_with(7_u8),
            byte => connection.send_all(byte),
        }
    };
    let hook = move |trouble: Trouble<Error>, peer: Option<&Address>| {
        let told = (trouble.to_string(), peer.copied());
        let panics = told.0.contains("no words");
        tell.lock().unwrap().send(told).unwrap();
        if panics {
            fail_with("the hook fails, too");
        }
    };
    (
        Server::start(listener(16).0, options(4), handler, hook).unwrap(),
        told,
    )
}

#[test]
fn a_handler_that_fails_ends_its_connection_only() {
    limited(|| {
        let (server, told) = start_failing();
        let other = connect(&server);
        let failing = [
            (b"e", "setsockopt: linger must be 0 to 65535 s, not 65536"),
            (b"p", "the handler panicked: on purpose"),
            (b"n", "the handler panicked: no words"),
            (b"n", "the handler panicked: no words"),
        ];
        for (order, words) in failing {
            let client = connect(&server);
            client.send_all(order).unwrap();
            assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
            let (said, peer) = told.recv_timeout(LATE).unwrap();
            assert_eq!(
                (said.as_str(), peer),
                (words, Some(client.local_address().unwrap()))
            );
        }
        other.send_all(b"x").unwrap();
        assert_eq!(other.within(LATE).recv(&mut [0]).unwrap(), 1);
        assert_eq!(server.stop(LATE).unwrap(), 0);
        assert!(told.try_recv().is_err());
    });
}

/// Runs a handler for one connection and returns what it kept.
fn serve_once<T: Send + 'static>(
    handler: impl Fn(&Arc<Socket>) -> T + Send + Sync + 'static,
    client: impl FnOnce(&Socket),
) -> T {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let handler = move |connection: &Arc<Socket>, _: &Address| {
        let kept = handler(connection);
        tell.lock().unwrap().send(kept).unwrap();
        Ok::<_, Error>(())
    };
    let server = Server::start(listener(16).0, options(2), handler, no_trouble).unwrap();
    client(&connect(&server));
    let kept = told.recv_timeout(LATE).unwrap();
    assert_eq!(server.stop(LATE).unwrap(), 0);
    kept
}

#[test]
fn a_connection_is_closed_when_its_handler_returns() {
    limited(|| {
        let ends = |client: &Socket| assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
        let kept = serve_once(Arc::clone, ends);
        assert_eq!(kind(kept.recv(&mut [0])), Kind::Closed);
        // It may have done so itself.
        serve_once(|connection| connection.close().unwrap(), ends);
        // A client that asks first has surely connected.
        let resets = |client: &Socket| {
            client.send_all(b"?").unwrap();
            assert_eq!(
                kind(client.within(LATE).recv(&mut [0])),
                Kind::Os(libc::ECONNRESET)
            );
        };
        let asked = |connection: &Socket| connection.recv_exact(&mut [0]).unwrap();
        serve_once(
            move |connection| {
                asked(connection);
                connection.abort().unwrap();
            },
            resets,
        );
        serve_once(
            move |connection| {
                asked(connection);
                connection.set_linger(Some(Duration::ZERO)).unwrap();
            },
            resets,
        );
    });
}

#[test]
fn a_connection_that_was_detached_is_its_handlers() {
    limited(|| {
        let (give, given) = mpsc::channel::<Socket>();
        let given = Mutex::new(given);
        let kept: OwnedFd = serve_once(
            |connection| connection.detach().unwrap(),
            move |client| give.send(client.duplicate().unwrap()).unwrap(),
        );
        let (kept, client) = (
            Socket::from_fd(kept).unwrap(),
            given.lock().unwrap().recv().unwrap(),
        );
        kept.send_all(b"still here").unwrap();
        client.within(LATE).recv_exact(&mut [0; 10]).unwrap();
    });
}

/// With a plain close(2) the answer would end in a reset, since there is unread input.
#[test]
fn the_answer_to_a_request_that_nobody_read_comes_whole() {
    limited(|| {
        let handler = |connection: &Arc<Socket>, _: &Address| {
            let waiting = || connection.available().is_ok_and(|count| count == 7);
            until("the request is there", waiting);
            connection.send_all(b"go away")
        };
        let server = Server::start(listener(64).0, options(8), handler, no_trouble).unwrap();
        let clients: Vec<_> = (0..50).map(|_| connect(&server)).collect();
        for client in &clients {
            client.send_all(b"GET / \n").unwrap();
        }
        for client in clients {
            let mut answer = [0; 7];
            client.within(LATE).recv_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"go away");
            assert_eq!(client.within(LATE).recv(&mut answer).unwrap(), 0);
        }
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// FIN first would end the stream for the connection's other holders.
fn goes_on_for_another_holder(copy_of: fn(&Socket) -> Socket) {
    limited(move || {
        let (give, given) = mpsc::channel::<Socket>();
        let given = Mutex::new(given);
        let copy = serve_once(
            move |connection| {
                until("the request is there", || {
                    connection.available().is_ok_and(|count| count == 1)
                });
                copy_of(connection)
            },
            move |client| {
                client.send_all(b"?").unwrap();
                give.send(client.duplicate().unwrap()).unwrap();
            },
        );
        let client = given.lock().unwrap().recv().unwrap();
        copy.send_all(b"!").unwrap();
        let mut answer = [0; 2];
        assert_eq!(client.within(LATE).recv(&mut answer).unwrap(), 1);
    });
}

#[test]
fn a_connection_that_was_duplicated_goes_on_for_the_other_holder() {
    goes_on_for_another_holder(|connection| connection.duplicate().unwrap());
}

/// The case of a dispatcher that passes its connections on to workers.
#[test]
fn a_connection_whose_number_was_passed_on_goes_on_for_the_other_holder() {
    #[allow(unsafe_code)]
    goes_on_for_another_holder(|connection| {
        // SAFETY: the connection is open until its handler returns.
        let number = unsafe { BorrowedFd::borrow_raw(connection.fileno().unwrap()) };
        Socket::from_fd(number.try_clone_to_owned().unwrap()).unwrap()
    });
}

#[test]
fn one_thread_of_the_callers_serves_one_after_the_other() {
    limited(|| {
        for (max_connections, recruits) in [(1, 0), (5, 4)] {
            let server = Arc::new(Server::new(listener(16).0, options(max_connections)).unwrap());
            let clients: Vec<_> = (0..4).map(|_| connect(&server)).collect();
            for (client, order) in clients.iter().zip([b"a", b"b", b"c", b"s"]) {
                client.send_all(order).unwrap();
            }
            let mut worker = server.worker();
            let (mut handled, mut recruited) = (Vec::new(), 0);
            while let Some(step) = worker.step(&mut NativeCaller).unwrap() {
                match step {
                    Step::Handle { connection, peer } => {
                        assert_eq!(connection.peer_address().unwrap(), peer);
                        let mut order = [0];
                        connection.recv_exact(&mut order).unwrap();
                        connection.send_all(&order).unwrap();
                        assert_eq!(server.connections(), 1);
                        if &order == b"s" {
                            assert_eq!(server.stop(LATE, &mut NativeCaller).unwrap(), 0);
                            assert!(!worker.is_woken());
                        }
                        handled.push(order[0]);
                    }
                    Step::Recruit => {
                        recruited += 1;
                        worker.become_last_worker();
                    }
                    Step::Trouble(_) | _ => panic!("no trouble was to be"),
                }
            }
            assert_eq!((handled.as_slice(), recruited), (b"abcs".as_slice(), recruits));
            for client in &clients {
                client.within(LATE).recv_exact(&mut [0]).unwrap();
                assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
            }
        }
    });
}

/// A thread may end before it becomes a worker, without reporting that.
#[test]
fn a_worker_that_does_not_come_is_asked_for_again_after_a_second() {
    limited(|| {
        let server = Arc::new(Server::new(listener(16).0, options(3)).unwrap());
        let mut worker = server.worker();
        // Before and after the step that asked: the request happened in between.
        let mut asked: Vec<(Instant, Instant)> = Vec::new();
        while asked.len() < 2 {
            let late = |asked: &(Instant, Instant)| asked.1.elapsed() >= LATE;
            assert!(!asked.iter().any(late), "never again");
            let client = connect(&server);
            let before = Instant::now();
            let mut step = worker.step(&mut NativeCaller).unwrap();
            if matches!(step, Some(Step::Recruit)) {
                asked.push((before, Instant::now()));
                step = worker.step(&mut NativeCaller).unwrap();
            }
            assert!(matches!(step, Some(Step::Handle { .. })), "{step:?}");
            // A connection every few milliseconds, none of which leaves a port in TIME_WAIT.
            assert_eq!(kind(client.within(ms(5)).recv(&mut [0])), Kind::TimedOut);
            client.abort().unwrap();
        }
        let between = asked[1].1 - asked[0].0;
        assert!(between >= ms(1000), "{between:?}");
        // Once one has arrived, it is no longer waited for: the next is requested when it is needed.
        let second = server.worker();
        let client = connect(&server);
        assert!(matches!(
            worker.step(&mut NativeCaller).unwrap(),
            Some(Step::Recruit)
        ));
        drop((client, second));
        assert_eq!(server.stop(LATE, &mut NativeCaller).unwrap(), 0);
    });
}

/// Four workers, of whom two may handle a connection: the others neither handle one nor hold anything up.
#[cfg(target_os = "linux")] // counts how often a thread sleeps
#[test]
fn more_threads_of_the_callers_than_may_serve() {
    limited(|| {
        let server = Arc::new(Server::new(listener(64).0, options(2)).unwrap());
        let work = |server: Arc<Server>| {
            let (mut worker, mut handled) = (server.worker(), 0);
            while let Some(step) = worker.step(&mut NativeCaller).unwrap() {
                if let Step::Handle { connection, .. } = step {
                    assert!(server.connections() <= 2);
                    let _ = echo(&connection);
                    handled += 1;
                }
            }
            handled
        };
        let begin = || {
            let server = Arc::clone(&server);
            start(move || work(server))
        };
        let mut workers = vec![begin(), begin()];
        let clients: Vec<_> = (0..40).map(|_| connect(&server)).collect();
        until("two are handled", || server.connections() == 2);
        workers.extend([begin(), begin()]);
        until("they wait for a turn", || {
            workers[2..].iter().all(|worker| worker.observer.sleeps() > 0)
        });
        assert_eq!(server.connections(), 2);
        clients.iter().take(38).for_each(|client| {
            assert_served(client);
            client.shutdown(polysock::Shutdown::Write).unwrap();
        });
        clients[38..].iter().for_each(assert_served);
        // Workers with nothing to do leave although the others are busy.
        let stopped = Arc::clone(&server);
        let stopping = start(move || stopped.stop(polysock::Timeout::Never, &mut NativeCaller));
        until("two have left", || {
            workers.iter().filter(|worker| !worker.is_running()).count() == 2
        });
        assert_eq!(server.connections(), 2);
        drop(clients);
        assert_eq!(stopping.result().unwrap(), 0);
        let handled: usize = workers.into_iter().map(Running::result).sum();
        assert_eq!(handled, 40);
    });
}

/// Dropped in the middle of anything, a worker leaves no trace.
#[test]
fn a_worker_that_is_dropped_ends_its_connection() {
    limited(|| {
        let server = Arc::new(Server::new(listener(16).0, options(4)).unwrap());
        let clients = [connect(&server), connect(&server)];
        let mut worker = server.worker();
        assert!(matches!(
            worker.step(&mut NativeCaller).unwrap(),
            Some(Step::Recruit)
        ));
        assert_eq!(server.connections(), 1);
        drop(worker); // it has not come to see the connection
        assert_eq!(clients[0].within(LATE).recv(&mut [0]).unwrap(), 0);
        let mut worker = server.worker();
        assert!(matches!(
            worker.step(&mut NativeCaller).unwrap(),
            Some(Step::Recruit)
        ));
        assert!(matches!(
            worker.step(&mut NativeCaller).unwrap(),
            Some(Step::Handle { .. })
        ));
        assert_eq!(server.connections(), 1);
        drop(worker);
        assert_eq!(server.connections(), 0);
        assert_eq!(clients[1].within(LATE).recv(&mut [0]).unwrap(), 0);
        assert_eq!(server.stop(LATE, &mut NativeCaller).unwrap(), 0);
    });
}

#[test]
fn what_is_no_listener_is_refused() {
    limited(|| {
        let refused = |socket: Socket, options: ServeOptions| {
            let error = Server::new(socket, options).unwrap_err();
            assert_eq!(error.operation(), Operation::Server);
            error.kind()
        };
        assert_eq!(
            refused(listener(1).0, options(0)),
            Kind::InvalidInput("max_connections")
        );
        assert_eq!(refused(connection().0, options(1)), Kind::Os(libc::EINVAL));
        assert_eq!(
            refused(unix_pair(libc::SOCK_DGRAM).0, options(1)),
            Kind::Os(libc::EOPNOTSUPP)
        );
        let (closed, _) = listener(1);
        closed.close().unwrap();
        assert_eq!(refused(closed, options(1)), Kind::Closed);
        // A refused listener is unchanged, except that it is dropped.
        let (kept, _) = listener(1);
        let kept = Arc::new(kept);
        Server::new(Arc::clone(&kept), options(0)).unwrap_err();
        assert!(!kept.is_closed());
        // An accepted listener never blocks in accept(2), even if other processes take its connections.
        let server = Server::new(kept, ServeOptions::default()).unwrap();
        let flags = system::status_flags(server.listener().fileno().unwrap());
        assert_ne!(flags & libc::O_NONBLOCK, 0);
        assert_eq!(ServeOptions::default().max_connections, 100);
    });
}
