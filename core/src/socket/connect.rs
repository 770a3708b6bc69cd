//! connect.

use super::{Call, Socket};
use crate::address::Address;
use crate::caller::Caller;
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::Direction;
use crate::sys::unix::Readiness;
use crate::sys::{os, unix};
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
    /// `Closed`; the system's. A connection of a stream is reset, and an attempt to make one given up.
    pub fn disconnect(&self) -> Result<()> {
        self.immediate(Operation::Connect, |fd| {
            unix::disconnect(fd)?;
            self.handle.shared.lock().connecting_to.take();
            self.handle.ending.forget();
            Ok(())
        })
    }
}

impl<C: Caller> Call<'_, C> {
    /// Connects to an address (connect(2)).
    ///
    /// While it waits, the descriptor is in non-blocking mode. After a refusal the same socket may connect again. After
    /// a timeout the attempt goes on in the kernel: connecting again to the same address waits for it to finish, and
    /// [`disconnect`](Socket::disconnect) gives it up. Success always means a connection to the address given.
    ///
    /// # Errors
    /// `TimedOut`; `InProgress` when the call may not wait; `EALREADY` while an attempt to reach another address is under
    /// way, `EISCONN` when that has succeeded; `Closed` when another thread closed the socket; the system's, such as
    /// `ECONNREFUSED`. The address is in the detail.
    pub fn connect(&mut self, address: &Address) -> Result<()> {
        let handle = &self.socket.handle;
        let limit = self.limit(Direction::Send);
        let plan = Plan {
            direction: Direction::Send,
            events: libc::POLLOUT,
            bytes: 0,
            kernel_may_wait: false,
            limit,
        };
        let ask_again = os::CONNECT_AGAIN_TELLS_THE_END && self.socket.is_tcp_family();
        let mut attempt = Attempt {
            socket: self.socket,
            address,
            may_wait: limit.may_wait(),
            // A connection within the machine is made by the time connect(2) returns: one that asks again sees its end.
            ask_at_once: ask_again && limit.may_wait() && address.is_loopback() && handle.mode_is_private(),
            under_way: UnderWay::Nothing,
            in_the_way: None,
        };
        let mut held = None;
        let result = run(handle, &mut self.caller, plan, |fd, _| {
            if held.is_none() {
                held = Some(handle.hold_nonblocking(fd)?);
            }
            if attempt.under_way != UnderWay::Nothing {
                if !ask_again {
                    self.socket.handle.shared.lock().connecting_to.take();
                    return outcome(fd).map(Step::Done);
                }
                // Another holder may have put the descriptor back into blocking mode: only a connect that ended is asked.
                if !has_ended(fd)? {
                    return Err(io::Error::from_raw_os_error(libc::EAGAIN));
                }
            }
            attempt.ask(fd).map(Step::Done)
        });
        drop(held);
        // That a connect had to wait says nothing about sends.
        handle.expect_wait(Direction::Send, false);
        result.map_err(|kind| {
            let kind = if attempt.under_way != UnderWay::Nothing && kind == Kind::WouldBlock {
                Kind::InProgress
            } else {
                kind
            };
            let error = Error::new(Operation::Connect, kind);
            let error = match attempt.in_the_way {
                None => error.with_detail(address),
                Some((what, other)) => error.with_detail(format_args!("{address} ({what} {other})")),
            };
            error.within(self.timeout(Direction::Send))
        })
    }
}

/// What one call of connect knows while it waits.
struct Attempt<'a> {
    socket: &'a Socket,
    address: &'a Address,
    may_wait: bool,
    ask_at_once: bool,
    under_way: UnderWay,
    /// Another address that the socket is connecting or connected to.
    in_the_way: Option<(&'static str, Address)>,
}

/// Which call began the attempt that the kernel is making.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnderWay {
    Nothing,
    /// This call found it under way.
    Earlier,
    /// This call began it.
    Ours,
}

impl Attempt<'_> {
    /// Begins to connect, or asks how that ended. The kernel answers for the attempt that is under way, whatever address it
    /// is given.
    fn ask(&mut self, fd: BorrowedFd<'_>) -> io::Result<()> {
        let mut asked_for_another = false;
        loop {
            let said = unix::connect(fd, self.address);
            match said.as_ref().err().and_then(io::Error::raw_os_error) {
                Some(libc::EINPROGRESS) => {
                    self.under_way = UnderWay::Ours;
                    self.socket.handle.shared.lock().connecting_to = Some(Box::new(*self.address));
                    self.socket.handle.ending.forget();
                    if !std::mem::take(&mut self.ask_at_once) {
                        return Err(io::Error::from_raw_os_error(libc::EAGAIN));
                    }
                }
                Some(libc::EALREADY) => {
                    let connecting_to = self.socket.handle.shared.lock().connecting_to.as_deref().copied();
                    if let Some(other) = connecting_to.filter(|other| other != self.address) {
                        self.in_the_way = Some(("still connecting to", other));
                    } else if self.may_wait {
                        // Waits for the end of the earlier attempt, as a blocking connect(2) does.
                        if self.under_way == UnderWay::Nothing {
                            self.under_way = UnderWay::Earlier;
                        }
                        return Err(io::Error::from_raw_os_error(libc::EAGAIN));
                    }
                    return said;
                }
                None => return self.connected(fd),
                // Another call has seen the end before us.
                Some(libc::EISCONN) if self.under_way != UnderWay::Nothing => return self.connected(fd),
                Some(errno) => {
                    let connecting_to = self.socket.handle.shared.lock().connecting_to.take();
                    let of_another = match connecting_to {
                        // The refusal was taken by whoever asked for SO_ERROR.
                        _ if errno == libc::ECONNABORTED => true,
                        Some(address) => *address != *self.address,
                        None => self.under_way == UnderWay::Earlier,
                    };
                    if !of_another || self.under_way == UnderWay::Ours || asked_for_another {
                        return said;
                    }
                    // How an attempt of another call ended is no answer to this one; now the socket is free.
                    self.under_way = UnderWay::Nothing;
                    asked_for_another = true;
                }
            }
        }
    }

    /// The socket is connected: to the address of this call, or to one that an earlier call asked for.
    fn connected(&mut self, fd: BorrowedFd<'_>) -> io::Result<()> {
        let connecting_to = self.socket.handle.shared.lock().connecting_to.take();
        let peer = match connecting_to {
            _ if self.under_way == UnderWay::Ours => return Ok(()),
            Some(address) => *address,
            // Begun through another handle or descriptor of the socket, or nothing that takes time.
            None if self.socket.is_tcp_family() => match unix::peer_address(fd) {
                Ok(peer) => peer,
                Err(_) => return Ok(()),
            },
            None => return Ok(()),
        };
        if stands_for(self.address, &peer) {
            return Ok(());
        }
        self.in_the_way = Some(("connected to", peer));
        Err(io::Error::from_raw_os_error(libc::EISCONN))
    }
}

/// Whether a connect to `address` may have reached `peer`: the same address, or this machine for an unspecified one.
fn stands_for(address: &Address, peer: &Address) -> bool {
    let ip = |address: &Address| address.ip().map(|ip| ip.to_canonical());
    let unspecified = ip(address).is_some_and(|ip| ip.is_unspecified());
    address.port() == peer.port() && (unspecified || ip(address) == ip(peer))
}

fn has_ended(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut set = [entry(fd.as_raw_fd(), libc::POLLOUT)];
    Ok(os::poll(&mut set, Some(Duration::ZERO))? == Readiness::Ready)
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
