//! connect.

use super::{Call, Socket};
use crate::address::Address;
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::Direction;
use crate::host::Host;
use crate::sys::unix::Readiness;
use crate::sys::{special, unix};
use crate::wait::{entry, run, Plan, Step};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

impl Socket {
    /// Connects, waiting as long as the send timeout allows. See [`Call::connect`].
    ///
    /// # Errors
    /// As [`Call::connect`].
    pub fn connect(&self, address: &Address) -> Result<()> {
        self.call().connect(address)
    }

    /// Takes back what connect did to a datagram socket: it sends to and receives from any address again (connect(2)
    /// with `AF_UNSPEC`; Java `DatagramSocket.disconnect`). On Linux it gives up an own address and port that the
    /// system chose.
    ///
    /// # Errors
    /// `Closed`; the system's. A connection of a stream is reset.
    pub fn disconnect(&self) -> Result<()> {
        self.now(Operation::Connect, unix::disconnect)
    }
}

impl<H: Host> Call<'_, H> {
    /// Connects to an address (connect(2)).
    ///
    /// While it waits, the descriptor is in non-blocking mode. After a refusal the same socket may connect again. After a timeout the attempt goes on in the kernel:
    /// connecting again waits for its end.
    ///
    /// # Errors
    /// `TimedOut`; `InProgress` when the call may not wait; `Closed` when another thread closed the socket; the
    /// system's, such as `ECONNREFUSED`. The address is in the detail.
    pub fn connect(&mut self, address: &Address) -> Result<()> {
        let limit = self.limit(Direction::Send);
        let plan = Plan {
            direction: Direction::Send,
            events: libc::POLLOUT,
            bytes: 0,
            kernel_may_wait: false,
            limit,
        };
        let may_wait = limit.may_wait();
        let ask_again = special::CONNECT_AGAIN_TELLS_THE_END && self.socket.is_tcp_family();
        // A connection within the machine is made by the time connect(2) returns: one that asks again sees its end.
        let mut ask_at_once =
            ask_again && may_wait && address.is_loopback() && self.socket.handle.owns_mode();
        let (mut under_way, mut held) = (false, None);
        let result = run(&self.socket.handle, &mut self.host, plan, |fd, _| {
            if held.is_none() {
                held = Some(self.socket.handle.hold_nonblocking(fd)?);
            }
            if under_way && !ask_again {
                return outcome(fd).map(Step::Done);
            }
            // Another holder may have put the descriptor back into blocking mode: only a connect that ended is asked.
            if under_way && !has_ended(fd)? {
                return Err(io::Error::from_raw_os_error(libc::EAGAIN));
            }
            loop {
                match unix::connect(fd, address) {
                    // Another call has seen the end before us.
                    Err(error) if under_way && error.raw_os_error() == Some(libc::EISCONN) => {
                        return Ok(Step::Done(()));
                    }
                    Err(error) if is_under_way(&error, may_wait) => {
                        under_way = true;
                        if !std::mem::take(&mut ask_at_once) {
                            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
                        }
                    }
                    result => return result.map(Step::Done),
                }
            }
        });
        drop(held);
        // That a connect had to wait says nothing about sends.
        self.socket.handle.expect_wait(Direction::Send, false);
        result.map_err(|kind| {
            let kind = if under_way && kind == Kind::WouldBlock {
                Kind::InProgress
            } else {
                kind
            };
            let error = Error::new(Operation::Connect, kind).with_detail(address);
            error.within(self.timeout(Direction::Send))
        })
    }
}

fn is_under_way(error: &io::Error, may_wait: bool) -> bool {
    match error.raw_os_error() {
        Some(libc::EINPROGRESS) => true,
        // Begun by an earlier call: one that may wait waits for its end, as a blocking connect(2) does.
        Some(libc::EALREADY) => may_wait,
        _ => false,
    }
}

fn has_ended(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut set = [entry(fd.as_raw_fd(), libc::POLLOUT)];
    Ok(special::poll(&mut set, Some(Duration::ZERO))? == Readiness::Ready)
}

/// How a connect that was under way ended, once the descriptor is ready.
///
/// TCP on Linux is asked by another connect(2) instead: only that lets the kernel take note of the end, and until
/// it has, it takes the next connect for a question about this one.
fn outcome(fd: BorrowedFd<'_>) -> io::Result<()> {
    match unix::sock(&fd).take_error()? {
        Some(error) => Err(error),
        // Another call may have taken the error away: connected is who has a peer.
        None => unix::peer_address(fd).map(drop),
    }
}
