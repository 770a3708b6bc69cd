//! Echo over UDP, the client:  client HOST PORT

use polysock::{resolve_name, Address, Protocol, Result, Socket, SocketType};
use std::env::args;
use std::error::Error;
use std::time::Duration;

/// Receives one datagram into a buffer of 16 bytes.
fn receive(s: &Socket, server: &Address) -> Result<()> {
    let mut room = [0; 16];
    let received = s.recv_from(&mut room)?;
    if received.address != *server {
        eprintln!("not from the server"); // any host may send to a UDP socket
    }
    let data = String::from_utf8_lossy(&room[..received.count]);
    let lost = if received.truncated() {
        ", and the rest of it is lost"
    } else {
        ""
    };
    println!("received {} bytes \"{data}\"{lost}", received.count);
    Ok(())
}

fn talk() -> std::result::Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let server = &resolve_name(&host, port.parse()?, 0)?[0]; // success means at least one address
    let s = Socket::new(server.family(), SocketType::DATAGRAM, Protocol::UDP)?;
    s.set_timeout(Duration::from_secs(5)); // a datagram may get lost; then no answer ever comes

    s.send_to("one", server)?; // two datagrams stay two, even if both have arrived before we receive:
    s.send_to("two", server)?; // TCP would give "onetwo"
    receive(&s, server)?;
    receive(&s, server)?;
    s.send_to("", server)?; // a datagram may be empty; receiving 0 bytes is not the end of anything
    receive(&s, server)?;
    s.send_to("longer than sixteen bytes", server)?;
    receive(&s, server)?;
    s.send_to("bye", server)?;
    receive(&s, server)?;
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
