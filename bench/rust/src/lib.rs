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

/// polysock's socket over a connected one.
pub fn ours(stream: TcpStream) -> Result<Socket> {
    Socket::from_fd(stream.into()).map_err(Into::into)
}

/// Two connected Unix stream sockets.
pub fn unix() -> Result<(Socket, Socket)> {
    Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT)
}
