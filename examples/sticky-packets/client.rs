//! Sticky packets, the client:  client HOST PORT FILE

use polysock::{create_connection, Framing, SendBuf, Socket};
use std::env::args;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends a message by hand: its length in 4 bytes, big-endian, then its bytes.
fn send_message(s: &Socket, data: &[u8]) -> Result<(), Box<dyn Error>> {
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

fn talk() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port), Some(path)) = (args().nth(1), args().nth(2), args().nth(3)) else {
        return Err("usage: client HOST PORT FILE".into());
    };
    let path = PathBuf::from(path);
    let file = std::fs::read(&path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();

    let s = create_connection(&host, port.parse()?, TIMEOUT)?;
    s.set_timeout(TIMEOUT);

    // 1. Three sends without boundaries between them: the server may get them in one receive, or in four.
    for word in ["one", "two", "three"] {
        s.send_all(word)?;
    }
    println!("sent \"one\", \"two\" and \"three\"");

    // 2. A length before the message, by hand.
    send_message(&s, name.as_bytes())?;
    println!("sent {name}, by hand");

    // 3. The library's messages: all lines with one call, and an empty message as the end of the file.
    let framing = Framing::default();
    let mut lines: Vec<SendBuf> = file
        .split_inclusive(|byte| *byte == b'\n')
        .map(SendBuf::from)
        .collect();
    lines.push(b"".into());
    s.send_frames(&lines, &framing)?;
    println!("sent {} bytes in {} messages", file.len(), lines.len() - 1);

    let theirs = s.recv_frame(&framing)?.unwrap_or_default();
    let (ours, theirs) = (
        format!("{:08x}", adler32(&file)),
        String::from_utf8_lossy(&theirs),
    );
    let verdict = if ours == theirs {
        "it came as it was sent"
    } else {
        "damaged"
    };
    println!("checksums {ours} and {theirs}: {verdict}");
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
