//! Names and listening: bind, listen, getsockname, getpeername.

use super::Socket;
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::sys::unix;
use crate::trace::{self, Line};
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;

/// The error for a negative backlog, which the kernel would take for the largest possible.
pub(crate) const fn negative_backlog(operation: Operation, backlog: i32) -> Error {
    let limits = (0, i32::MAX as i64);
    Error::out_of_range(operation, "backlog", limits, "", backlog as i64)
}

impl Socket {
    /// Binds the socket to a local address (bind(2)); port 0 lets the system choose.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EINVAL` when it is already bound; the address is in the detail.
    pub fn bind(&self, address: &Address) -> Result<()> {
        let bind = |fd: BorrowedFd<'_>| unix::bind(fd, address);
        let bound = if trace::is_on() {
            let arguments = |line: &mut Line| line.text("to", address);
            self.immediate_recorded(Operation::Bind, arguments, bind, |line, bound| {
                self.add_in_use(line, bound, address.port())
            })
        } else {
            self.immediate_unseen(Operation::Bind, bind)
        };
        bound.map_err(|error| error.with_detail(address))
    }

    /// Starts to listen (listen(2)). At most `backlog` connections wait to be accepted; the system has its own limit
    /// (`net.core.somaxconn`), to which it silently cuts `backlog`.
    ///
    /// # Errors
    /// `InvalidInput("backlog")` below 0, which the kernel would take for the largest possible; the system's, such as
    /// `EADDRINUSE`.
    pub fn listen(&self, backlog: i32) -> Result<()> {
        if backlog < 0 {
            return Err(negative_backlog(Operation::Listen, backlog));
        }
        let listen = |fd: BorrowedFd<'_>| {
            self.handle.renounce_limits(fd);
            unix::sock(&fd).listen(backlog)
        };
        if trace::is_on() {
            let arguments = |line: &mut Line| line.number("backlog", backlog);
            self.immediate_recorded(Operation::Listen, arguments, listen, |line, listening| {
                let local = self.immediate_unseen(Operation::GetSockName, unix::local_address);
                self.add_in_use(line, listening, local.ok().and_then(|local| local.port()));
            })?;
        } else {
            self.immediate_unseen(Operation::Listen, listen)?;
        }
        self.listening.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Adds what uses the port already to the record of a call that failed because of that.
    fn add_in_use<T>(&self, line: &mut Line, result: &Result<T>, port: Option<u16>) {
        if self.is_tcp_family() {
            trace::add_in_use(line, result.as_ref().err(), port);
        }
    }

    /// The socket's local address (getsockname(2)).
    ///
    /// # Errors
    /// `Closed`; the system's.
    pub fn local_address(&self) -> Result<Address> {
        self.immediate(Operation::GetSockName, unix::local_address)
    }

    /// The address of the other end (getpeername(2)).
    ///
    /// # Errors
    /// `ENOTCONN` when there is none; `Closed`.
    pub fn peer_address(&self) -> Result<Address> {
        self.immediate(Operation::GetPeerName, unix::peer_address)
    }
}
