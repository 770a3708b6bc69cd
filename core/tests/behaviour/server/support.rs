//! What the tests of servers share.

use crate::support::*;
use polysock::{Address, Error, Kind, ServeOptions, Server, Socket, StartedServer, Trouble};

pub fn options(max_connections: usize) -> ServeOptions {
    let mut options = ServeOptions::default();
    options.max_connections = max_connections;
    options
}

pub fn connect(server: &Server) -> Socket {
    let address = server.listener().local_address().unwrap();
    let client = Socket::tcp(address.family()).unwrap();
    client.within(LATE).connect(&address).unwrap();
    client
}

/// Sends back what it receives, until the peer's end of stream.
pub fn echo(connection: &Socket) -> Result<(), Error> {
    let mut room = [0; 4096];
    loop {
        match connection.recv(&mut room)? {
            0 => return Ok(()),
            count => connection.send_all(&room[..count])?,
        }
    }
}

/// For servers without trouble, except handlers that stop wakes.
pub fn no_trouble(trouble: Trouble<Error>, peer: Option<&Address>) {
    if matches!(&trouble, Trouble::Woken(error) if error.kind() == Kind::Closed) {
        return;
    }
    // A panic of the hook would be swallowed.
    eprintln!("{peer:?}: {trouble}");
    std::process::abort();
}

pub fn start_echo(max_connections: usize) -> StartedServer {
    Server::start(
        listener(64).0,
        options(max_connections),
        |connection, _| echo(connection),
        no_trouble,
    )
    .unwrap()
}

pub fn assert_served(client: &Socket) {
    client.send_all(b"hello").unwrap();
    let mut room = [0; 5];
    client.within(LATE).recv_exact(&mut room).unwrap();
    assert_eq!(&room, b"hello");
}

/// The address of the server that this client is connected to.
pub fn server_address(client: &Socket) -> Address {
    client.peer_address().unwrap()
}
