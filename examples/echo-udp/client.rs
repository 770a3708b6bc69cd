//! Echo over UDP, the client:  client HOST PORT

use polysock::{resolve_name, Address, Protocol, Result, Socket, SocketType};
use std::env::args;
use std::error::Error;
use std::time::Duration;

/// Receives one datagram into room for 16 bytes.
fn hear(s: &Socket, server: &Address) -> Result<()> {
    let mut room = [0; 16];
    let received = s.recv_from(&mut room)?;
    if received.address != *server {
        eprintln!("not from the server"); // anybody may send to a UDP socket
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
    let server = &resolve_name(&host, port.parse()?, 0)?[0]; // what succeeds has found at least one
    let s = Socket::new(server.family(), SocketType::DATAGRAM, Protocol::UDP)?;
    s.set_timeout(Duration::from_secs(5)); // a datagram may get lost; then no answer comes, ever

    s.send_to("one", server)?; // two datagrams stay two, even if both are there before we look:
    s.send_to("two", server)?; // TCP would give "onetwo"
    hear(&s, server)?;
    hear(&s, server)?;
    s.send_to("", server)?; // a datagram may be empty; receiving 0 bytes is not the end of anything
    hear(&s, server)?;
    s.send_to("longer than sixteen bytes", server)?;
    hear(&s, server)?;
    s.send_to("bye", server)?;
    hear(&s, server)?;
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
