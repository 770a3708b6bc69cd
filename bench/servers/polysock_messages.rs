//! A polysock `MessageServer`: the library receives, takes messages out of the stream and sends; the callback answers.

use polysock::{create_server, Connection, Framing, MessageServeOptions, MessageServer, Reply, Result};
use std::io::Read;
use std::sync::Arc;

const BACKLOG: i32 = 1024;
/// The same as in http.h and serving.py.
const REPLY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, world!\n";

fn send_back(_: &Arc<Connection>, message: &[u8], reply: &mut Reply<'_>) -> Result<()> {
    reply.send(message)
}

/// The message is the head of a request.
fn answer_http(_: &Arc<Connection>, _: &[u8], reply: &mut Reply<'_>) -> Result<()> {
    reply.send(REPLY)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (mode, connections) = match arguments.as_slice() {
        [.., mode, connections] => (mode.as_str(), connections.parse().unwrap_or(1)),
        _ => ("echo", 1),
    };
    let listener = create_server("127.0.0.1", 0, BACKLOG)?;
    let port = listener.local_address()?.port().unwrap_or(0);
    let mut options = MessageServeOptions::default();
    options.max_connections = connections;
    let _server = match mode {
        "frames" => MessageServer::start(listener, Some(Framing::default()), options, send_back)?,
        "http" => {
            options.raw_replies = true;
            let heads = Framing::delimiter(b"\r\n\r\n")?;
            MessageServer::start(listener, Some(heads), options, answer_http)?
        }
        _ => MessageServer::start(listener, None, options, send_back)?,
    };
    println!("{port}");
    // The benchmark ends the server's standard input to end the server.
    let _ = std::io::stdin().read(&mut [0]);
    Ok(())
}
