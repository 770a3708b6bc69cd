//! Sticky packets, the server:  server [PORT [CLIENTS]]
//!
//! Receives three words without boundaries, a message with a length by hand, and a file in messages of the library.

use polysock::{create_server, ByteOrder, Framing, PrefixWidth, Socket};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);
const NAME_LIMIT: usize = 255;
const FRAMING: Framing = Framing::length_prefix(PrefixWidth::Bits32, ByteOrder::Big).with_limit(1000);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Receives a message by hand: its length in 4 bytes, big-endian, then that many bytes.
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

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    b << 16 | a
}

fn serve(s: &Socket, client: u32) -> Outcome<()> {
    // 1. Nothing. The client sent "one", "two" and "three". Where do they end? A receive returns what is there: a part of
    // one, or all three. That they are 11 bytes together is all we know.
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

    // 2. A length before the message, by hand: two calls for each message, and a limit that must not be forgotten.
    let name = recv_message(s, NAME_LIMIT)?;
    println!("client {client}: {}, by hand", name.escape_ascii());

    // 3. The library's messages: the same bytes on the wire. One receive brings as many as have arrived.
    let (mut file, mut lines) = (Vec::new(), 0);
    loop {
        let line = s.recv_frame(&FRAMING)?.ok_or("the stream ended")?;
        if line.is_empty() {
            break; // the end of the file
        }
        file.extend(line);
        lines += 1;
    }
    let checksum = format!("{:08x}", adler32(&file));
    println!(
        "client {client}: {} bytes in {lines} messages, checksum {checksum}",
        file.len()
    );
    Ok(s.send_frame(checksum.as_bytes(), &FRAMING)?)
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
