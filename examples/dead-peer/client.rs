//! Writes to a peer that has gone, and survives:  client HOST PORT

use polysock::{create_connection, poll, Events, PollEntry};
use std::env::args;
use std::error::Error;
use std::io;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn show(call: &str, result: polysock::Result<usize>) {
    match result.map_err(|error| error.io_kind()) {
        Ok(n) => println!("  {call}: {n} bytes"),
        Err(io::ErrorKind::BrokenPipe) => println!("  {call}: EPIPE"),
        Err(io::ErrorKind::ConnectionReset) => println!("  {call}: ECONNRESET"),
        Err(other) => println!("  {call}: {other}"),
    }
}

fn talk() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let port = port.parse()?;
    let mut byte = [0];

    println!("a peer that closed");
    let s = create_connection(&host, port, TIMEOUT)?;
    s.set_timeout(TIMEOUT); // for each call from now on
    s.send_all(b"close")?;
    show("recv", s.recv(&mut byte)); // 0: the end of the peer's stream

    // Sending is still allowed: the end of the peer's stream says nothing about ours. Success means that the
    // kernel of this host has a copy of the bytes. It says nothing about the peer, whose kernel answers with a
    // reset.
    show("send", s.send(b"first"));

    // The reset takes a moment. It counts as a hang-up, which poll always reports.
    poll(&mut [PollEntry::new(&s, Events::NONE)], TIMEOUT)?;
    show("send", s.send(b"second"));

    println!("a peer that reset");
    let s = create_connection(&host, port, TIMEOUT)?;
    s.set_timeout(TIMEOUT);
    s.send_all(b"reset")?;
    show("recv", s.recv(&mut byte)); // a plain socket would report it only once
    show("send", s.send(b"third"));

    println!("still running: no SIGPIPE");
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
