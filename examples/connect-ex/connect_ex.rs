//! connect and its errors:  connect_ex
//!
//! In Rust every call returns a `Result`. An error has a kind to match on, and `errno()` is the system's number where
//! there is one: a deadline of ours that passed has none.

use polysock::{poll, Address, Error, Events, Family, Kind, PollEntry, Result, Socket, Timeout};
use std::io;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

fn tell(what: &str, end: Result<()>) {
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

    // A port that is taken and does not listen: nobody else can be there.
    listener.bind(&Address::from(([127, 0, 0, 1].into(), 0)))?;
    let there = listener.local_address()?;
    tell("nobody listens", s.within(PATIENCE).connect(&there));

    let broadcast = Address::from(([127, 255, 255, 255].into(), 9));
    tell(
        "a broadcast address",
        background.within(PATIENCE).connect(&broadcast),
    );

    // In the background: it begins, poll says when it has ended, and SO_ERROR how.
    tell(
        "without waiting",
        background.within(Timeout::NonBlocking).connect(&there),
    );
    if poll(&mut [PollEntry::new(&background, Events::WRITABLE)], PATIENCE)? == 1 {
        tell_kind("how that ended", background.take_error()?);
    }

    listener.listen(0)?; // room for one connection in its queue
    tell(
        "the same socket, now that somebody listens",
        s.within(PATIENCE).connect(&there),
    );
    tell("once more", s.within(PATIENCE).connect(&there));
    tell("bind to a port in use", second.bind(&there));
    tell(
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
