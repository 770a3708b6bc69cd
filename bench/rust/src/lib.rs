//! Connected sockets for the benchmarks.

use polysock::{Family, Protocol, Result, Socket, SocketType};
use std::net::{TcpListener, TcpStream};

/// Bytes of a message.
pub const SIZE: usize = 64;

/// Both ends of a TCP connection over the loopback interface.
pub fn tcp() -> std::io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Ok((client, server))
}

/// The same, made by polysock. A socket made of a descriptor would wait in another way, because copies of it may exist.
pub fn ours() -> Result<(Socket, Socket)> {
    let listener = polysock::create_server("127.0.0.1", 0, 1)?;
    let port = listener.local_address()?.port().unwrap_or_default();
    let client = polysock::create_connection("127.0.0.1", port, None)?;
    let (server, _) = listener.accept()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Ok((client, server))
}

/// Two connected Unix stream sockets.
pub fn unix() -> Result<(Socket, Socket)> {
    Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT)
}
