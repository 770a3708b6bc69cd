//! Echoes what clients send, each in its own thread, until a line arrives on standard input:  echo_server [PORT]

use polysock::{create_server, Error, ServeOptions, Server, Socket};
use std::time::Duration;

fn echo(connection: &Socket) -> Result<(), Error> {
    let mut buf = [0; 4096];
    loop {
        match connection.recv(&mut buf)? {
            0 => return Ok(()), // the client has ended its stream
            n => connection.send_all(buf.get(..n).unwrap_or_default())?,
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let listener = create_server("localhost", port, 128)?;
    println!("listening on {}", listener.local_address()?);

    let mut options = ServeOptions::default();
    options.idle_timeout = Some(Duration::from_secs(60));
    let server = Server::start(
        listener,
        options,
        |connection, _peer| echo(connection),
        |trouble, peer| eprintln!("{peer:?}: {trouble}"),
    )?;

    std::io::stdin().read_line(&mut String::new())?;
    let running = server.stop(Duration::from_secs(5))?;
    println!("stopped; {running} connections did not end in time");
    Ok(())
}
