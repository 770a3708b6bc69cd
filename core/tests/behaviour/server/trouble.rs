//! Failures of a callback server's accept: temporary ones, and final ones.

use super::support::*;
use crate::support::alone::alone;
use crate::support::*;
use polysock::{Address, Error, Kind, Server, Socket, Timeout, Trouble};
use std::fs::File;
use std::os::fd::AsFd;
use std::sync::{mpsc, Arc, Mutex};
use std::time::Instant;

/// How many descriptors wake a thread: those of a pipe, or an eventfd.
const WAKER_DESCRIPTORS: usize = if cfg!(all(target_os = "linux", not(polysock_portable))) {
    1
} else {
    2
};

/// In a separate process: the number that is closed may be reused by other tests.
#[test]
fn a_listener_that_is_gone_is_said() {
    alone(|| {
        limited(|| {
            let (tell, told) = mpsc::channel();
            let tell = Mutex::new(tell);
            let hook = move |trouble: Trouble<Error>, _: Option<&Address>| {
                let Trouble::Accept(error) = trouble else {
                    return no_trouble(trouble, None);
                };
                tell.lock().unwrap().send(error).unwrap();
            };
            let handler = |connection: &Arc<Socket>, _: &Address| echo(connection);
            let server = Server::start(listener(16).0, options(4), handler, hook).unwrap();
            let client = connect(&server);
            assert_served(&client);
            let number = server.listener().fileno().unwrap();
            let (other_thing, other_end) = connection();
            other_end.send_all(b"x").unwrap();
            let other_thing = other_thing.detach().unwrap();
            // Where the leader is asleep already, it is so until something comes to the old one.
            let late = Socket::tcp(server_address(&client).family()).unwrap();
            let address = server_address(&client);
            system::dup2(other_thing.as_fd(), number);
            let _ = late.within(LATE).connect(&address);
            client.send_all(b"hello").unwrap();
            assert_eq!(kind(server.wait(LATE)), Kind::Os(libc::EINVAL));
            assert_eq!(told.recv_timeout(LATE).unwrap().kind(), Kind::Os(libc::EINVAL));
            client.within(LATE).recv_exact(&mut [0; 5]).unwrap();
            assert_eq!(server.stop(ms(10)).unwrap(), 0);
        });
    });
}

#[test]
fn without_descriptors_connections_wait() {
    alone(|| {
        limited(|| {
            let (tell, told) = mpsc::channel();
            let tell = Mutex::new(tell);
            let hook = move |trouble: Trouble<Error>, peer: Option<&Address>| {
                let Trouble::Accept(error) = trouble else {
                    return no_trouble(trouble, peer);
                };
                assert!(peer.is_none());
                tell.lock().unwrap().send(error.kind()).unwrap();
            };
            let handler = |connection: &Arc<Socket>, _: &Address| echo(connection);
            let server = Server::start(listener(16).0, options(8), handler, hook).unwrap();
            let served = connect(&server);
            assert_served(&served);
            let address = server_address(&served);
            let clients: Vec<_> = (0..6).map(|_| Socket::tcp(address.family()).unwrap()).collect();
            let old = system::limit_descriptors(60);
            let mut filler = Vec::new();
            while let Ok(file) = File::open("/dev/null") {
                filler.push(file);
            }
            let (began, cpu) = (Instant::now(), system::process_cpu());
            for client in &clients {
                client.within(LATE).connect(&address).unwrap();
                client.send_all(b"hello").unwrap();
            }
            for _ in 0..11 {
                assert_eq!(told.recv_timeout(LATE).unwrap(), Kind::Os(libc::EMFILE));
            }
            // The first pause is a millisecond, the next is twice as long: nearly all the time was slept.
            let took = began.elapsed();
            assert!(system::process_cpu() - cpu < ms(200), "it spins");
            // A thread that was just starting may have given back what wakes it, which may be a pipe: then the first pause
            // came again.
            assert!(server.connections() <= 1 + WAKER_DESCRIPTORS);
            assert!(took >= ms(1023) || server.connections() > 1, "{took:?}");
            assert_served(&served);

            // When one of the server's connections ends there is room for another at once, however long the pause would be.
            let dropped = Instant::now();
            drop(served);
            let mut answers = 0;
            until("one is served", || {
                answers = clients
                    .iter()
                    .filter(|client| client.available() == Ok(5))
                    .count();
                answers > 0
            });
            assert!(dropped.elapsed() < ms(800));
            assert!(answers <= 3, "both its ends were ours");
            filler.clear();
            system::limit_descriptors(old);
            for client in &clients {
                client.within(LATE).recv_exact(&mut [0; 5]).unwrap();
            }
            // Nor does stop wait for the end of a pause.
            let more = [connect(&server), Socket::tcp(address.family()).unwrap()];
            assert_served(&more[0]);
            while told.try_recv().is_ok() {}
            system::limit_descriptors(60);
            while let Ok(file) = File::open("/dev/null") {
                filler.push(file);
            }
            more[1].within(LATE).connect(&address).unwrap();
            for _ in 0..11 {
                assert_eq!(told.recv_timeout(LATE).unwrap(), Kind::Os(libc::EMFILE));
            }
            let (running, took) = timed(|| server.stop(Timeout::NonBlocking));
            assert_eq!(running.unwrap(), 0);
            assert!(took < ms(900), "{took:?}"); // the pause is a second
            assert_eq!(
                kind(more[1].within(LATE).recv(&mut [0])),
                Kind::Os(libc::ECONNRESET)
            );
        });
    });
}
