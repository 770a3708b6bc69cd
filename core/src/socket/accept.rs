//! accept.

use super::{Call, Socket};
use crate::address::Address;
use crate::caller::Caller;
use crate::domain::{Family, SocketType};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Direction, Handle};
use crate::mode::BlockingMode;
use crate::sys::reserve::check_left;
use crate::sys::unix::Readiness;
use crate::sys::{os, unix};
use crate::wait::{run, Plan, Step};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Socket {
    /// Accepts a connection, waiting as long as the receive timeout allows. See [`Call::accept`].
    ///
    /// # Errors
    /// As [`Call::accept`].
    pub fn accept(&self) -> Result<(Socket, Address)> {
        self.call().accept()
    }
}

impl<C: Caller> Call<'_, C> {
    /// Accepts a connection (accept(2)): the new socket, close-on-exec and without a timeout, and its peer.
    ///
    /// A call with a time limit puts a listening descriptor that others can see into non-blocking mode, since another
    /// process or thread may take the connection between poll and accept. A listener that stays in blocking mode and
    /// is shared *with another process* can lose that race and then sleeps until the next connection.
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`, `Closed` when another thread closed the listener; the system's, such as `EINVAL`
    /// when it does not listen (`EOPNOTSUPP` when it can't) and `EMFILE`, after which the connection still waits to
    /// be accepted.
    pub fn accept(&mut self) -> Result<(Socket, Address)> {
        let mut peer = Address::EMPTY;
        let socket = self.accept_from(Some(&mut peer))?;
        Ok((socket, peer))
    }

    /// Accepts a connection, and asks whose it is only where there is a `peer` to put it: [`accept`](Self::accept) for who
    /// does not want to know.
    ///
    /// # Errors
    /// As [`accept`](Self::accept); `peer` is left as it was.
    pub fn accept_from(&mut self, peer: Option<&mut Address>) -> Result<Socket> {
        let accepted = self.accept_descriptor(peer);
        let fd = self.named((Operation::Accept, Direction::Receive), 0, accepted)?;
        let listener = self.socket;
        Ok(Socket::from_parts(
            fd,
            BlockingMode::new(false, false),
            listener.family,
            listener.socket_type,
            listener.protocol,
        ))
    }

    fn accept_descriptor(&mut self, mut peer: Option<&mut Address>) -> std::result::Result<OwnedFd, Kind> {
        check_left()?; // before a connection is taken that nobody would get
        let handle = &self.socket.handle;
        if self.socket.family == Family::ALG {
            // Nothing to wait for: every accept makes an operation of its own, and poll says nothing of it.
            let inside = handle.enter()?;
            // Its sockets have no names, and who asks for one is refused.
            let accepted = os::accept(inside.fd(), None).map_err(|error| Kind::from_io(&error))?;
            if let Some(peer) = peer {
                *peer = Address::EMPTY;
            }
            return Ok(accepted);
        }
        self.socket.check_listening()?;
        let limit = self.limit(Direction::Receive);
        // Of a descriptor that is ours alone nobody sees the mode: it is what accept needs.
        let ours = handle.mode_is_private();
        if !limit.is_never() && !ours && !handle.mode.is_wanted_nonblocking() {
            self.socket
                .set_descriptor_nonblocking(true)
                .map_err(|error: Error| error.kind())?;
        }
        let plan = Plan {
            direction: Direction::Receive,
            events: libc::POLLIN,
            // Trying on a descriptor in blocking mode takes more than one call.
            bytes: if ours || handle.mode.is_wanted_nonblocking() {
                0
            } else {
                usize::MAX
            },
            limit,
            // Listeners are what servers share with the workers they fork: always woken without shutdown.
            kernel_may_wait: false,
        };
        let mut held = None;
        run(handle, &mut self.caller, plan, |fd, _| {
            if ours && held.is_none() {
                held = Some(handle.hold_nonblocking(fd)?);
            }
            accept_once(handle, fd, held.is_some(), peer.as_deref_mut()).map(Step::Done)
        })
    }
}

impl Socket {
    /// Refuses what accept(2) refuses at once: it would never be ready, and the wait never end. Only the families
    /// that are known to tell are asked.
    pub(crate) fn check_listening(&self) -> std::result::Result<(), Kind> {
        let tells = matches!(self.family, Family::IPV4 | Family::IPV6 | Family::UNIX);
        if !tells || self.listening.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.accepting() {
            Ok(true) => {
                self.listening.store(true, Ordering::Relaxed);
                Ok(())
            }
            Ok(false) if matches!(self.socket_type, SocketType::STREAM | SocketType::SEQPACKET) => {
                Err(Kind::Os(libc::EINVAL))
            }
            Ok(false) => Err(Kind::Os(libc::EOPNOTSUPP)),
            Err(error) => Err(error.kind()),
        }
    }
}

/// Accepts without waiting; `held`: the descriptor is kept in non-blocking mode.
fn accept_once(
    handle: &Handle,
    fd: BorrowedFd<'_>,
    held: bool,
    peer: Option<&mut Address>,
) -> io::Result<OwnedFd> {
    if held && handle.mode_is_private() {
        return os::accept(fd, peer);
    }
    // Another thread may be about to set the mode: what is found here is to last.
    let kept = handle.keep_nonblocking();
    let nonblocking = if handle.is_exclusive() {
        held || kept.is_some()
    } else {
        // A holder that we share the descriptor with may have changed its mode.
        kept.is_some() && unix::is_nonblocking(fd)?
    };
    if !nonblocking {
        accept_ready(handle, fd, peer)
    } else if handle.is_accepting() {
        // It asked while the descriptor was in blocking mode: taking its connection would make it sleep.
        Err(io::Error::from_raw_os_error(libc::EAGAIN))
    } else {
        os::accept(fd, peer)
    }
}

/// Accepts on a descriptor in blocking mode: asks first, and lets no other thread of ours come between.
fn accept_ready(handle: &Handle, fd: BorrowedFd<'_>, peer: Option<&mut Address>) -> io::Result<OwnedFd> {
    let nothing = || io::Error::from_raw_os_error(libc::EAGAIN);
    let _turn = handle.take_accept_turn().ok_or_else(nothing)?;
    let mut set = [libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    }];
    match os::poll(&mut set, Some(Duration::ZERO))? {
        Readiness::TimeUp => Err(nothing()),
        // A descriptor that does not listen is reported as hung up, and accept says what is wrong.
        Readiness::Ready => os::accept(fd, peer),
        Readiness::Interrupted => Err(io::Error::from_raw_os_error(libc::EINTR)),
    }
}
