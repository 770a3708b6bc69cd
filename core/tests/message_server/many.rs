//! Many connections, more than there may be, and no descriptors left for them.

use super::support::*;
use super::taking_over::Door;
use crate::common::alone::alone;
use polysock::{
    create_server, CloseReason, Connection, Error, Family, Framing, Kind, MessageHandler, Reply, Result,
    Socket,
};
use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

/// How many connections the descriptors of this process allow, with both ends.
fn most_connections() -> usize {
    // Two descriptors a connection, and some more.
    system::room_for_descriptors(2 * 2000 + 100).saturating_sub(100) / 2
}

#[test]
fn many_idle_connections_and_some_busy_ones_need_few_threads() {
    alone(|| {
        limited(|| {
            let (server, _called) = start(Some(Framing::default()), options(), echo);
            let idle: Vec<_> = (0..most_connections()).map(|_| connect(&server)).collect();
            until("all are open", || server.connections() == idle.len());
            let busy: Vec<_> = (0..20).map(|_| connect(&server)).collect();
            for _ in 0..50 {
                for client in &busy {
                    client.send_all(b"\0\0\0\x05hello").unwrap();
                }
                for client in &busy {
                    assert_answered(client, b"", b"\0\0\0\x05hello");
                }
            }
            // The test's three, and no more than the server's workers; usually it needs two.
            if let Some(threads) = system::thread_count() {
                assert!(threads <= 3 + options().workers, "{threads} threads");
            }
            for client in &idle {
                assert_answered(client, b"\0\0\0\x02hi", b"\0\0\0\x02hi");
            }
            assert_eq!(server.stop(LATE).unwrap(), 0);
            assert_eq!(server.stats().handled, idle.len() as u64 + 20);
        });
    });
}

#[test]
fn no_more_connections_than_allowed() {
    limited(|| {
        let mut few = options();
        few.max_connections = 3;
        let (server, called) = start(Some(Framing::lines()), few, echo);
        let mut clients: Vec<_> = (0..10).map(|_| connect(&server)).collect();
        // They are accepted in the order in which they came.
        while !clients.is_empty() {
            for client in clients.iter().take(3) {
                assert_answered(client, b"hello\n", b"hello\n");
                assert!(server.connections() <= 3);
            }
            drop(clients.remove(0));
            assert_eq!(next_close(&called), CloseReason::PeerFinished);
        }
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// Counts the connections that callbacks know of; `on_close` waits at a door.
#[derive(Clone, Default)]
struct Counting {
    door: Arc<Door>,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl MessageHandler for Counting {
    type State = usize;
    type Failure = Error;

    fn on_open(&self, _: &Arc<Connection>) -> Result<usize> {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
        Ok(0)
    }

    fn on_message(
        &self,
        _: &Arc<Connection>,
        _: &mut usize,
        line: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        reply.send(line)
    }

    fn on_close(&self, _: &Arc<Connection>, _: usize, _: &CloseReason) -> Result<()> {
        self.door.wait();
        self.open.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn a_place_is_free_when_on_close_has_returned() {
    limited(|| {
        let (mut one, handler) = (options(), Counting::default());
        one.max_connections = 1;
        let server = serve(listener(128).0, Some(Framing::lines()), one, handler.clone());
        let first = connect(&server);
        assert_answered(&first, b"hello\n", b"hello\n");
        let second = connect(&server);
        second.send_all(b"hello\n").unwrap();
        drop(first);
        until("the first is closed", || handler.door.waiting() == 1);
        assert_eq!(kind(second.within(ms(30)).recv(&mut [0; 1])), Kind::TimedOut);
        handler.door.open();
        assert_answered(&second, b"", b"hello\n");
        assert_eq!(handler.most.load(Ordering::SeqCst), 1);
        drop(second);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

#[test]
fn without_descriptors_connections_wait() {
    alone(|| {
        limited(|| {
            let (server, called) = start(Some(Framing::lines()), options(), echo);
            let served = connect(&server);
            assert_answered(&served, b"hello\n", b"hello\n");
            let address = server.listener().local_address().unwrap();
            let clients: Vec<_> = (0..6).map(|_| Socket::tcp(address.family()).unwrap()).collect();
            let old = system::limit_descriptors(60);
            let mut filler = Vec::new();
            while let Ok(file) = File::open("/dev/null") {
                filler.push(file);
            }
            let (began, cpu) = (Instant::now(), system::process_cpu());
            for client in &clients {
                client.within(LATE).connect(&address).unwrap();
                client.send_all(b"hello\n").unwrap();
            }
            let mut reports = 0;
            while reports < 11 {
                if let Called::Trouble(words) = next(&called) {
                    assert!(words.contains(&text_of(libc::EMFILE)), "{words}");
                    reports += 1;
                }
            }
            // The first pause is a millisecond, the next is twice as long: nearly all the time was slept.
            assert!(began.elapsed() >= ms(1023));
            assert!(system::process_cpu() - cpu < ms(400), "it spins");
            // Meanwhile the others are served, and the end of one makes room for another at once.
            assert_answered(&served, b"again\n", b"again\n");
            drop(served);
            until("one is served", || {
                clients.iter().any(|client| client.available() == Ok(6))
            });
            filler.clear();
            system::limit_descriptors(old);
            for client in &clients {
                client.within(LATE).recv_exact(&mut [0; 6]).unwrap();
            }
            assert_eq!(server.stop(LATE).unwrap(), 0);
        });
    });
}

#[test]
fn unix_sockets_are_served() {
    limited(|| {
        let listener = Socket::new(
            Family::UNIX,
            polysock::SocketType::STREAM,
            polysock::Protocol::DEFAULT,
        )
        .unwrap();
        listener.bind(&polysock::Address::unix(b"").unwrap()).unwrap();
        listener.listen(16).unwrap();
        let (server, called) = start_on(listener, Some(Framing::lines()), options(), echo);
        let address = server.listener().local_address().unwrap();
        let client = Socket::new(
            Family::UNIX,
            polysock::SocketType::STREAM,
            polysock::Protocol::DEFAULT,
        )
        .unwrap();
        client.within(LATE).connect(&address).unwrap();
        client.set_timeout(LATE);
        assert_answered(&client, b"hello\n", b"hello\n");
        drop(client);
        assert_eq!(next_close(&called), CloseReason::PeerFinished);
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

#[test]
fn only_a_listening_stream_is_served() {
    let refused = |socket: Socket| {
        let made = polysock::MessageServer::new(socket, None, options());
        made.unwrap_err().kind()
    };
    assert_eq!(
        refused(Socket::tcp(Family::IPV4).unwrap()),
        Kind::Os(libc::EINVAL)
    );
    let datagrams = Socket::new(
        Family::IPV4,
        polysock::SocketType::DATAGRAM,
        polysock::Protocol::DEFAULT,
    )
    .unwrap();
    assert_eq!(refused(datagrams), Kind::InvalidInput("socket"));
    let closed = create_server("127.0.0.1", 0, 1).unwrap();
    closed.close().unwrap();
    assert_eq!(refused(closed), Kind::Closed);
    for set in [
        |options: &mut polysock::MessageServeOptions| options.workers = 0,
        |options: &mut polysock::MessageServeOptions| options.max_connections = 0,
        |options: &mut polysock::MessageServeOptions| options.max_unsent = 0,
    ] {
        let mut zero = options();
        set(&mut zero);
        let made = polysock::MessageServer::new(create_server("127.0.0.1", 0, 1).unwrap(), None, zero);
        assert!(matches!(made.unwrap_err().kind(), Kind::InvalidInput(_)));
    }
}
