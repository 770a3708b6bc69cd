//! Three ways to handle a socket that is not ready: don't wait, wait with a limit, wait as long as it takes.

use polysock::{Address, Family, Kind, Result, Socket};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

static MUCH: [u8; 1_000_000] = [0; 1_000_000]; // more than both kernels keep here
static HURRY: AtomicBool = AtomicBool::new(false);

/// A client and the server's end of its connection, both with small buffers.
fn connection() -> Result<(Socket, Socket)> {
    let listener = Socket::tcp(Family::IPV4)?;
    listener.set_recv_buffer(4096)?; // inherited by accepted connections
    listener.bind(&Address::from((IpAddr::from([127, 0, 0, 1]), 0)))?;
    listener.listen(5)?;
    let client = Socket::tcp(Family::IPV4)?;
    client.set_send_buffer(16384)?;
    client.connect(&listener.local_address()?)?;
    let (peer, _address) = listener.accept()?;
    Ok((client, peer))
}

/// Reads a little, 100 times a second, until it may read everything.
fn read_slowly(peer: &Socket) -> Result<usize> {
    let (mut buf, mut total) = ([0; 1024], 0);
    loop {
        let n = peer.recv(&mut buf)?;
        if n == 0 {
            return Ok(total);
        }
        total += n;
        if !HURRY.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn choose(yes: bool, this: &'static str, that: &'static str) -> &'static str {
    if yes {
        this
    } else {
        that
    }
}

fn kind<T>(result: Result<T>) -> Option<Kind> {
    result.err().map(|error| error.kind())
}

fn show() -> Result<()> {
    let (client, peer) = connection()?;
    let mut buf = [0; 100];

    println!("not waiting");
    client.set_blocking(false)?; // or, for one call, within(Timeout::NonBlocking)
    if kind(client.recv(&mut buf)) == Some(Kind::WouldBlock) {
        println!("  recv: EAGAIN, nothing has come");
    }
    let mut counted = client.send(&MUCH)?;
    let partly = counted < MUCH.len();
    println!(
        "  send: {}",
        choose(partly, "a part, the buffers are full", "all")
    );
    let end = loop {
        match client.send(&MUCH) {
            Ok(n) => counted += n, // meanwhile the peer's kernel has made a little room
            Err(error) => break error,
        }
    };
    if end.kind() == Kind::WouldBlock {
        println!("  send: EAGAIN, there is no room");
    }

    println!("waiting for a time");
    let limit = Duration::from_millis(100);
    let start = Instant::now();
    if kind(client.within(limit).recv(&mut buf)) == Some(Kind::TimedOut) {
        println!(
            "  recv: timed out, {}",
            choose(start.elapsed() >= limit, "not early", "early")
        );
    }

    // The peer keeps reading a little, so there is always some progress. One time limit covers the
    // whole call: it does not restart with each part. The error says how much was sent.
    let limit = Duration::from_millis(300);
    let reader = thread::spawn(move || read_slowly(&peer));
    let start = Instant::now();
    let result = client.within(limit).send_all(&MUCH);
    let waited = start.elapsed();
    if let Err(error) = result {
        counted += error.done();
        let right = error.kind() == Kind::TimedOut && limit <= waited && waited < 10 * limit;
        println!(
            "  sendall: timed out, {}",
            choose(right, "not early and not late", "not in time")
        );
    }
    client.close()?;
    HURRY.store(true, Ordering::Relaxed);
    let total = reader.join().map_or(Ok(0), |result| result)?;
    println!(
        "  the peer got {}",
        choose(total == counted, "what was counted", "something else")
    );

    println!("waiting as long as it takes");
    let (client, peer) = connection()?;
    let greeter = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        peer.send_all(b"hello")
    });
    let n = client.recv(&mut buf)?; // without a limit, which is the default
    println!("  recv: {}", String::from_utf8_lossy(&buf[..n]));
    greeter.join().map_or(Ok(()), |result| result)
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
