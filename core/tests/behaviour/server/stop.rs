//! How a callback server ends, from anywhere, and what it survives.

use super::support::*;
use crate::support::alone::alone;
use crate::support::*;
use polysock::{
    Address, CallHints, Caller, Error, Kind, NativeCaller, Server, Socket, Start, StartedServer, Stop,
    Timeout, Trouble,
};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// More time than a handler whose connection was closed gets to return.
const PATIENCE: Duration = Duration::from_millis(2500);

/// A door that handlers wait at, in no call of their connections.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<bool>, Condvar)>);

impl Door {
    fn pass(&self) {
        let (open, changed) = &*self.0;
        drop(changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.0 .0.lock().unwrap() = true;
        self.0 .1.notify_all();
    }
}

#[test]
fn handlers_may_finish() {
    limited(|| {
        let door = Door::default();
        let at_door = door.clone();
        let handler = move |connection: &Arc<Socket>, _: &Address| {
            at_door.pass();
            connection.send_all(b"finished")
        };
        let server = Server::start(listener(16).0, options(4), handler, no_trouble).unwrap();
        let clients = [connect(&server), connect(&server)];
        until("both are handled", || server.connections() == 2);
        let (server, address) = (Arc::new(server), server_address(&clients[0]));
        let stopped = Arc::clone(&server);
        let stopping = start(move || timed(|| stopped.stop(LIMIT)));
        until("accepting has ended", || server.listener().is_closed());
        until("no more are accepted", || visit(&address) == Err(REFUSED));
        assert!(stopping.is_running());
        door.open();
        let (running, took) = stopping.result();
        assert_eq!(running.unwrap(), 0);
        assert!(took < LATE);
        for client in clients {
            client.within(LATE).recv_exact(&mut [0; 8]).unwrap();
            assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
        }
    });
}

const REFUSED: Kind = Kind::Os(libc::ECONNREFUSED);

#[test]
fn handlers_are_woken_when_time_is_up() {
    limited(|| {
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        let hook = move |trouble: Trouble<Error>, peer: Option<&Address>| {
            let Trouble::Woken(error) = trouble else {
                return no_trouble(trouble, peer);
            };
            tell.lock().unwrap().send(error.kind()).unwrap();
        };
        let handler = |connection: &Arc<Socket>, _: &Address| echo(connection);
        // Room for all: a connection that finds none is retried only after a second.
        let server = Server::start(listener(64).0, options(20), handler, hook).unwrap();
        let clients: Vec<_> = (0..20).map(|_| connect(&server)).collect();
        clients.iter().for_each(assert_served);
        let (running, took) = timed(|| server.stop(ms(120)));
        assert_eq!(running.unwrap(), 0);
        assert!(took >= ms(120) && took < PATIENCE, "{took:?}");
        for client in &clients {
            assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
            assert_eq!(told.recv_timeout(LATE).unwrap(), Kind::Closed);
        }
        // Again: nothing is left to do.
        for timeout in [Timeout::NonBlocking, Timeout::Never] {
            let (running, took) = timed(|| server.stop(timeout));
            assert_eq!(running.unwrap(), 0);
            assert!(took < ms(900));
        }
    });
}

/// In a separate process: it looks for the threads of servers.
#[cfg(target_os = "linux")] // finds threads by their names
#[test]
fn a_handler_that_blocks_for_ever_is_told_of() {
    alone(|| {
        limited(|| {
            let door = Door::default();
            let at_door = door.clone();
            let handler = move |_: &Arc<Socket>, _: &Address| {
                at_door.pass();
                Ok::<_, Error>(())
            };
            let server = Server::start(listener(16).0, options(4), handler, no_trouble).unwrap();
            let client = connect(&server);
            let _other = connect(&server);
            until("both are handled", || server.connections() == 2);
            let (running, took) = timed(|| server.stop(Timeout::NonBlocking));
            assert_eq!(running.unwrap(), 2);
            assert!(took < PATIENCE, "{took:?}");
            // Its connection has ended nevertheless.
            assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
            let (_, took) = timed(|| drop(server));
            assert!(took < PATIENCE, "{took:?}");
            assert_eq!(system::threads("polysock-server"), 2);
            door.open();
            until("the threads have ended", || {
                system::threads("polysock-server") == 0
            });
        })
    });
}

/// In a separate process: it looks for the threads of servers.
#[cfg(target_os = "linux")] // finds threads by their names
#[test]
fn no_thread_is_left_behind() {
    alone(|| {
        limited(|| {
            for clients in 0..30 {
                let server = start_echo(30);
                let clients: Vec<_> = (0..clients).map(|_| connect(&server)).collect();
                clients.iter().for_each(assert_served);
                let timeout = if clients.len() % 2 == 0 {
                    Timeout::NonBlocking
                } else {
                    drop(clients);
                    Timeout::Never
                };
                assert_eq!(server.stop(timeout).unwrap(), 0);
                assert_eq!(system::threads("polysock-server"), 0);
            }
        });
    });
}

/// A server that its handlers can access.
fn start_with_itself(
    handler: impl Fn(&Arc<StartedServer>, &Arc<Socket>) -> Result<(), Error> + Send + Sync + 'static,
) -> Arc<StartedServer> {
    let itself: Arc<OnceLock<Arc<StartedServer>>> = Arc::default();
    let within = Arc::clone(&itself);
    let handler = move |connection: &Arc<Socket>, _: &Address| handler(within.get().unwrap(), connection);
    let server = Server::start(listener(16).0, options(4), handler, no_trouble).unwrap();
    let server = Arc::new(server);
    itself.set(Arc::clone(&server)).unwrap();
    server
}

#[test]
fn a_handler_stops_its_own_server() {
    limited(|| {
        for timeout in [Timeout::NonBlocking, ms(500).into(), Timeout::Never] {
            let server = start_with_itself(move |server, connection| {
                let (running, took) = timed(|| server.stop(timeout));
                assert_eq!(running.unwrap(), 0);
                // One that waits for itself or for another thread waits a second.
                assert!(took < ms(900), "{took:?}");
                connection.send_all(b"bye")
            });
            let client = connect(&server);
            client.within(LATE).recv_exact(&mut [0; 3]).unwrap();
            assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
            server.wait(LATE).unwrap();
            assert_eq!(server.stop(LATE).unwrap(), 0);
        }
    });
}

/// In any order: some have left stop, and still handle, while others are inside.
#[test]
fn handlers_that_stop_their_server_do_not_wait_for_each_other() {
    limited(|| {
        for _ in 0..100 {
            let all = Arc::new(std::sync::Barrier::new(3));
            let server = start_with_itself(move |server, connection| {
                all.wait();
                assert_eq!(server.stop(Timeout::Never).unwrap(), 0);
                assert_eq!(server.stop(Timeout::NonBlocking).unwrap(), 0);
                connection.send_all(b"bye")
            });
            let clients = [connect(&server), connect(&server), connect(&server)];
            for client in clients {
                client.within(LATE).recv_exact(&mut [0; 3]).unwrap();
            }
            assert_eq!(server.stop(LATE).unwrap(), 0);
        }
    });
}

/// What it does after stop is a handler's work like any other.
#[test]
fn a_handler_that_stops_its_server_is_waited_for_by_other_threads() {
    limited(|| {
        let (stopped, go_on) = (Door::default(), Door::default());
        let (tell, wait) = (stopped.clone(), go_on.clone());
        let server = start_with_itself(move |server, connection| {
            let mut first = [0];
            connection.recv_exact(&mut first)?;
            assert_eq!(server.stop(Timeout::Never).unwrap(), 0);
            if first == *b"1" {
                tell.open();
                wait.pass();
            }
            connection.send_all(b"bye")
        });
        let (first, second) = (connect(&server), connect(&server));
        until("both are handled", || server.connections() == 2);
        first.send_all(b"1").unwrap();
        // The first is inside stop until the second is, too.
        second.send_all(b"2").unwrap();
        stopped.pass();
        second.within(LATE).recv_exact(&mut [0; 3]).unwrap();
        until("the second has ended", || server.connections() == 1);
        assert_eq!(server.stop(Timeout::NonBlocking).unwrap(), 1);
        go_on.open();
        assert_eq!(server.stop(LATE).unwrap(), 0);
        assert_eq!(server.connections(), 0);
        assert_eq!(first.within(LATE).recv(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn a_handler_that_stops_its_server_ends_the_others() {
    limited(|| {
        let server = start_with_itself(|server, connection| {
            let mut byte = [0];
            if connection.recv(&mut byte)? == 1 {
                assert_eq!(server.stop(Timeout::NonBlocking).unwrap(), 0);
                connection.send_all(b"bye")?;
            }
            Ok(())
        });
        // Woken handlers fail with Closed, which does not count as trouble here.
        let others = [connect(&server), connect(&server)];
        until("both are handled", || server.connections() == 2);
        let client = connect(&server);
        client.send_all(b"!").unwrap();
        client.within(LATE).recv_exact(&mut [0; 3]).unwrap();
        for other in others {
            assert_eq!(other.within(LATE).recv(&mut [0]).unwrap(), 0);
        }
    });
}

#[test]
fn dropped_by_a_handler() {
    limited(|| {
        let itself: Arc<Mutex<Option<StartedServer>>> = Arc::default();
        let within = Arc::clone(&itself);
        let handler = move |connection: &Arc<Socket>, _: &Address| {
            drop(within.lock().unwrap().take());
            connection.send_all(b"bye")
        };
        let server = Server::start(listener(16).0, options(4), handler, no_trouble).unwrap();
        let client = {
            let mut slot = itself.lock().unwrap();
            let client = connect(&server);
            *slot = Some(server);
            client
        };
        client.within(LATE).recv_exact(&mut [0; 3]).unwrap();
        assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
        assert_eq!(visit(&server_address(&client)), Err(REFUSED));
    });
}

#[test]
fn stopped_before_it_runs_and_from_many_threads() {
    limited(|| {
        let server = Arc::new(Server::new(listener(16).0, options(4)).unwrap());
        let waiting = connect(&server);
        assert_eq!(server.stop(Timeout::Never, &mut NativeCaller).unwrap(), 0);
        assert_eq!(
            kind(waiting.within(LATE).recv(&mut [0])),
            Kind::Os(libc::ECONNRESET)
        );
        assert!(server.worker().step(&mut NativeCaller).unwrap().is_none());
        server.wait(Timeout::NonBlocking, &mut NativeCaller).unwrap();

        for _ in 0..20 {
            let server = start_echo(8);
            let clients: Vec<_> = (0..8).map(|_| connect(&server)).collect();
            clients.iter().for_each(assert_served);
            thread::scope(|scope| {
                for timeout in [Timeout::Never, LATE.into(), ms(20).into(), Timeout::NonBlocking] {
                    let server = &server;
                    scope.spawn(move || assert_eq!(server.stop(timeout).unwrap(), 0));
                }
            });
        }
    });
}

/// What a handler owns, until the last thread that uses it drops it.
struct Owned<F: FnMut()>(F);

impl<F: FnMut()> Drop for Owned<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// They have ended for every thread that stops the server, not only for the first.
#[test]
fn every_stop_waits_for_the_threads() {
    limited(|| {
        let (begun, door) = (Door::default(), Door::default());
        let ended = Arc::new(AtomicBool::new(false));
        let (tell, wait, note) = (begun.clone(), door.clone(), Arc::clone(&ended));
        let owned = Owned(move || {
            tell.open();
            wait.pass();
            note.store(true, Ordering::SeqCst);
        });
        let handler = move |connection: &Arc<Socket>, _: &Address| {
            let _keep = &owned;
            echo(connection)
        };
        let server = Arc::new(Server::start(listener(16).0, options(4), handler, no_trouble).unwrap());
        let stop = || {
            let (server, ended) = (Arc::clone(&server), Arc::clone(&ended));
            start(move || {
                assert_eq!(server.stop(Timeout::NonBlocking).unwrap(), 0);
                ended.load(Ordering::SeqCst)
            })
        };
        let first = stop();
        begun.pass();
        let second = stop();
        let began = Instant::now();
        while second.is_running() && began.elapsed() < ms(30) {
            thread::yield_now();
        }
        door.open();
        assert!(first.result());
        assert!(second.result());
    });
}

/// Nothing stops it: the listener is closed, and the thread that ends drops the last references, including the server's.
#[test]
fn dropped_by_a_thread_of_its_own_that_ends() {
    limited(|| {
        let (tell, told) = mpsc::channel();
        let itself: Arc<Mutex<Option<StartedServer>>> = Arc::default();
        let within = Arc::clone(&itself);
        let owned = Owned(move || {
            let server = within.lock().unwrap().take();
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(server)));
            tell.send(dropped.is_ok()).unwrap();
        });
        let handler = move |connection: &Arc<Socket>, _: &Address| {
            let _keep = &owned;
            echo(connection)
        };
        let server = Server::start(listener(16).0, options(4), handler, no_trouble).unwrap();
        let accepting = Arc::clone(server.listener());
        *itself.lock().unwrap() = Some(server);
        accepting.close().unwrap();
        assert!(told.recv_timeout(LATE).unwrap());
    });
}

#[test]
fn closing_the_listener_ends_accepting() {
    limited(|| {
        let server = start_echo(4);
        let client = connect(&server);
        assert_served(&client);
        let (early, took) = timed(|| server.wait(ms(50)));
        assert_eq!(kind(early), Kind::TimedOut);
        assert!(took >= ms(50));
        assert_eq!(kind(server.wait(Timeout::NonBlocking)), Kind::WouldBlock);
        let server = Arc::new(server);
        let waiter = Arc::clone(&server);
        let waiting = start_blocked(move || waiter.wait(Timeout::Never));
        server.listener().close().unwrap();
        waiting.result().unwrap();
        // What was accepted goes on.
        assert_served(&client);
        drop(client);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// The handler has sent more than fits, and asked close to wait for it.
#[test]
fn a_linger_time_does_not_hold_up_stop() {
    limited(|| {
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        let handler = move |connection: &Arc<Socket>, _: &Address| {
            connection.set_linger(Some(LIMIT * 3))?;
            fill(connection);
            tell.lock().unwrap().send(()).unwrap();
            connection.recv(&mut [0]).map(drop)
        };
        let server = Server::start(listener(16).0, options(4), handler, no_trouble).unwrap();
        let client = connect(&server);
        told.recv_timeout(LATE).unwrap();
        let (running, took) = timed(|| server.stop(Timeout::NonBlocking));
        assert_eq!(running.unwrap(), 0);
        assert!(took < PATIENCE, "{took:?}");
        drop(client);
    });
}

/// Each client is served or refused; none waits forever.
#[test]
fn stopped_in_the_middle_of_a_burst() {
    limited(|| {
        for round in 0..20 {
            let visits = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&visits);
            let handler = move |connection: &Arc<Socket>, _: &Address| {
                counted.fetch_add(1, Ordering::SeqCst);
                echo(connection)
            };
            let server = Server::start(listener(16).0, options(6), handler, no_trouble).unwrap();
            let address = server.listener().local_address().unwrap();
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(move || loop {
                        match visit(&address) {
                            Ok(()) => {}
                            Err(REFUSED) => return,
                            // A reset, or an end before the answer.
                            Err(Kind::Os(libc::ECONNRESET | libc::EPIPE) | Kind::EndOfStream) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    });
                }
                until("some were served", || visits.load(Ordering::SeqCst) > round * 5);
                assert_eq!(server.stop(ms(1)).unwrap(), 0);
            });
        }
    });
}

fn visit(address: &Address) -> Result<(), Kind> {
    let ask = || {
        let client = Socket::tcp(address.family())?;
        client.within(LATE).connect(address)?;
        client.send_all(b"hello")?;
        client.within(LATE).recv_exact(&mut [0; 5])
    };
    ask().map_err(|error| error.kind())
}

/// A caller that ends every call that a signal interrupts.
struct Impatient;

impl Caller for Impatient {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        if system::signals() > 0 {
            Err(Stop)
        } else {
            Ok(())
        }
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Direct
    }
}

/// In a separate process: it counts the signals of the process.
#[test]
fn a_signal_ends_what_the_host_wants_ended() {
    alone(|| {
        limited(|| {
            system::handle_signal(libc::SIGUSR1);
            let door = Door::default();
            let at_door = door.clone();
            let handler = move |_: &Arc<Socket>, _: &Address| {
                at_door.pass();
                Ok::<_, Error>(())
            };
            let started = Server::start(listener(16).0, options(4), handler, no_trouble).unwrap();
            let _client = connect(&started);
            until("it is handled", || started.connections() == 1);
            let idle = Server::new(listener(16).0, options(4)).unwrap();
            let (started, idle) = (Arc::new(started), Arc::new(idle));

            let mut worker = idle.worker();
            let working = start_blocked(move || (kind(worker.step(&mut Impatient)), worker));
            let waiter = Arc::clone(&idle);
            let waiting = start_blocked(move || waiter.wait(Timeout::Never, &mut Impatient));
            let stopper = Arc::clone(&started);
            let stopping = start(move || Server::stop(&stopper, Timeout::Never, &mut Impatient));
            until("accepting has ended", || started.listener().is_closed());

            working.thread.signal(libc::SIGUSR1);
            let (ended, _still_a_worker) = working.result();
            assert_eq!(ended, Kind::Interrupted);
            waiting.thread.signal(libc::SIGUSR1);
            assert_eq!(kind(waiting.result()), Kind::Interrupted);
            assert_eq!(kind(stopping.result()), Kind::Interrupted);

            // The next thread takes the turn that was given up, and stop can be called again.
            assert!(!idle.listener().is_closed());
            let mut worker = idle.worker();
            let working = start_blocked(move || worker.step(&mut NativeCaller).map(|step| step.is_none()));
            assert_eq!(idle.stop(LATE, &mut NativeCaller).unwrap(), 0);
            assert!(working.result().unwrap());
            door.open();
            assert_eq!(started.stop(LATE).unwrap(), 0);
        });
    });
}
