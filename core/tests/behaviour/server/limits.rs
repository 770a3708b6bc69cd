//! Time limits of a callback server, what it counts, and how long its end may take.

use super::support::*;
use crate::support::*;
use polysock::{Address, Error, Kind, ServeOptions, Server, Socket, StartedServer, Trouble};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::time::{Duration, Instant};

fn within(idle: Option<Duration>, handler: Option<Duration>) -> ServeOptions {
    let mut options = options(4);
    options.idle_timeout = idle;
    options.handler_timeout = handler;
    options
}

/// A server whose troubles go into a channel.
fn start_telling(
    options: ServeOptions,
    handler: impl Fn(&Arc<Socket>) -> Result<(), Error> + Send + Sync + 'static,
) -> (StartedServer, mpsc::Receiver<Trouble<Error>>) {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let hook = move |trouble, _: Option<&Address>| tell.lock().unwrap().send(trouble).unwrap();
    let handler = move |connection: &Arc<Socket>, _: &Address| handler(connection);
    let server = Server::start(listener(64).0, options, handler, hook).unwrap();
    (server, told)
}

/// They would occupy all workers forever. One report is enough for all.
#[test]
fn silent_peers_lose_their_places() {
    limited(|| {
        let idle = ms(1000); // all of them are connected within it, even on a loaded machine
        let (server, told) = start_telling(within(Some(idle), None), |connection| echo(connection));
        let began = Instant::now();
        let silent: Vec<_> = (0..4).map(|_| connect(&server)).collect();
        until("all places are taken", || server.connections() == 4);
        let client = connect(&server);
        assert_served(&client);
        drop(client); // or it is soon a silent peer, too
        assert!(began.elapsed() >= idle);
        for client in silent {
            assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
        }
        assert_eq!(server.stop(LATE).unwrap(), 0);
        let stats = server.stats();
        assert_eq!((stats.handled, stats.idle_timeouts), (5, 4));
        let reports: Vec<_> = told.try_iter().collect();
        assert!(!reports.is_empty() && reports.len() < 4, "{reports:?}");
        assert!(matches!(&reports[0], Trouble::Handler(error) if error.kind() == Kind::TimedOut));
    });
}

#[test]
fn a_peer_that_sends_in_time_stays() {
    limited(|| {
        let idle = ms(1000);
        let (server, _told) = start_telling(within(Some(idle), None), |connection| echo(connection));
        let client = connect(&server);
        for _ in 0..6 {
            std::thread::sleep(idle / 5); // the pace of a peer
            assert_served(&client);
        }
        drop(client);
        assert_eq!(server.stop(LATE).unwrap(), 0);
        assert_eq!(server.stats().idle_timeouts, 0);
    });
}

/// A peer that takes nothing is silent, too; and a limit that the handler sets is the one that counts.
#[test]
fn the_idle_timeout_is_what_connections_come_with() {
    limited(|| {
        let (server, told) = start_telling(within(Some(ms(100)), None), |connection| {
            assert_eq!(connection.recv_timeout(), ms(100).into());
            assert_eq!(kind(connection.within(ms(10)).recv(&mut [0])), Kind::TimedOut);
            let large = vec![0_u8; 20_000_000];
            let error = connection.send_all(&large).unwrap_err();
            assert!(error.kind() == Kind::TimedOut && error.done() > 0, "{error:?}");
            connection.set_timeout(LIMIT);
            connection.recv_exact(&mut [0; 5])
        });
        let client = connect(&server);
        until("the handler has had enough", || client.available().unwrap() > 0);
        std::thread::sleep(ms(300)); // beyond the server's limit
        client.send_all(b"hello").unwrap();
        until("it is handled", || server.stats().handled == 1);
        assert!(told.try_recv().is_err());
    });
}

/// Wherever the handler is: in the kernel, in poll, in none of the connection's calls; with room for more, and without.
#[test]
fn a_handler_that_takes_too_long_loses_its_connection() {
    limited(|| {
        for places in [3, 10] {
            let limit = ms(200);
            let mut options = within(None, Some(limit));
            options.max_connections = places;
            let door = Arc::new(Mutex::new(()));
            let locked = door.lock().unwrap();
            let (turn, at_door) = (AtomicUsize::new(0), Arc::clone(&door));
            let (server, told) = start_telling(options, move |connection| {
                match turn.fetch_add(1, Ordering::SeqCst) {
                    0 => connection.recv(&mut [0]).map(drop),
                    1 => connection.within(LIMIT).recv(&mut [0]).map(drop),
                    2 => {
                        drop(at_door.lock());
                        connection.send_all(b"late")
                    }
                    _ => echo(connection),
                }
            });
            let began = Instant::now();
            let clients: Vec<_> = (0..3).map(|_| connect(&server)).collect();
            for client in &clients {
                assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
                assert!(began.elapsed() >= limit);
            }
            // The handler keeps its place until it returns, and the others' are free.
            assert_served(&connect(&server));
            assert_eq!(server.stats().handler_timeouts, 3);
            drop(locked);
            assert_eq!(server.stop(LATE).unwrap(), 0);
            for trouble in told.try_iter() {
                assert!(
                    matches!(&trouble, Trouble::Woken(error) if error.kind() == Kind::Closed),
                    "{trouble:?}"
                );
            }
            assert_eq!(server.stats().handled, 4);
        }
    });
}

