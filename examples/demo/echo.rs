//! Echo over TCP in Rust:  echo server CONNECTIONS  |  echo client PORT ROUNDS

use polysock::{create_connection, create_server, Result};
use std::time::Duration;

const PIECE: usize = 65536;
const TIMEOUT: Duration = Duration::from_secs(10);

fn serve(connections: usize) -> Result<()> {
    let listener = create_server("127.0.0.1", 0, 16)?;
    println!("{}", listener.local_address()?.port().unwrap_or(0));
    let mut buf = [0; PIECE];
    for _ in 0..connections {
        let (s, _peer) = listener.within(TIMEOUT).accept()?;
        loop {
            let n = s.within(TIMEOUT).recv(&mut buf)?;
            if n == 0 {
                break;
            }
            s.within(TIMEOUT).send_all(buf.get(..n).unwrap_or(&[]))?;
        }
    }
    Ok(())
}

fn talk(port: u16, rounds: u8) -> Result<()> {
    let s = create_connection("127.0.0.1", port, TIMEOUT)?;
    let mut got = [0; PIECE];
    for round in 0..rounds {
        let piece = [b'a' + round % 26; PIECE];
        s.within(TIMEOUT).send_all(&piece)?;
        s.within(TIMEOUT).recv_exact(&mut got)?;
        if got != piece {
            std::process::exit(2);
        }
    }
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["server", connections] => serve(connections.parse()?)?,
        ["client", port, rounds] => talk(port.parse()?, rounds.parse()?)?,
        _ => std::process::exit(64),
    }
    Ok(())
}
