//! Accepting only connections on which data have arrived: TCP_DEFER_ACCEPT.

use polysock::{create_server, Address, Family, Kind, Result, Socket, Timeout};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn connected(address: &Address) -> Result<Socket> {
    let s = Socket::tcp(Family::IPV4)?;
    s.within(TIMEOUT).connect(address)?;
    Ok(s)
}

fn received(s: &Socket) -> Result<String> {
    let mut buf = [0; 100];
    match s.within(Timeout::NonBlocking).recv(&mut buf) {
        Ok(n) => Ok(String::from_utf8_lossy(&buf[..n]).into()),
        Err(error) if error.kind() == Kind::WouldBlock => Ok("nothing yet".into()),
        Err(error) => Err(error),
    }
}

fn show() -> Result<()> {
    let listener = create_server("127.0.0.1", 0, 5)?;
    let address = listener.local_address()?;

    println!("without");
    let client = connected(&address)?;
    let (server, _address) = listener.within(TIMEOUT).accept()?;
    let got = received(&server)?;
    println!("  the client is connected, accept brings the connection: {got}");
    client.close()?;

    println!("with");
    // For at most 5 seconds, which the kernel rounds up. After that, accept returns the connection without data.
    listener.set_defer_accept(Some(TIMEOUT))?;
    let client = connected(&address)?;
    let brings = match listener.within(Timeout::NonBlocking).accept() {
        Err(error) if error.kind() == Kind::WouldBlock => "nothing",
        Err(error) => return Err(error),
        Ok(_connection) => "the connection",
    };
    println!("  the client is connected, accept brings {brings}");
    client.within(TIMEOUT).send_all(b"hello")?;
    let (server, _address) = listener.within(TIMEOUT).accept()?;
    let got = received(&server)?;
    println!("  the client has spoken, accept brings the connection: {got}");
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
