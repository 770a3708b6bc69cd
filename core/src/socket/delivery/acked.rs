//! wait_acked.

use super::super::options::or_unsupported;
use super::super::{Call, Socket};
use super::connection::{Connection, Transport};
use super::pauses::Pauses;
use crate::caller::{look_then_block, Caller, Interruptible};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Direction, Reason, Registration};
use crate::sys::kernel;
use crate::tcp_state::TcpState;
use crate::time::{Deadline, Timeout};
use crate::wait::{wait_woken, WaitOutcome};
use std::io;
use std::time::Instant;

impl Socket {
    /// Waits until the peer has acknowledged everything that was sent. See [`Call::wait_acked`].
    ///
    /// # Errors
    /// See [`Call::wait_acked`].
    pub fn wait_acked(&self, timeout: impl Into<Timeout>) -> Result<()> {
        self.within(timeout).wait_acked()
    }
}

impl<C: Caller> Call<'_, C> {
    /// Waits until the peer's system has acknowledged everything that was sent, and the end of the stream if that was sent
    /// too. The connection stays as it is.
    ///
    /// Over TCP this does not say that the peer's program has read anything, and a receiver that sends nothing itself delays
    /// acknowledgements, on Linux by about 40 ms. Over a Unix socket it does: there the peer's program has received
    /// everything.
    ///
    /// # Errors
    /// `TimedOut`, or `WouldBlock` if it may not wait: [`Socket::send_queue`] says how much is missing. The error that
    /// ended the connection, such as `ECONNRESET`, if something was not yet acknowledged then. `ENOTCONN`; `Closed`;
    /// `Unsupported` as for [`Socket::send_queue`].
    pub fn wait_acked(&mut self) -> Result<()> {
        let socket = self.socket;
        let timeout = self.timeout(Direction::Send);
        let mut pauses = Pauses::new();
        let acknowledged = look_then_block(&mut self.caller, Deadline::after(timeout), |deadline| {
            wait(socket, deadline, &mut pauses)
        });
        let kind = match acknowledged {
            Ok(Some(())) => return Ok(()),
            Ok(None) if timeout == Timeout::NonBlocking => Kind::WouldBlock,
            Ok(None) => Kind::TimedOut,
            Err(kind) => kind,
        };
        Err(or_unsupported(Error::new(Operation::WaitAcked, kind)).within(timeout))
    }
}

/// Waits no longer than the deadline: `None` when time is up.
fn wait(
    socket: &Socket,
    deadline: Deadline,
    pauses: &mut Pauses,
) -> std::result::Result<Interruptible<Option<()>>, Kind> {
    let inside = socket.handle.enter()?;
    let connection = Connection::of(socket, inside.fd()).map_err(|error| Kind::from_io(&error))?;
    let mut registration = None;
    loop {
        let last = deadline == Deadline::NonBlocking || deadline.passed();
        let acknowledged = connection.is_acknowledged();
        if acknowledged.map_err(|error| Kind::from_io(&error))? {
            return Ok(Interruptible::Done(Some(())));
        }
        if last {
            return Ok(Interruptible::Done(None));
        }
        let registration =
            registration.get_or_insert_with(|| Registration::new(&socket.handle, Reason::Readiness));
        let pause = pauses.next();
        match wait_woken(deadline.or_earlier(Instant::now() + pause), registration) {
            // A signal that arrived during a look has interrupted no wait.
            WaitOutcome::TimeUp if pause == Pauses::LONGEST => return Ok(Interruptible::Interrupted),
            WaitOutcome::Ready | WaitOutcome::TimeUp => {}
            WaitOutcome::Closed => return Err(Kind::Closed),
            WaitOutcome::Interrupted => return Ok(Interruptible::Interrupted),
            WaitOutcome::Failed(kind) => return Err(kind),
        }
    }
}

impl Connection<'_> {
    /// Whether the peer has acknowledged everything.
    ///
    /// # Errors
    /// What ended the connection before that.
    fn is_acknowledged(self) -> io::Result<bool> {
        let empty = || kernel::send_queue(self.fd).map(|left| left == 0);
        match self.transport {
            // The queue of a dead connection stays as it was.
            Transport::Tcp if empty()? => Ok(true),
            Transport::Tcp if self.state()? != TcpState::CLOSED => Ok(false),
            Transport::Tcp if empty()? => Ok(true),
            // What a peer has not read when it closes leaves the queue as well.
            Transport::Unix if !empty()? => Ok(false),
            Transport::Unix => self.error()?.map_or(Ok(true), Err),
            Transport::Tcp => {
                let error = self.error()?;
                Err(error.unwrap_or_else(|| io::Error::from_raw_os_error(libc::ECONNRESET)))
            }
        }
    }
}
