//! A polysock `MessageServer`: the library receives, takes messages out of the stream and sends; the callback answers.

use polysock::{
    create_server, Connection, Error, Framing, MessageHandler, MessageServeOptions, MessageServer, Reply,
    Result,
};
use std::io::Read;
use std::sync::Arc;

const BACKLOG: i32 = 1024;
const HEAD_ENDS: &[u8] = b"\r\n\r\n";
/// The same as in http.h and serving.py.
const REPLY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, world!\n";

/// Takes HTTP requests out of chunks; what has arrived of the next one is the connection's state.
struct Http;

impl MessageHandler for Http {
    type State = Vec<u8>;
    type Failure = Error;

    fn on_open(&self, _: &Arc<Connection>) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn on_message(
        &self,
        _: &Arc<Connection>,
        unfinished: &mut Vec<u8>,
        chunk: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        unfinished.extend_from_slice(chunk);
        let mut handled = 0;
        let mut rest = unfinished.as_slice();
        while let Some(end) = rest.windows(HEAD_ENDS.len()).position(|four| four == HEAD_ENDS) {
            reply.send(REPLY)?;
            handled += end + HEAD_ENDS.len();
            rest = rest.get(end + HEAD_ENDS.len()..).unwrap_or_default();
        }
        unfinished.drain(..handled);
        Ok(())
    }
}

fn send_back(_: &Arc<Connection>, message: &[u8], reply: &mut Reply<'_>) -> Result<()> {
    reply.send(message)
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
        "http" => MessageServer::start(listener, None, options, Http)?,
        _ => MessageServer::start(listener, None, options, send_back)?,
    };
    println!("{port}");
    // The benchmark ends the server's standard input to end the server.
    let _ = std::io::stdin().read(&mut [0]);
    Ok(())
}
