//! close_graceful.

use super::super::close::do_not_linger;
use super::super::options::or_unsupported;
use super::super::{Call, Socket};
use super::connection::{Connection, Transport};
use super::ending::Ending;
use super::input::{Found, Input};
use super::pauses::Pauses;
use super::report::{CloseReport, CloseVerdict};
use super::DISCARD_LIMIT;
use crate::caller::{Caller, Interruptible};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::Direction;
use crate::sys::os::Changes;
use crate::sys::wakeable_poll::{SinglePoll, NO_FD};
use crate::sys::{kernel, unix};
use crate::tcp_state::TcpState;
use crate::time::{Deadline, Timeout};
use crate::wait::{wait_any, WaitOutcome};
use std::io;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// A look now and then costs nothing that could be measured, and makes up for a change that was not reported.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

impl Socket {
    /// Ends our stream, waits for the peer's end, closes, and reports what that proves; discards at most [`DISCARD_LIMIT`]
    /// bytes. See [`Call::close_graceful`].
    ///
    /// ```
    /// # use polysock::{create_connection, create_server, CloseVerdict};
    /// # use std::time::Duration;
    /// # fn main() -> polysock::Result<()> {
    /// # let server = create_server("127.0.0.1", 0, 16)?;
    /// # let port = server.local_address()?.port().unwrap_or(0);
    /// # if cfg!(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))) { return Ok(()) }
    /// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
    /// # let (peer, _) = server.accept()?;
    /// # let peer = std::thread::spawn(move || while peer.recv(&mut [0; 64]) != Ok(0) {});
    /// client.send_all("goodbye")?;
    /// let report = client.close_graceful(Duration::from_secs(5))?;
    /// match report.verdict {
    ///     CloseVerdict::PeerFinished | CloseVerdict::Acknowledged => println!("the peer's system has everything"),
    ///     verdict => println!("{verdict:?}: {} bytes not acknowledged", report.unacked + report.unsent),
    /// }
    /// # assert!(report.verdict.is_delivered());
    /// # let _ = peer.join();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`Call::close_graceful`].
    pub fn close_graceful(&self, timeout: impl Into<Timeout>) -> Result<CloseReport> {
        self.within(timeout).close_graceful(DISCARD_LIMIT)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Closes a stream so that nothing is lost to a reset: ends our own stream, reads and discards what the peer still
    /// sends, at most `limit` bytes, until its end, and closes the descriptor. The report says what that proves.
    ///
    /// It does not end before the peer does, or the connection breaks, or time is up; without a time limit it may wait
    /// forever. The deadline also holds with a linger time; only one of zero ([`Socket::set_linger`]) keeps its
    /// meaning: the connection is reset if something was not delivered in time. A message of which only a part was sent
    /// stays unfinished.
    ///
    /// Other threads' calls end with `Closed` as by [`close`](Self::close), and new ones are refused from the beginning.
    /// Only a receive without a time limit may first return what the peer still sends, or end together with the close.
    /// The end of the stream concerns everyone who holds the connection: copies ([`Socket::duplicate`]) and other processes.
    /// They can still receive, and so take input away from this call; and a connection that timed out stays open until
    /// they have closed it, too.
    ///
    /// # Errors
    /// With the socket still open: `ENOTCONN` for one that is not connected; `Unsupported` for sockets other than TCP and
    /// Unix streams, as for [`send_queue`](Socket::send_queue). `Closed` when the socket is closed or being closed. `Interrupted`
    /// when the caller stopped it after a signal: other calls are still refused, but
    /// [`close_graceful`](Self::close_graceful) and [`close`](Self::close) may be called again and go on; [`Error::done`]
    /// is the number of bytes discarded so far.
    pub fn close_graceful(&mut self, limit: u64) -> Result<CloseReport> {
        let socket = self.socket;
        let failed = |kind| or_unsupported(Error::new(Operation::CloseGraceful, kind));
        let mut closing = Closing {
            deadline: Deadline::after(self.timeout(Direction::Receive)),
            input: Input::new(limit),
            ending: Ending::default(),
            begun: false,
            changes: None,
            blind: false,
            pauses: Pauses::new(),
        };
        // A close that was interrupted goes on.
        if !socket.is_closed() {
            socket.check_can_end().map_err(or_unsupported)?;
        }
        let closed = socket.handle.close_after(&mut self.caller, |fd| {
            let connection = Connection::assumed(socket, fd).map_err(|error| Kind::from_io(&error))?;
            closing.step(connection)
        });
        let done = usize::try_from(closing.input.discarded).unwrap_or(usize::MAX);
        closed.map_err(|kind| failed(kind).with_done(done))
    }
}

impl Socket {
    fn check_can_end(&self) -> Result<()> {
        self.immediate(Operation::CloseGraceful, |fd| {
            // Whatever the system refuses should be refused now.
            Connection::of(self, fd)?.send_queue()?;
            if self.is_stream() {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
            }
        })
    }
}

/// A graceful close under way.
struct Closing {
    deadline: Deadline,
    input: Input,
    ending: Ending,
    /// Our stream was ended.
    begun: bool,
    changes: Option<Changes>,
    /// The system does not let us learn of changes.
    blind: bool,
    /// Between looks where changes are not reported.
    pauses: Pauses,
}

/// What one look found.
enum Look {
    Over(CloseVerdict),
    /// There is more input.
    Busy,
    Idle,
}

impl Closing {
    /// Goes on until the connection is over, time is up, or there may be signals to check for.
    fn step(&mut self, connection: Connection<'_>) -> std::result::Result<Interruptible<CloseReport>, Kind> {
        loop {
            let last = self.deadline == Deadline::NonBlocking || self.deadline.passed();
            let look = self.look(connection).map_err(|error| Kind::from_io(&error))?;
            let verdict = match look {
                Look::Over(verdict) => verdict,
                Look::Busy | Look::Idle if last => CloseVerdict::TimedOut,
                Look::Busy => return Ok(Interruptible::Interrupted),
                Look::Idle => match self.wait(connection) {
                    WaitOutcome::Ready | WaitOutcome::Closed => continue,
                    // A signal that arrived during a look has interrupted no wait.
                    WaitOutcome::TimeUp | WaitOutcome::Interrupted => return Ok(Interruptible::Interrupted),
                    WaitOutcome::Failed(kind) => return Err(kind),
                },
            };
            let report = self.report(connection, verdict);
            return report
                .map(Interruptible::Done)
                .map_err(|error| Kind::from_io(&error));
        }
    }

