//! `java.net.ServerSocket`.

use super::address::{dual_stack, local, shown, WILDCARD};
use super::lazy_socket::LazySocket;
use super::options::BACKLOG;
use super::refusal::{Refusal, Result};
use super::socket::Socket;
use crate::caller::Caller;
use crate::connection::create_server_with;
use crate::domain::SocketType;
use crate::ServerOptions;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

/// Listens on a host by name or number; a backlog below 1 means [`BACKLOG`] (Java
/// `new ServerSocket(port, backlog, address)`). An empty host means every interface, with both versions of IP.
///
/// # Errors
/// See [`create_server`](crate::create_server).
pub fn listen<C: Caller>(
    name: &str,
    port: u16,
    backlog: i32,
    caller: &mut C,
) -> crate::Result<crate::Socket> {
    let options = ServerOptions {
        backlog: backlog_of(backlog),
        ..ServerOptions::default()
    };
    create_server_with(name, port, &options, caller)
}

fn backlog_of(asked: i32) -> i32 {
    if asked < 1 {
        BACKLOG
    } else {
        asked
    }
}

/// A TCP listener, or what will become one, that behaves like `java.net.ServerSocket`: `SO_REUSEADDR` is on, and one
/// socket takes both versions of IP.
#[derive(Default)]
pub struct ServerSocket {
    socket: LazySocket,
    bound: OnceLock<SocketAddr>,
}

impl ServerSocket {
    /// A listener without an address (Java `new ServerSocket()`).
    pub fn new() -> Self {
        Self::default()
    }

    /// The BSD socket underneath, made if there is none yet; for options.
    ///
    /// # Errors
    /// `Closed`; see also [`crate::Socket::new`].
    pub fn open(&self) -> Result<&Arc<crate::Socket>> {
        self.socket.open(|| {
            let made = dual_stack(SocketType::STREAM)?;
            made.set_reuse_address(true)?;
            Ok(made)
        })
    }

    /// Listens on an address; `None` means a port of the system's choice on every interface. A backlog below 1 means
    /// [`BACKLOG`].
    ///
    /// # Errors
    /// `AlreadyBound`, `Closed`; see also [`crate::Socket::bind`] and [`crate::Socket::listen`].
    pub fn bind(&self, address: Option<SocketAddr>, backlog: i32) -> Result<()> {
        let made = self.open()?;
        if self.is_bound() {
            return Err(Refusal::AlreadyBound);
        }
        let address = address.unwrap_or_else(|| SocketAddr::new(WILDCARD, 0));
        made.bind(&local(made, address))?;
        made.listen(backlog_of(backlog))?;
        if let Some(bound) = shown(&made.local_address()?) {
            let _ = self.bound.set(SocketAddr::new(address.ip(), bound.port()));
        }
        Ok(())
    }

    /// Waits for a connection, as long as the receive timeout of the BSD socket allows.
    ///
    /// # Errors
    /// `NotBound`, `Closed`; see also [`Call::accept`](crate::Call::accept).
    pub fn accept<C: Caller>(&self, caller: &mut C) -> Result<Socket> {
        let made = self.open()?;
        if !self.is_bound() {
            return Err(Refusal::NotBound);
        }
        let (socket, peer) = made.on(caller).accept()?;
        Socket::accepted(socket, &peer)
    }

    /// Closes the listener, which ends an accept that waits in another thread. Closing again does nothing.
    ///
    /// # Errors
    /// See [`Call::close`](crate::Call::close).
    pub fn close<C: Caller>(&self, caller: &mut C) -> Result<()> {
        self.socket.close(|made| made.on(caller).close())
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.socket.is_closed()
    }

    /// Whether it was ever bound.
    pub fn is_bound(&self) -> bool {
        self.bound.get().is_some()
    }

    /// Where it listens or listened.
    pub fn address(&self) -> Option<SocketAddr> {
        self.bound.get().copied()
    }
}
