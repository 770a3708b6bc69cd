//! connect.

use super::attempt::{Attempt, KernelWaits, Plan, Progress};
use crate::address::Address;
use crate::domain::SocketKind;
use crate::error::{Error, Kind, Operation};
use crate::handle::NonBlocking;
use crate::handle::{Direction, Handle};
use crate::sys::unix::Blocking;
use crate::sys::wakeable_poll::events_now;
use crate::sys::{kernel, unix};
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// Connects to an address.
pub(crate) struct Connect<'a> {
    handle: &'a Handle,
    kind: SocketKind,
    address: &'a Address,
    may_wait: bool,
    /// Another connect(2) is the way to ask how a connect ended.
    ask_again: bool,
    /// A connection within this machine is established by the time connect(2) returns: asking again at once returns the
    /// result.
    ask_at_once: bool,
    under_way: UnderWay,
    /// Another address that the socket is connecting to or connected to.
    in_the_way: Option<(&'static str, Address)>,
    nonblocking: Option<NonBlocking<'a>>,
}

/// The connect that is in progress in the kernel, by the call that began it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnderWay {
    Nothing,
    /// It was in progress when this call began.
    Earlier,
    /// This call began it.
    Ours,
}

impl<'a> Connect<'a> {
    pub(crate) fn new(handle: &'a Handle, kind: SocketKind, address: &'a Address, may_wait: bool) -> Self {
        let ask_again = kernel::CONNECT_AGAIN_TELLS_THE_END && kind.is_tcp();
        Self {
            handle,
            kind,
            address,
            may_wait,
            ask_again,
            ask_at_once: ask_again && may_wait && address.is_loopback() && handle.is_private(),
            under_way: UnderWay::Nothing,
            in_the_way: None,
            nonblocking: None,
        }
    }

    /// Begins to connect, or asks how that ended. The kernel answers for the attempt in progress, whatever address it
    /// is given.
    fn ask(&mut self, fd: BorrowedFd<'_>) -> io::Result<()> {
        let mut asked_for_another = false;
        loop {
            let said = unix::connect(fd, self.address);
            match said.as_ref().err().and_then(io::Error::raw_os_error) {
                Some(libc::EINPROGRESS) => {
                    self.under_way = UnderWay::Ours;
                    self.handle.shared.lock().connecting_to = Some(Box::new(*self.address));
                    self.handle.connection_end.reset();
                    if !std::mem::take(&mut self.ask_at_once) {
                        return Err(not_yet());
                    }
                }
                Some(libc::EALREADY) => {
                    let connecting_to = self.handle.shared.lock().connecting_to.as_deref().copied();
                    if let Some(other) = connecting_to.filter(|other| other != self.address) {
                        self.in_the_way = Some(("still connecting to", other));
                    } else if self.may_wait {
                        // Waits for the end of the earlier attempt, as a blocking connect(2) does.
                        if self.under_way == UnderWay::Nothing {
                            self.under_way = UnderWay::Earlier;
                        }
                        return Err(not_yet());
                    }
                    return said;
                }
                None => return self.connected(fd),
                // Another call has seen the result before us.
                Some(libc::EISCONN) if self.under_way != UnderWay::Nothing => return self.connected(fd),
                Some(errno) => {
                    let connecting_to = self.handle.shared.lock().connecting_to.take();
                    let of_another = match connecting_to {
                        // The refusal was consumed by a call that read SO_ERROR.
                        _ if errno == libc::ECONNABORTED => true,
                        Some(address) => *address != *self.address,
                        None => self.under_way == UnderWay::Earlier,
                    };
                    if !of_another || self.under_way == UnderWay::Ours || asked_for_another {
                        return said;
                    }
                    // How another call's attempt ended does not answer this call; now the socket is free.
                    self.under_way = UnderWay::Nothing;
                    asked_for_another = true;
                }
            }
        }
    }

    /// The socket is connected: to the address of this call, or to one that an earlier call asked for.
    fn connected(&mut self, fd: BorrowedFd<'_>) -> io::Result<()> {
        let connecting_to = self.handle.shared.lock().connecting_to.take();
        let peer = match connecting_to {
            _ if self.under_way == UnderWay::Ours => return Ok(()),
            Some(address) => *address,
            // The connect was begun through another handle or descriptor of the socket, or it ended at once.
            None if self.kind.is_tcp() => match unix::peer_address(fd) {
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

impl Attempt for Connect<'_> {
    type Output = ();

    const OPERATION: Operation = Operation::Connect;
    const DIRECTION: Direction = Direction::Send;

    fn plan(&self) -> Plan {
        Plan {
            events: libc::POLLOUT,
            bytes: 0,
            kernel_waits: KernelWaits::Never,
        }
    }

    fn attempt(&mut self, fd: BorrowedFd<'_>, _: Blocking) -> io::Result<Progress<()>> {
        if self.nonblocking.is_none() {
            self.nonblocking = Some(self.handle.hold_nonblocking(fd)?);
        }
        if self.under_way != UnderWay::Nothing {
            if !self.ask_again {
                self.handle.shared.lock().connecting_to.take();
                return outcome(fd).map(Progress::Done);
            }
            // Another holder may have put the descriptor back into blocking mode: ask only once the connect has ended.
            if events_now(fd, libc::POLLOUT)? == 0 {
                return Err(not_yet());
            }
        }
        self.ask(fd).map(Progress::Done)
    }

    fn advances(&self) -> bool {
        false
    }

    fn arguments(&self, line: &mut Line) {
        line.text("to", self.address);
    }

    fn explain(&self, error: Error) -> Error {
        let error = if self.under_way != UnderWay::Nothing && error.kind() == Kind::WouldBlock {
            Error::new(Self::OPERATION, Kind::InProgress)
        } else {
            error
        };
        match self.in_the_way {
            None => error.with_detail(self.address),
            Some((what, other)) => error.with_detail(format_args!("{} ({what} {other})", self.address)),
        }
    }
}

/// Whether a connect to `address` may have reached `peer`: the same address, or this machine for an unspecified one.
fn stands_for(address: &Address, peer: &Address) -> bool {
    let ip = |address: &Address| address.ip().map(|ip| ip.to_canonical());
    let unspecified = ip(address).is_some_and(|ip| ip.is_unspecified());
    address.port() == peer.port() && (unspecified || ip(address) == ip(peer))
}

/// How a connect that was in progress ended, once the descriptor is ready.
///
/// For TCP on Linux another connect(2) is used instead: only that makes the kernel note the result, and until then it
/// takes the next connect for a question about this one.
fn outcome(fd: BorrowedFd<'_>) -> io::Result<()> {
    match unix::sock(&fd).take_error()? {
        Some(error) => Err(error),
        // Another call may have consumed the error: the socket is connected if it has a peer.
        None => unix::peer_address(fd).map(drop),
    }
}

fn not_yet() -> io::Error {
    io::Error::from_raw_os_error(libc::EAGAIN)
}