    /// Ends our stream. If the connection is over, the first look finds out how that came.
    fn begin(&mut self, connection: Connection<'_>) -> io::Result<()> {
        self.input.note_received(connection.handle.ahead());
        // Two looks: what has arrived, and whether the peer's end was not among it.
        self.ending.look(connection)?;
        self.ending.look(connection)?;
        match unix::sock(&connection.fd).shutdown(std::net::Shutdown::Write) {
            Ok(()) => connection.handle.connection_end.note_own_end(),
            Err(_) if connection.transport == Transport::Tcp && connection.state()? == TcpState::CLOSED => {}
            Err(error) => return Err(error),
        }
        self.begun = true;
        Ok(())
    }

    fn look(&mut self, connection: Connection<'_>) -> io::Result<Look> {
        if !self.begun {
            self.begin(connection)?;
        }
        if self.changes.as_ref().is_some_and(|changes| !changes.take()) {
            self.changes = None; // it would stay readable
            self.blind = true;
        }
        let mut over = self.ending.look(connection)?;
        let mut found = self.input.discard(connection.fd);
        while over && matches!(found, Found::More) {
            found = self.input.discard(connection.fd); // it has an end: nothing arrives any more
        }
        match &found {
            Found::Failure(error) => {
                over = self.is_over_after(error, connection)?;
                if over {
                    self.input.note_left(connection.fd);
                }
            }
            Found::End if connection.transport == Transport::Unix => {
                over = kernel::send_queue(connection.fd)? == 0;
            }
            Found::Nothing | Found::More | Found::TooMuch if self.ending.all_received => {
                connection.handle.connection_end.note_own_end_first();
            }
            Found::Nothing | Found::More | Found::TooMuch | Found::End => {}
        }
        Ok(match found {
            _ if over => Look::Over(connection.verdict()?),
            Found::TooMuch => Look::Over(CloseVerdict::LimitReached),
            Found::More => Look::Busy,
            Found::Nothing | Found::End | Found::Failure(_) => Look::Idle,
        })
    }

    /// Whether a receive failed because the connection is over.
    ///
    /// # Errors
    /// The failure, if it says nothing about the connection.
    fn is_over_after(&mut self, failure: &io::Error, connection: Connection<'_>) -> io::Result<bool> {
        connection
            .handle
            .note_failure(connection.fd, Kind::from_io(failure));
        match connection.transport {
            Transport::Tcp if self.ending.look(connection)? => Ok(true),
            _ if connection.handle.connection_end.error().is_some() => Ok(true),
            Transport::Tcp if is_about_the_connection(failure) => Ok(false),
            Transport::Tcp | Transport::Unix => Err(io::Error::from_raw_os_error(
                failure.raw_os_error().unwrap_or(libc::EIO),
            )),
        }
    }

    /// Waits for a change, or where those are not reported, a while.
    fn wait(&mut self, connection: Connection<'_>) -> WaitOutcome {
        if self.changes.is_none() && !self.blind {
            let events = libc::POLLIN | libc::POLLOUT | kernel::PEER_ENDED;
            self.changes = Changes::of(connection.fd, events).ok();
        }
        let (fd, pause) = match &self.changes {
            Some(changes) => (changes.poll_fd().as_raw_fd(), LONGEST_SLEEP),
            None => (NO_FD, self.pauses.next()),
        };
        let until = self.deadline.or_earlier(Instant::now() + pause);
        wait_any(&mut SinglePoll::new(fd, libc::POLLIN), &mut [], until)
    }

    /// The report, made just before the descriptor is closed.
    fn report(&self, connection: Connection<'_>, verdict: CloseVerdict) -> io::Result<CloseReport> {
        do_not_linger(connection.fd);
        let mut left = connection.send_queue()?;
        if verdict == CloseVerdict::Reset && connection.transport == Transport::Unix {
            left.unacked = self.ending.unread; // it threw that away
        }
        Ok(CloseReport {
            verdict,
            unacked: left.unacked,
            unsent: left.unsent,
            discarded: self.input.discarded,
        })
    }
}

/// Whether a failed receive says how the connection is, as after a reset or when an ICMP error was passed on
/// (`IP_RECVERR`), and not that the system could not receive.
fn is_about_the_connection(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNRESET
                | libc::ETIMEDOUT
                | libc::EPIPE
                | libc::ECONNREFUSED
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
                | libc::EHOSTDOWN
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EPROTO
        )
    )
}
