//! Accepting only connections that have something to say: TCP_DEFER_ACCEPT.

use polysock::{create_server, Address, Family, Kind, Result, Socket, Timeout};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

fn connected(address: &Address) -> Result<Socket> {
    let s = Socket::tcp(Family::IPV4)?;
    s.within(PATIENCE).connect(address)?;
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
    let (server, _address) = listener.within(PATIENCE).accept()?;
    let got = received(&server)?;
    println!("  the client is connected, accept brings the connection: {got}");
    client.close()?;

    println!("with");
    // For 5 seconds at most, which the kernel rounds up. Then the connection comes with nothing, as ever.
    listener.set_defer_accept(Some(PATIENCE))?;
    let client = connected(&address)?;
    let brings = match listener.within(Timeout::NonBlocking).accept() {
        Err(error) if error.kind() == Kind::WouldBlock => "nothing",
        Err(error) => return Err(error),
        Ok(_connection) => "the connection",
    };
    println!("  the client is connected, accept brings {brings}");
    client.within(PATIENCE).send_all(b"hello")?;
    let (server, _address) = listener.within(PATIENCE).accept()?;
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
