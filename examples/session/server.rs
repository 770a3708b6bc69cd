//! A session, the server:  server [PORT [CLIENTS [SECONDS]]]
//!
//! accept, then receive and answer in turns until the client says "bye". A client that sends nothing for SECONDS (60 if
//! not told) is disconnected.

use polysock::{create_server, Socket};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Receives a line. The client sends one and waits for its answer, so nothing follows it; but the line itself
/// may arrive in parts.
fn recv_line(s: &Socket) -> Outcome<String> {
    let (mut buf, mut got) = ([0; 1024], 0);
    while !buf[..got].ends_with(b"\n") {
        if got == buf.len() {
            return Err("the line is too long".into());
        }
        let n = s.recv(&mut buf[got..])?;
        if n == 0 {
            return Err("the client left without a word".into());
        }
        got += n;
    }
    Ok(String::from_utf8(buf[..got - 1].to_vec())?)
}

fn serve(s: &Socket, client: u32) -> Outcome<()> {
    for i in 1.. {
        let line = recv_line(s)?;
        println!("client {client} says: {line}");
        if line == "bye" {
            s.send_all(&format!("good bye after {i} lines\n"))?;
            break;
        }
        s.send_all(&format!("line {i} has {} bytes\n", line.len()))?;
    }
    Ok(())
}

fn run() -> Outcome<()> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;
    let seconds = args().nth(3).map_or(Ok(60), |word| word.parse())?;

    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);
    for i in 1..=clients {
        let (connection, _address) = listener.within(WAIT_FOR_CLIENT).accept()?;
        connection.set_timeout(Duration::from_secs(seconds));
        match serve(&connection, i) {
            Ok(()) => println!("client {i}: done"),
            Err(error) => println!("client {i}: {error}"),
        }
    }
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
