//! Small writes with Nagle's algorithm, which is the default, and with TCP_NODELAY.

use polysock::{create_server, Family, Result, Socket};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(5);

fn connection() -> Result<(Socket, Socket)> {
    let listener = create_server("127.0.0.1", 0, 5)?;
    let client = Socket::tcp(Family::IPV4)?;
    client.within(TIMEOUT).connect(&listener.local_address()?)?;
    let (peer, _address) = listener.within(TIMEOUT).accept()?;
    Ok((client, peer))
}

/// How many segments with data the kernel has sent, without retransmissions.
fn segments(s: &Socket) -> Result<u32> {
    let info = s.tcp_info()?;
    Ok(info.data_segs_out.unwrap_or(0) - info.total_retrans)
}

/// Five writes of one byte each; returns how many segments they took and when the last byte came.
fn write_small(nodelay: bool) -> Result<(u32, u128)> {
    let (client, peer) = connection()?;
    client.set_nodelay(nodelay)?;
    // A peer in a conversation delays its acknowledgements by about 40 ms, to send them along with an answer.
    // A new connection is not in one yet; this makes the kernel treat it as one.
    peer.set_quickack(false)?;
    let start = Instant::now();
    for _ in 0..5 {
        client.within(TIMEOUT).send_all(b"x")?;
    }
    peer.within(TIMEOUT).recv_exact(&mut [0; 5])?;
    Ok((segments(&client)?, start.elapsed().as_millis()))
}

fn show() -> Result<()> {
    // Nagle: while a small segment is unacknowledged, the next small one is held back. The
    // first byte goes at once, the others wait together, as long as the peer delays its acknowledgement.
    let (sent, ms) = write_small(false)?;
    let words = if sent < 5 { "fewer segments" } else { "not fewer" };
    println!("Nagle: 5 writes, {words} ({sent}), the last byte after {ms} ms");

    let (sent, ms) = write_small(true)?;
    println!("TCP_NODELAY: 5 writes, {sent} segments, the last byte after {ms} ms");
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