#[test]
fn a_connection_that_its_handler_closed_is_not_counted_as_taken() {
    limited(|| {
        let door = Arc::new(Mutex::new(()));
        let locked = door.lock().unwrap();
        let (turn, at_door) = (AtomicUsize::new(0), Arc::clone(&door));
        let (server, _told) = start_telling(within(None, Some(ms(100))), move |connection| {
            if turn.fetch_add(1, Ordering::SeqCst) > 0 {
                return connection.recv(&mut [0]).map(drop);
            }
            connection.close()?;
            drop(at_door.lock());
            Ok(())
        });
        for _ in 0..2 {
            assert_eq!(connect(&server).within(LATE).recv(&mut [0]).unwrap(), 0);
        }
        assert_eq!(server.stats().handler_timeouts, 1);
        drop(locked);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// Otherwise a port scan would report a line for each connection.
#[test]
fn resets_are_counted_and_said_once_a_second() {
    limited(|| {
        let (server, told) = start_telling(options(8), |connection| connection.recv(&mut [0]).map(drop));
        let began = Instant::now();
        for round in 1..=100 {
            let client = connect(&server);
            until("it is handled", || server.connections() == 1);
            client.abort().unwrap();
            until("it has been handled", || server.stats().handled == round);
        }
        let seconds = began.elapsed().as_secs() as usize;
        assert_eq!(server.stats().resets, 100);
        let reports: Vec<_> = told.try_iter().collect();
        assert!((1..=1 + seconds).contains(&reports.len()), "{reports:?}");
        for trouble in reports {
            assert!(
                matches!(&trouble, Trouble::Handler(error) if error.kind() == Kind::Os(libc::ECONNRESET))
            );
        }
    });
}

/// Failures on another connection, and those that no peer can cause, are reported each time, whatever the error's type.
#[test]
fn other_failures_are_all_reported() {
    limited(|| {
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        type Failure = Box<dyn std::error::Error + Send + Sync>;
        let turn = AtomicUsize::new(0);
        let handler = move |connection: &Arc<Socket>, _: &Address| -> Result<(), Failure> {
            match turn.fetch_add(1, Ordering::SeqCst) {
                0..=2 => Err(io::Error::from_raw_os_error(libc::ECONNRESET).into()), // the upstream's
                3..=5 => Err("no call".into()),
                _ => Ok(connection.recv(&mut [0]).map(drop).map_err(io::Error::from)?),
            }
        };
        let hook = move |trouble: Trouble<Failure>, _: Option<&Address>| {
            tell.lock().unwrap().send(trouble.to_string()).unwrap();
        };
        let server = Server::start(listener(64).0, options(1), handler, hook).unwrap();
        for handled in 1..=9 {
            let client = connect(&server);
            until("it is handled", || {
                server.connections() == 1 || server.stats().handled == handled
            });
            if handled > 6 {
                client.abort().unwrap();
            }
            until("it has been handled", || server.stats().handled == handled);
        }
        let reports = told.try_iter().count();
        assert_eq!((server.stats().resets, reports), (3, 7));
    });
}

#[test]
fn times_of_nothing_are_refused() {
    for (options, argument) in [
        (within(Some(Duration::ZERO), None), "idle_timeout"),
        (within(None, Some(Duration::ZERO)), "handler_timeout"),
    ] {
        let refused = Server::new(listener(1).0, options);
        assert_eq!(refused.unwrap_err().kind(), Kind::InvalidInput(argument));
    }
    let forever = within(Some(Duration::MAX), Some(Duration::MAX));
    let server = Server::start(
        listener(4).0,
        forever,
        |connection, _| echo(connection),
        no_trouble,
    )
    .unwrap();
    assert_served(&connect(&server));
}

/// The time limit is one for all.
#[test]
fn stop_takes_no_longer_for_many_connections() {
    limited(|| {
        let server = Server::start(
            listener(1024).0,
            options(300),
            |connection, _| {
                connection.set_linger(Some(LIMIT))?;
                let _ = connection.within(ms(1)).send_all(&[0_u8; 1_000_000]);
                connection.recv(&mut [0]).map(drop)
            },
            no_trouble,
        )
        .unwrap();
        let clients: Vec<_> = (0..300).map(|_| connect(&server)).collect();
        until("all are handled", || server.connections() == clients.len());
        let (running, took) = timed(|| server.stop(ms(100)));
        assert_eq!(running.unwrap(), 0);
        assert!(took >= ms(100) && took < LATE, "{took:?}");
    });
}

/// The peers take nothing, and the handlers have asked for a close that waits: the server's own does not.
#[test]
fn a_linger_time_does_not_hold_a_place() {
    limited(|| {
        let (server, told) = start_telling(options(2), |connection| {
            connection.set_linger(Some(LIMIT))?;
            let _ = connection.within(ms(20)).send_all(&[0_u8; 5_000_000]);
            Ok(())
        });
        let clients: Vec<_> = (0..6).map(|_| connect(&server)).collect();
        let began = Instant::now();
        until("all have been handled", || server.stats().handled == 6);
        assert!(began.elapsed() < LATE);
        assert_eq!(server.stop(LATE).unwrap(), 0);
        drop(clients);
        assert!(told.try_recv().is_err());
    });
}
