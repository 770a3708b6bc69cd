//! Connecting and listening by name.

use crate::address::{Address, UNIX_PREFIX};
use crate::caller::{Caller, NativeCaller};
use crate::domain::Family;
use crate::error::{legible, Error, Kind, Operation, Result};
use crate::memory;
use crate::names::resolve_name;
use crate::race::{race, ConnectOptions, Tried};
use crate::socket::listen::negative_backlog;
use crate::socket::Socket;
use crate::time::{Deadline, Timeout};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Connects to a host by name or number: all its addresses, of which the first to answer wins (RFC 8305).
///
/// The families take turns, an address that has not answered after 250 ms gets a rival, and one that refuses is
/// replaced at once. One deadline covers the look-up and all addresses. The look-up itself can't be cut short; when it
/// takes too long, the call fails right after it. An empty host is the loopback addresses; with port 0 the host may be the
/// text of a Unix [`Address`], `unix:/path` or `unix:@abstract`. A zero timeout tries all
/// addresses at once and looks once. The socket comes in blocking mode and without a timeout.
/// (Python `create_connection` with `happy_eyeballs_delay`, Java `new Socket(host, port)`.)
///
/// # Errors
/// `TimedOut`, or the kind of the first failure; `WouldBlock` with a zero timeout; the look-up's. The detail names the
/// host and its addresses, and what each said where they differ: `localhost port 80, 2 addresses tried: [::1]:80 network is
/// unreachable, 127.0.0.1:80 refused`.
pub fn create_connection(host: &str, port: u16, timeout: impl Into<Timeout>) -> Result<Socket> {
    create_connection_with(host, port, &ConnectOptions::default(), timeout, &mut NativeCaller)
}

/// The same with options and for a language of its own.
///
/// # Errors
/// As [`create_connection`]; `Interrupted` when the language ends the call.
pub fn create_connection_with<H: Caller>(
    name: &str,
    port: u16,
    options: &ConnectOptions,
    timeout: impl Into<Timeout>,
    host: &mut H,
) -> Result<Socket> {
    let limit = timeout.into();
    let deadline = Deadline::after(limit);
    if let Some(address) = unix_address(Operation::CreateConnection, name, port) {
        return connect_unix(&address?, limit, host);
    }
    let addresses = host.block(|| resolve_name(name, port, 0))?;
    let whom = called(name, port, &addresses);
    race(&addresses, options, deadline, host, &whom).map_err(|error| error.within(limit))
}

/// The address of a host that is written `unix:/path` or `unix:@name`, which can't be the name of a host.
fn unix_address(operation: Operation, name: &str, port: u16) -> Option<Result<Address>> {
    if !name.starts_with(UNIX_PREFIX) {
        return None;
    }
    let detail = || legible(name);
    if port != 0 {
        let error = Error::invalid(operation, "port", "must be 0 for a Unix address");
        return Some(Err(error.with_detail(detail())));
    }
    let address = Address::parse(name, None);
    Some(address.map_err(|_| {
        Error::invalid(operation, "host", "must be a path of at most 108 bytes").with_detail(detail())
    }))
}

fn connect_unix<H: Caller>(address: &Address, limit: Timeout, host: &mut H) -> Result<Socket> {
    let failed = |error: Error| {
        let whole = Error::new(Operation::CreateConnection, error.kind()).with_detail(address);
        whole.within(limit)
    };
    let socket = Socket::stream(Family::UNIX).map_err(failed)?;
    socket.on(host).within(limit).connect(address).map_err(failed)?;
    Ok(socket)
}

/// A host as errors call it, before its addresses: nothing where its name is its only address.
struct Called<'a> {
    name: &'a str,
    port: u16,
    hidden: bool,
}

fn called<'a>(name: &'a str, port: u16, addresses: &[Address]) -> Called<'a> {
    let mut addresses = addresses.iter();
    let only = addresses.next().filter(|_| addresses.next().is_none());
    Called {
        name,
        port,
        hidden: only
            .and_then(Address::ip)
            .is_some_and(|ip| ip.to_string() == name),
    }
}

impl fmt::Display for Called<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { hidden: true, .. } => Ok(()),
            Self { name: "", port, .. } => write!(f, "port {port}"),
            Self { name, port, .. } => write!(f, "{} port {port}", legible(name)),
        }
    }
}

