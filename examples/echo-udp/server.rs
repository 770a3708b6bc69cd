//! Echo over UDP, the server:  server [PORT [CLIENTS]]
//!
//! Sends each datagram back to where it came from. There are no connections, so nothing shows that a client is done:
//! "bye" says so here. After CLIENTS of them (default 1) the server ends.

use polysock::{Address, Family, Protocol, Socket, SocketType};
use std::env::args;
use std::error::Error;
use std::time::Duration;

fn serve() -> Result<(), Box<dyn Error>> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let mut clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;

    let s = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::UDP)?;
    s.bind(&Address::parse("127.0.0.1", Some(port))?)?; // no listen, no accept: one socket serves all clients
    s.set_timeout(Duration::from_secs(60));
    println!("listening on {}", s.local_address()?);

    let mut room = vec![0; 65536]; // no datagram is longer
    while clients > 0 {
        let received = s.recv_from(&mut room[..])?; // a count of 0 is an empty datagram, not an end
        let data = &room[..received.count];
        println!("{} bytes from {}", data.len(), received.address);
        if let Err(error) = s.send_to(data, &received.address) {
            println!("no answer: {error}"); // one client's failure does not end the server
        }
        if data == b"bye" {
            clients -= 1;
        }
    }
    Ok(())
}

fn main() {
    if let Err(error) = serve() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
