//! connect and its errors:  connect_ex
//!
//! In Rust every call returns a `Result`. An error has a kind to match on, and `errno()` is the system's number where
//! there is one: a timeout has none.

use polysock::{poll, Address, Error, Events, Family, Kind, PollEntry, Result, Socket, Timeout};
use std::io;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn report(what: &str, end: Result<()>) {
    tell_kind(what, end.err().as_ref().map(Error::kind));
}

fn tell_kind(what: &str, kind: Option<Kind>) {
    match (kind, kind.and_then(Kind::errno)) {
        (None, _) => println!("{what}: ok"),
        (Some(Kind::TimedOut), _) => println!("{what}: no answer in time"),
        (_, Some(number)) => println!("{what}: {}", io::Error::from_raw_os_error(number)),
        (Some(other), None) => println!("{what}: {other}"),
    }
}

fn run() -> Result<()> {
    let [listener, s, second, background] = [(); 4].map(|()| Socket::tcp(Family::IPV4));
    let (listener, s, second, background) = (listener?, s?, second?, background?);

    // A bound port that does not listen, so that no other program can listen there.
    listener.bind(&Address::from(([127, 0, 0, 1].into(), 0)))?;
    let there = listener.local_address()?;
    report("nothing listens", s.within(TIMEOUT).connect(&there));

    let broadcast = Address::from(([127, 255, 255, 255].into(), 9));
    report(
        "a broadcast address",
        background.within(TIMEOUT).connect(&broadcast),
    );

    // In the background: connect starts it, poll reports its end, and SO_ERROR the result.
    report(
        "without waiting",
        background.within(Timeout::NonBlocking).connect(&there),
    );
    if poll(&mut [PollEntry::new(&background, Events::WRITABLE)], TIMEOUT)? == 1 {
        tell_kind("how that ended", background.take_error()?);
    }

    listener.listen(0)?; // room for one connection in its queue
    report(
        "the same socket, now that a listener is there",
        s.within(TIMEOUT).connect(&there),
    );
    report("once more", s.within(TIMEOUT).connect(&there));
    report("bind to a port in use", second.bind(&there));
    report(
        "the queue is full",
        second.within(Duration::from_millis(200)).connect(&there),
    );
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
