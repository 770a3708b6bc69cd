//! The buffers of a connection, as requested and as the kernel sizes them: SO_SNDBUF, SO_RCVBUF.

use polysock::{Address, Family, Kind, Result, Socket, Timeout};
use std::net::IpAddr;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const HALF_GIB: usize = 1 << 29;

fn buffer_after_asking(size: usize) -> Result<usize> {
    let s = Socket::tcp(Family::IPV4)?;
    s.set_send_buffer(size)?;
    s.send_buffer()
}

/// How many bytes can be sent to a peer that does not read, with such buffers at both ends.
fn fits(size: usize) -> Result<usize> {
    // Before listen and connect: the size of the receive buffer determines what is negotiated when a connection
    // is made.
    let listener = Socket::tcp(Family::IPV4)?;
    listener.set_recv_buffer(size)?;
    listener.bind(&Address::from((IpAddr::from([127, 0, 0, 1]), 0)))?;
    listener.listen(5)?;
    let client = Socket::tcp(Family::IPV4)?;
    client.set_send_buffer(size)?;
    client.within(TIMEOUT).connect(&listener.local_address()?)?;
    let (_peer, _address) = listener.within(TIMEOUT).accept()?; // inherits the listener's size

    let mut total = 0;
    loop {
        match client.within(Timeout::NonBlocking).send(&[0; 65536]) {
            Ok(n) => total += n,
            Err(error) if error.kind() == Kind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

fn show() -> Result<()> {
    println!("asked for 20000 bytes: {}", buffer_after_asking(20000)?);
    println!("asked for 1 byte: {}", buffer_after_asking(1)?);
    let most = buffer_after_asking(HALF_GIB)?;
    let words = if most < HALF_GIB { "less" } else { "not less" };
    println!("asked for 512 MiB: {most}, {words}");

    let (small, large) = (fits(10_000)?, fits(100_000)?);
    let words = if large > small { "more" } else { "not more" };
    println!(
        "before a peer that does not read: {small} bytes with small buffers, {large} with large, {words}"
    );
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
