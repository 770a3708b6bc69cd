//! Connecting and listening by name.

use crate::address::Address;
use crate::domain::Family;
use crate::error::{Error, Kind, Operation, Result};
use crate::host::{Host, Plain};
use crate::resolve::resolve_name;
use crate::socket::Socket;
use crate::time::{Deadline, Timeout};

/// Connects to a host by name or number: every address it has, in the resolver's order, until one answers.
///
/// One deadline covers the look-up and all addresses. The look-up itself can't be cut short; when it takes too
/// long, the call fails right after it. (Python `create_connection`, Java `new Socket(host, port)`.)
///
/// # Errors
/// The first address's error, or `TimedOut`; the detail names the host and how many addresses were tried.
pub fn create_connection(host: &str, port: u16, timeout: impl Into<Timeout>) -> Result<Socket> {
    create_connection_for(Plain, host, port, timeout)
}

/// Connects to a host for a language of its own: see [`create_connection`].
///
/// # Errors
/// As [`create_connection`]; `Interrupted` when the language ended the call.
pub fn create_connection_for<H: Host>(
    mut language: H,
    host: &str,
    port: u16,
    timeout: impl Into<Timeout>,
) -> Result<Socket> {
    let deadline = Deadline::after(timeout.into());
    let addresses = language.block(|| resolve_name(host, port, 0))?;
    let mut first: Option<Error> = None;
    let mut tried = 0_usize;
    for address in &addresses {
        if deadline.passed() {
            first = Some(Error::new(Operation::Connect, Kind::TimedOut));
            break;
        }
        tried += 1;
        match connect_to(&mut language, address, deadline) {
            Ok(socket) => return Ok(socket),
            Err(error) if matches!(error.kind(), Kind::TimedOut | Kind::Interrupted) => {
                first = Some(error);
                break;
            }
            Err(error) => first = first.or(Some(error)),
        }
    }
    let kind = first.map_or(Kind::Resolve(libc::EAI_NONAME), |error| error.kind());
    let plural = if tried == 1 { "" } else { "es" };
    let detail = format!("{host} port {port}, {tried} address{plural} tried");
    Err(Error::new(Operation::CreateConnection, kind).with_detail(detail))
}

fn connect_to<H: Host>(language: &mut H, address: &Address, deadline: Deadline) -> Result<Socket> {
    let socket = Socket::tcp(address.family())?;
    socket.on(language).within(deadline).connect(address)?;
    Ok(socket)
}

/// Listens on a host's first address by name or number, with `SO_REUSEADDR`; port 0 lets the system choose.
///
/// An empty host means every interface: one IPv6 socket that takes IPv4 connections too, or IPv4 where the system
/// has no IPv6. (Python `create_server`, Java `new ServerSocket(port, backlog, address)`.)
///
/// # Errors
/// As [`Socket::bind`] and [`Socket::listen`]; the look-up's.
pub fn create_server(host: &str, port: u16, backlog: i32) -> Result<Socket> {
    if host.is_empty() {
        let any_v6 = std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED);
        let any_v4 = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        return match listen_on(&(any_v6, port).into(), backlog, true) {
            Err(error) if matches!(error.kind(), Kind::Os(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL)) => {
                listen_on(&(any_v4, port).into(), backlog, false)
            }
            result => result,
        };
    }
    let addresses = resolve_name(host, port, libc::AI_PASSIVE)?;
    let first = addresses.first().ok_or(Error::new(
        Operation::CreateServer,
        Kind::Resolve(libc::EAI_NONAME),
    ))?;
    listen_on(first, backlog, false)
}

fn listen_on(address: &Address, backlog: i32, dual_stack: bool) -> Result<Socket> {
    let socket = Socket::tcp(address.family())?;
    socket.set_reuse_address(true)?;
    if address.family() == Family::IPV6 {
        let only_v6 = i32::from(!dual_stack);
        socket.set_option(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, &only_v6.to_ne_bytes())?;
    }
    socket.bind(address)?;
    socket.listen(backlog)?;
    Ok(socket)
}
