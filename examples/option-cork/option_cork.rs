//! Several writes that leave as one: TCP_CORK.

use polysock::{create_server, Family, Result, Socket};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn connection() -> Result<(Socket, Socket)> {
    let listener = create_server("127.0.0.1", 0, 5)?;
    let client = Socket::tcp(Family::IPV4)?;
    client.set_timeout(TIMEOUT);
    client.connect(&listener.local_address()?)?;
    client.set_nodelay(true)?; // so that Nagle's algorithm has no part in it
    let (peer, _address) = listener.within(TIMEOUT).accept()?;
    peer.set_timeout(TIMEOUT);
    Ok((client, peer))
}

/// What many servers write: the headers, an empty line, the body.
fn answer(s: &Socket) -> Result<()> {
    s.send_all(b"Length: 5\n")?;
    s.send_all(b"\n")?;
    s.send_all(b"hello")
}

/// Reads it all and returns how many segments with data went out, without retransmissions.
fn finish(client: &Socket, peer: &Socket) -> Result<u32> {
    peer.recv_exact(&mut [0; 16])?;
    let info = client.tcp_info()?;
    Ok(info.data_segs_out.unwrap_or(0) - info.total_retrans)
}

fn show() -> Result<()> {
    let (client, peer) = connection()?;
    answer(&client)?;
    println!("without cork: 3 writes, {} segments", finish(&client, &peer)?);

    let (client, peer) = connection()?;
    client.set_cork(true)?; // only full segments leave, for up to 200 ms
    answer(&client)?;
    client.set_cork(false)?; // what was held back leaves now
    let sent = finish(&client, &peer)?;
    let words = if sent < 3 { "fewer segments" } else { "not fewer" };
    println!("with cork: 3 writes, {words} ({sent})");

    // If all parts are available, one call is even better.
    let (client, peer) = connection()?;
    let parts = ["Length: 5\n".into(), "\n".into(), "hello".into()];
    client.within(TIMEOUT).send_vectored(&parts)?;
    println!("in one call: 1 write, {} segment", finish(&client, &peer)?);
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