/// Connects to whichever of the addresses answers first, as [`create_connection`] does once it has looked them up.
///
/// # Errors
/// As [`create_connection_with`]; `InvalidInput("addresses")` when there are none.
pub fn connect_any<H: Caller>(
    addresses: &[Address],
    options: &ConnectOptions,
    timeout: impl Into<Timeout>,
    host: &mut H,
) -> Result<Socket> {
    let limit = timeout.into();
    race(addresses, options, Deadline::after(limit), host, &"").map_err(|error| error.within(limit))
}

/// How to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerOptions {
    /// How many connections may wait to be accepted (listen(2)); 128 unless set.
    pub backlog: i32,
    /// Whether one IPv6 socket takes IPv4 connections too.
    pub dual_stack: DualStack,
    /// Whether several sockets, also of other processes of the same user, may share the port (`SO_REUSEPORT`).
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
    /// For an empty host, where the system has IPv6.
    #[default]
    Auto,
    /// Yes: only IPv6 addresses of the host are taken.
    Wanted,
    /// No: an IPv6 socket takes IPv6 only.
    Off,
}

/// Listens on a host by name or number, with `SO_REUSEADDR`; port 0 lets the system choose.
///
/// An empty host means every interface: one IPv6 socket that takes IPv4 connections too, or IPv4 where the system
/// has no IPv6. With port 0 it may be the text of a Unix [`Address`], `unix:/path`, whose file is made by this call and
/// removed by whoever has no more use for it. (Python `create_server`, Java `new ServerSocket(port, backlog, address)`.)
///
/// # Errors
/// The first address's, as [`Socket::bind`] and [`Socket::listen`] have it; the look-up's. The detail names the host
/// and what each address said.
pub fn create_server(host: &str, port: u16, backlog: i32) -> Result<Socket> {
    let options = ServerOptions {
        backlog,
        ..ServerOptions::default()
    };
    create_server_with(host, port, &options, &mut NativeCaller)
}

/// The same with options and for a language of its own: the host's addresses in the resolver's order until one can be
/// listened on.
///
/// # Errors
/// As [`create_server`]; `EAFNOSUPPORT` when a dual stack is wanted and the host has no IPv6 address.
pub fn create_server_with<H: Caller>(
    name: &str,
    port: u16,
    options: &ServerOptions,
    host: &mut H,
) -> Result<Socket> {
    if options.backlog < 0 {
        return Err(negative_backlog(Operation::CreateServer, options.backlog));
    }
    if let Some(address) = unix_address(Operation::CreateServer, name, port) {
        return listen_on_unix(&address?, options.backlog);
    }
    let every_interface = [
        (Ipv6Addr::UNSPECIFIED.into(), port).into(),
        (Ipv4Addr::UNSPECIFIED.into(), port).into(),
    ];
    let failed = |kind| Error::new(Operation::CreateServer, kind);
    let addresses = match options.dual_stack {
        DualStack::Auto | DualStack::Wanted if name.is_empty() => memory::copy(&every_interface),
        DualStack::Off if name.is_empty() => memory::collect(every_interface.into_iter().rev()),
        DualStack::Auto | DualStack::Wanted | DualStack::Off => {
            Ok(host.block(|| resolve_name(name, port, libc::AI_PASSIVE))?)
        }
    };
    let addresses = addresses.map_err(failed)?;
    let whom = called(name, port, &addresses);
    let dual_stack = match options.dual_stack {
        DualStack::Auto => name.is_empty(),
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
        // Every interface is one address in two families: a busy port is an error, not a reason for half a server.
        if name.is_empty() && !no_such_family(tried.last()) {
            break;
        }
    }
    let first = tried.first().and_then(|(_, end)| *end);
    let kind = first.unwrap_or(Kind::Os(libc::EAFNOSUPPORT));
    if tried.is_empty() {
        let name = legible(name);
        return Err(failed(kind).with_detail(format_args!("{name} port {port}, no IPv6 address")));
    }
    let every: &dyn fmt::Display = &"every interface";
    let whom = if name.is_empty() { every } else { &whom };
    let tried = Tried {
        whom,
        tried: &tried,
        all: tried.len(),
        whole: kind,
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
