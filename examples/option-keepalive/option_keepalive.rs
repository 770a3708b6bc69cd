//! Probes on an idle connection: SO_KEEPALIVE and its three settings.

use polysock::{create_server, Family, Keepalive, Result, Socket};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

fn show() -> Result<()> {
    let listener = create_server("127.0.0.1", 0, 5)?;
    let client = Socket::tcp(Family::IPV4)?;
    client.within(TIMEOUT).connect(&listener.local_address()?)?;
    let (peer, _address) = listener.within(TIMEOUT).accept()?;

    // With Keepalive::default(), the system's own numbers, the first probe comes after two hours.
    client.set_keepalive(Some(Keepalive {
        idle: Some(SECOND),     // the silence before the first probe
        interval: Some(SECOND), // the time between probes
        count: Some(3),         // unanswered probes that end the connection
    }))?;
    let Some(numbers) = client.keepalive()? else {
        return Ok(()); // it is off
    };
    println!(
        "a probe after {} s, then each {} s, and the end after {} without an answer",
        numbers.idle.unwrap_or_default().as_secs(),
        numbers.interval.unwrap_or_default().as_secs(),
        numbers.count.unwrap_or_default()
    );

    // The peer's kernel answers a probe by itself. Both programs see it only in the statistics.
    let answers = || client.tcp_info().map(|info| info.segs_in);
    let before = answers()?;
    let start = Instant::now();
    while answers()? == before && start.elapsed() < 2 * TIMEOUT {
        std::thread::sleep(Duration::from_millis(10));
    }
    let answered = answers()? > before;
    println!("a probe was answered: {}", if answered { "yes" } else { "no" });
    let bytes = peer.tcp_info()?.bytes_received.unwrap_or(0);
    println!("bytes that the peer's program got: {bytes}");
    println!("the connection is {}", client.state()?);
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
