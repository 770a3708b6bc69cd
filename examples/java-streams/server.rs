//! Java's streams, the server with Rust's readers and writers:  server [PORT [CLIENTS]]
//!
//! A socket is `Read` and `Write`, so `BufReader` does what BufferedReader does in Java. Sends each line back reversed,
//! until the client has ended its stream.

use polysock::{create_server, Socket};
use std::env::args;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);
const LIMIT: u64 = 1024;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn serve(s: &Socket) -> Outcome<u32> {
    let (mut reader, mut writer) = (BufReader::new(s), s);
    let mut count = 0;
    loop {
        let mut line = String::new();
        let n = reader.by_ref().take(LIMIT).read_line(&mut line)?; // lines() would let a line fill the memory
        if n == 0 {
            return Ok(count);
        }
        if n as u64 == LIMIT && !line.ends_with('\n') {
            return Err("the line is too long".into());
        }
        let reversed: String = line.trim_end_matches('\n').chars().rev().chain(['\n']).collect();
        writer.write_all(reversed.as_bytes())?;
        count += 1;
    }
}

fn run() -> Outcome<()> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;

    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);
    for i in 1..=clients {
        let (connection, _address) = listener.within(WAIT_FOR_CLIENT).accept()?;
        connection.set_timeout(TIMEOUT);
        match serve(&connection) {
            Ok(count) => println!("client {i}: {count} lines"),
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
