//! Sticky packets, the server:  server [PORT [CLIENTS]]
//!
//! First shows that TCP keeps no message boundaries, then receives a file in messages that have boundaries.

use polysock::{create_server, Socket};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);
const NAME_LIMIT: usize = 255;
const FILE_LIMIT: usize = 1 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Receives a message: its length in 4 bytes, big-endian, then that many bytes.
fn recv_message(s: &Socket, limit: usize) -> Outcome<Vec<u8>> {
    let mut head = [0; 4];
    s.recv_exact(&mut head)?;
    let n = u32::from_be_bytes(head) as usize;
    if n > limit {
        return Err(format!("a message of {n} bytes is refused").into()); // anyone may claim to send four gigabytes
    }
    let mut message = vec![0; n];
    s.recv_exact(&mut message)?;
    Ok(message)
}

fn send_message(s: &Socket, data: &[u8]) -> Outcome<()> {
    s.send_all(&u32::try_from(data.len())?.to_be_bytes())?;
    s.send_all(data)?;
    Ok(())
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    b << 16 | a
}

fn serve(s: &Socket, client: u32) -> Outcome<()> {
    // The client sent "one", "two" and "three". Where do they end? A receive returns what is there: a part of one, or
    // all three. That they are 11 bytes together is all we know.
    let (mut words, mut got, mut receives) = ([0; 11], 0, 0);
    while got < words.len() {
        let n = s.recv(&mut words[got..])?;
        if n == 0 {
            return Err("the stream ended".into());
        }
        got += n;
        receives += 1;
    }
    println!(
        "client {client}: \"{}\" in {receives} receives",
        words.escape_ascii()
    );

    let name = recv_message(s, NAME_LIMIT)?;
    let file = recv_message(s, FILE_LIMIT)?;
    let checksum = format!("{:08x}", adler32(&file));
    println!(
        "client {client}: {}, {} bytes, checksum {checksum}",
        name.escape_ascii(),
        file.len()
    );
    send_message(s, checksum.as_bytes())
}

fn run() -> Outcome<()> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;

    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);
    for i in 1..=clients {
        let (connection, _address) = listener.within(WAIT_FOR_CLIENT).accept()?;
        connection.set_timeout(TIMEOUT);
        if let Err(error) = serve(&connection, i) {
            println!("client {i}: {error}");
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
