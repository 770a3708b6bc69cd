//! The calls that are judged: the library's, and wrong ones, which the judge must convict.

use polysock::{CloseVerdict, Kind, Result, Shutdown, Socket};
use std::time::{Duration, Instant};

/// What a close reported.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub verdict: CloseVerdict,
    pub unacked: u64,
    pub unsent: u64,
    pub discarded: u64,
}

/// Calls of one name, the library's or some that are wrong.
#[derive(Clone, Copy)]
pub struct Calls {
    pub name: &'static str,
    pub wait_acked: fn(&Socket, Duration) -> Result<()>,
    pub peer_closed: fn(&Socket) -> Result<bool>,
    pub close: fn(&Socket, Duration) -> Result<Outcome>,
}

pub const OURS: Calls = Calls {
    name: "the library",
    wait_acked: |socket, limit| socket.wait_acked(limit),
    peer_closed: Socket::peer_closed,
    close: close_graceful,
};

pub const WRONG: [Calls; 11] = [
    Calls {
        name: "close: only closes, and believes in success",
        close: |socket, _| {
            socket.close()?;
            Ok(only(CloseVerdict::Acknowledged))
        },
        ..OURS
    },
    Calls {
        name: "close: lets SO_LINGER wait, and believes in success",
        close: |socket, deadline| {
            socket.set_linger(Some(deadline.max(Duration::from_secs(1))))?;
            socket.close()?;
            Ok(only(CloseVerdict::Acknowledged))
        },
        ..OURS
    },
    Calls {
        name: "close: takes the first readable event for the end",
        close: |socket, deadline| {
            end_stream(socket);
            let verdict = match socket.within(deadline).recv(&mut [0; 4096]) {
                Ok(_) => CloseVerdict::PeerFinished,
                Err(error) if error.kind() == Kind::TimedOut => CloseVerdict::TimedOut,
                Err(_) => CloseVerdict::Reset,
            };
            close_reporting(socket, verdict, 0)
        },
        ..OURS
    },
    Calls {
        name: "close: takes the peer's end for the acknowledgement of ours",
        close: |socket, deadline| {
            end_stream(socket);
            let (verdict, discarded) = read_to_end(socket, deadline);
            close_reporting(socket, verdict, discarded)
        },
        ..OURS
    },
    Calls {
        name: "close: looks at the segments in flight, not at the state",
        close: |socket, deadline| {
            end_stream(socket);
            let (mut verdict, discarded) = read_to_end(socket, deadline);
            if socket.tcp_info()?.unacked == 0 {
                verdict = CloseVerdict::Acknowledged;
            }
            close_reporting(socket, verdict, discarded)
        },
        ..OURS
    },
    Calls {
        name: "close: does not look at the order of the ends",
        close: |socket, deadline| {
            let mut outcome = close_graceful(socket, deadline)?;
            if outcome.verdict == CloseVerdict::Acknowledged {
                outcome.verdict = CloseVerdict::PeerFinished;
            }
            Ok(outcome)
        },
        ..OURS
    },
    Calls {
        name: "close: waits for all its time",
        close: |socket, deadline| {
            end_stream(socket);
            std::thread::sleep(deadline);
            close_reporting(socket, CloseVerdict::TimedOut, 0)
        },
        ..OURS
    },
    Calls {
        name: "close: gives up early",
        close: |socket, deadline| close_graceful(socket, deadline / 2),
        ..OURS
    },
    Calls {
        name: "close: does not count",
        close: |socket, deadline| {
            Ok(Outcome {
                unacked: 0,
                unsent: 0,
                ..close_graceful(socket, deadline)?
            })
        },
        ..OURS
    },
    Calls {
        name: "wait_acked: looks at what is not sent yet",
        wait_acked: |socket, limit| {
            let end = Instant::now() + limit;
            while socket.send_queue()?.unsent > 0 {
                if Instant::now() >= end {
                    return socket.wait_acked(Duration::ZERO);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        },
        ..OURS
    },
    Calls {
        name: "peer_closed: looks whether something can be read",
        peer_closed: |socket| Ok(socket.available()? > 0),
        ..OURS
    },
];

fn close_graceful(socket: &Socket, deadline: Duration) -> Result<Outcome> {
    let report = socket.close_graceful(deadline)?;
    Ok(Outcome {
        verdict: report.verdict,
        unacked: report.unacked,
        unsent: report.unsent,
        discarded: report.discarded,
    })
}

const fn only(verdict: CloseVerdict) -> Outcome {
    Outcome {
        verdict,
        unacked: 0,
        unsent: 0,
        discarded: 0,
    }
}

fn end_stream(socket: &Socket) {
    // Not after a reset.
    let _ = socket.shutdown(Shutdown::Write);
}

fn read_to_end(socket: &Socket, deadline: Duration) -> (CloseVerdict, u64) {
    let end = Instant::now() + deadline;
    let mut discarded = 0;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match socket.within(left).recv(&mut [0; 4096]) {
            Ok(0) => return (CloseVerdict::PeerFinished, discarded),
            Ok(count) => discarded += count as u64,
            Err(error) if error.kind() == Kind::TimedOut => return (CloseVerdict::TimedOut, discarded),
            Err(_) => return (CloseVerdict::Reset, discarded),
        }
    }
}

fn close_reporting(socket: &Socket, verdict: CloseVerdict, discarded: u64) -> Result<Outcome> {
    let queue = socket.send_queue()?;
    socket.close()?;
    Ok(Outcome {
        verdict,
        unacked: queue.unacked,
        unsent: queue.unsent,
        discarded,
    })
}
