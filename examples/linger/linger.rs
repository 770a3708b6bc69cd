//! What close does with data that are not delivered yet: with linger off, zero, and on.

use polysock::{Address, Family, Result, Socket};
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

/// A client with large buffers, and the server's end of its connection, with small ones.
fn connection() -> Result<(Socket, Socket)> {
    let listener = Socket::tcp(Family::IPV4)?;
    listener.set_recv_buffer(4096)?; // inherited by accepted connections
    listener.bind(&Address::from((IpAddr::from([127, 0, 0, 1]), 0)))?;
    listener.listen(5)?;
    let client = Socket::tcp(Family::IPV4)?;
    client.set_send_buffer(200_000)?;
    client.set_timeout(TIMEOUT);
    client.connect(&listener.local_address()?)?;
    let (peer, _address) = listener.within(TIMEOUT).accept()?;
    peer.set_timeout(TIMEOUT);
    Ok((client, peer))
}

/// A closed socket can't be queried: this is the state in the kernel's table, which `ss -tan` shows too.
fn state(port: u16, peer_port: u16) -> io::Result<&'static str> {
    let (ours, theirs) = (format!(":{port:04X}"), format!(":{peer_port:04X}"));
    for line in std::fs::read_to_string("/proc/net/tcp")?.lines() {
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        if let [_number, here, there, code] = words[..] {
            if here.ends_with(&ours) && there.ends_with(&theirs) {
                return Ok(match code {
                    "01" => "ESTABLISHED",
                    "04" => "FIN_WAIT1",
                    "05" => "FIN_WAIT2",
                    "06" => "TIME_WAIT",
                    _ => "?",
                });
            }
        }
    }
    Ok("gone")
}

fn choose(yes: bool, this: &'static str, that: &'static str) -> &'static str {
    if yes {
        this
    } else {
        that
    }
}

fn demonstrate(
    title: &str,
    linger: Option<Duration>,
    size: usize,
) -> std::result::Result<(), Box<dyn Error>> {
    println!("{title}");
    let (client, peer) = connection()?;
    let port = client.local_address()?.port().unwrap_or(0);
    let peer_port = client.peer_address()?.port().unwrap_or(0);
    client.set_linger(linger)?;
    client.send_all(&vec![0; size])?; // our kernel has it all; the peer's program has read nothing

    let start = Instant::now();
    client.close()?;
    let early = start.elapsed() < SECOND;
    println!("  close: {}", choose(early, "at once", "after its second"));
    println!("  our end: {}", state(port, peer_port)?);

    let (mut buf, mut received) = ([0; 65536], 0);
    let end = loop {
        match peer.recv(&mut buf) {
            Ok(0) => break "the end",
            Ok(n) => received += n,
            Err(error) if error.io_kind() == io::ErrorKind::ConnectionReset => break "ECONNRESET",
            Err(error) => return Err(error.into()),
        }
    };
    println!(
        "  the peer: {} and {end}",
        choose(received == size, "all", "a part")
    );
    println!("  the peer's end: {}", peer.state()?);
    peer.close()?;

    let start = Instant::now();
    let mut last = state(port, peer_port)?;
    while last.starts_with("FIN_WAIT") && start.elapsed() < TIMEOUT {
        std::thread::sleep(Duration::from_millis(1));
        last = state(port, peer_port)?;
    }
    println!("  both closed: {last}");
    Ok(())
}

fn show() -> std::result::Result<(), Box<dyn Error>> {
    // The kernel goes on in the background and waits for the peer as long as it takes; close does not.
    demonstrate("linger off, the default", None, 100_000)?;
    // Undelivered data are discarded, and the peer gets a reset.
    demonstrate("linger 0", Some(Duration::ZERO), 100_000)?;
    // Close waits until the peer's kernel has acknowledged everything. Time is up here: the kernel goes on
    // without us.
    demonstrate("linger 1 s", Some(SECOND), 100_000)?;
    // It does not wait for the peer's program, which has read nothing here either.
    demonstrate("linger 1 s, little data", Some(SECOND), 1_000)
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
