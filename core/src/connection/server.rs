//! Listening by name.

use super::host::{called, unix_address};
use super::tried::Tried;
use crate::address::Address;
use crate::caller::{Caller, NativeCaller};
use crate::domain::Family;
use crate::error::{legible, Error, Kind, Operation, Result};
use crate::memory;
use crate::names::resolve_name;
use crate::socket::listen::negative_backlog;
use crate::socket::Socket;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// How to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerOptions {
    /// How many connections may wait to be accepted (listen(2)); 128 unless set.
    pub backlog: i32,
    /// Whether one IPv6 socket takes IPv4 connections too.
    pub dual_stack: DualStack,
    /// Whether several sockets, including those of other processes of the same user, may share the port (`SO_REUSEPORT`).
    pub reuse_port: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            backlog: 128,
            dual_stack: DualStack::Auto,
            reuse_port: false,
        }
    }
}

/// Whether one IPv6 socket takes IPv4 connections too (`IPV6_V6ONLY` off; Python `dualstack_ipv6`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DualStack {
    /// Yes for an empty host, if the system has IPv6.
    #[default]
    Auto,
    /// Yes: only IPv6 addresses of the host are taken.
    Wanted,
    /// No: an IPv6 socket takes IPv6 only.
    Off,
}

/// Listens on a host by name or number, with `SO_REUSEADDR`; port 0 lets the system choose.
///
/// An empty host means every interface: one IPv6 socket that takes IPv4 connections too, or IPv4 where the system has
/// no IPv6. With port 0 the host may be the text of a Unix [`Address`], `unix:/path`; this call creates the file, so
/// remove it when it is no longer needed. (Python `create_server`, Java `new ServerSocket(port, backlog, address)`.)
///
/// # Errors
/// The error of the first address (see [`Socket::bind`] and [`Socket::listen`]), or of the look-up. The detail names
/// the host and the error of each address.
pub fn create_server(host: &str, port: u16, backlog: i32) -> Result<Socket> {
    let options = ServerOptions {
        backlog,
        ..ServerOptions::default()
    };
    create_server_with(host, port, &options, &mut NativeCaller)
}

/// Listens as [`create_server`] does, with options and for another language: tries the host's addresses in the
/// resolver's order until listening on one succeeds.
///
/// # Errors
/// See [`create_server`]; also `EAFNOSUPPORT` when a dual stack is wanted and the host has no IPv6 address.
pub fn create_server_with<C: Caller>(
    host: &str,
    port: u16,
    options: &ServerOptions,
    caller: &mut C,
) -> Result<Socket> {
    if options.backlog < 0 {
        return Err(negative_backlog(Operation::CreateServer, options.backlog));
    }
    if let Some(address) = unix_address(Operation::CreateServer, host, port) {
        return listen_on_unix(&address?, options.backlog);
    }
    let every_interface = [
        (Ipv6Addr::UNSPECIFIED.into(), port).into(),
        (Ipv4Addr::UNSPECIFIED.into(), port).into(),
    ];
    let failed = |kind| Error::new(Operation::CreateServer, kind);
    let addresses = match options.dual_stack {
        DualStack::Auto | DualStack::Wanted if host.is_empty() => memory::copy(&every_interface),
        DualStack::Off if host.is_empty() => memory::collect(every_interface.into_iter().rev()),
        DualStack::Auto | DualStack::Wanted | DualStack::Off => {
            Ok(caller.block(|| resolve_name(host, port, libc::AI_PASSIVE))?)
        }
    };
    let addresses = addresses.map_err(failed)?;
    let whom = called(host, port, &addresses);
    let dual_stack = match options.dual_stack {
        DualStack::Auto => host.is_empty(),
        DualStack::Wanted => true,
        DualStack::Off => false,
    };
    let only_v6 = options.dual_stack == DualStack::Wanted;
    let mut tried: Vec<(Address, Option<Kind>)> = memory::list(addresses.len()).map_err(failed)?;
    for address in addresses {
        if only_v6 && address.family() != Family::IPV6 {
            continue;
        }
        match listen_on(&address, options, dual_stack) {
            Ok(socket) => return Ok(socket),
            Err(error) => tried.push((address, Some(error.kind()))),
        }
        // "Every interface" is one address in two families: a busy port is an error, not a reason to serve only one of
        // them.
        if host.is_empty() && !no_such_family(tried.last()) {
            break;
        }
    }
    let first = tried.first().and_then(|(_, end)| *end);
    let kind = first.unwrap_or(Kind::Os(libc::EAFNOSUPPORT));
    if tried.is_empty() {
        let host = legible(host);
        return Err(failed(kind).with_detail(format_args!("{host} port {port}, no IPv6 address")));
    }
    let every: &dyn fmt::Display = &"every interface";
    let whom = if host.is_empty() { every } else { &whom };
    let tried = Tried {
        host: whom,
        tried: &tried,
        all: tried.len(),
        kind,
    };
    Err(failed(kind).with_detail(tried))
}

fn listen_on_unix(address: &Address, backlog: i32) -> Result<Socket> {
    let listening = Socket::stream(Family::UNIX).and_then(|socket| {
        socket.bind(address)?;
        socket.listen(backlog)?;
        Ok(socket)
    });
    listening.map_err(|error| Error::new(Operation::CreateServer, error.kind()).with_detail(address))
}

fn no_such_family(tried: Option<&(Address, Option<Kind>)>) -> bool {
    matches!(
        tried,
        Some((_, Some(Kind::Os(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL))))
    )
}

fn listen_on(address: &Address, options: &ServerOptions, dual_stack: bool) -> Result<Socket> {
    let socket = Socket::stream(address.family())?;
    socket.set_reuse_address(true)?;
    if options.reuse_port {
        socket.set_option(libc::SOL_SOCKET, libc::SO_REUSEPORT, &1_i32.to_ne_bytes())?;
    }
    if address.family() == Family::IPV6 {
        let only_v6 = i32::from(!dual_stack);
        socket.set_option(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, &only_v6.to_ne_bytes())?;
    }
    socket.bind(address)?;
    socket.listen(options.backlog)?;
    Ok(socket)
}
