//! Slow start, watched: how much TCP sends at once, round by round.

use polysock::{create_server, Family, Result, Shutdown, Socket};
use std::thread;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const ROUNDS: usize = 5;

fn take_all(listener: &Socket) -> Result<()> {
    let (peer, _address) = listener.within(TIMEOUT).accept()?;
    let mut buf = vec![0; 1 << 20];
    while peer.within(TIMEOUT).recv(&mut buf)? > 0 {}
    Ok(())
}

fn show() -> Result<()> {
    let listener = create_server("127.0.0.1", 0, 5)?;
    let address = listener.local_address()?;
    let taker = thread::spawn(move || take_all(&listener));
    let client = Socket::tcp(Family::IPV4)?;
    // Segments as on Ethernet: on the loopback interface they are so large that a transfer needs few.
    client.set_max_segment(Some(1448))?;
    // The textbook's congestion control. Others begin the same way and differ later.
    client.set_congestion("reno")?;
    client.within(TIMEOUT).connect(&address)?;

    let mut info = client.tcp_info()?;
    let first = info.snd_cwnd;
    let mut windows = Vec::new();
    for _ in 0..ROUNDS {
        // A round: send as much as may be in flight at once, and wait until all of it is acknowledged.
        let size = info.snd_cwnd as usize * info.snd_mss as usize;
        client.within(TIMEOUT).send_all(&vec![0; size])?;
        info = client.tcp_info()?;
        while info.unacked > 0 || info.notsent_bytes > Some(0) {
            thread::sleep(Duration::from_micros(500));
            info = client.tcp_info()?;
        }
        windows.push(info.snd_cwnd);
    }
    client.shutdown(Shutdown::Write)?;
    taker.join().map_or(Ok(()), |result| result)?;

    println!("the congestion window at first: {first} segments");
    let words: Vec<String> = windows.iter().map(u32::to_string).collect();
    println!("after each round: {}", words.join(" "));
    let more = info.snd_cwnd > 4 * first;
    println!(
        "it grew {}",
        if more {
            "more than fourfold"
        } else {
            "less than that"
        }
    );
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
