//! The callback server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use polysock_core::{Error, ServeOptions, Server, Socket, StartedServer, Trouble};
use support::*;

fn options(max_connections: usize) -> ServeOptions {
    let mut options = ServeOptions::default();
    options.max_connections = max_connections;
    options
}

fn connect(server: &Server) -> Socket {
    let address = server.listener().local_address().unwrap();
    let client = Socket::tcp(address.family()).unwrap();
    client.within(LATE).connect(&address).unwrap();
    client
}

/// Sends back what comes, until the peer's end of stream.
fn echo(connection: &Socket) -> Result<(), Error> {
    let mut room = [0; 4096];
    loop {
        match connection.recv(&mut room)? {
            0 => return Ok(()),
            count => connection.send_all(&room[..count])?,
        }
    }
}

fn start_echo(max_connections: usize) -> StartedServer {
    let no_trouble = |trouble: Trouble<Error>, _: Option<&_>| panic!("{trouble}");
    Server::start(
        listener(16).0,
        options(max_connections),
        |c, _| echo(c),
        no_trouble,
    )
    .unwrap()
}

fn assert_served(client: &Socket) {
    client.send_all(b"hello").unwrap();
    let mut room = [0; 5];
    client.within(LATE).recv_exact(&mut room).unwrap();
    assert_eq!(&room, b"hello");
}

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
