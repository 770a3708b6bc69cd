//! Connecting by name.

use super::host::{called, unix_address};
use super::race::{Race, RaceStep};
use super::tried::Tried;
use crate::address::Address;
use crate::caller::{Caller, NativeCaller};
use crate::domain::Family;
use crate::error::{Error, Kind, Operation, Result};
use crate::memory;
use crate::names::resolve_name;
use crate::socket::Socket;
use crate::time::{Deadline, Timeout};
use std::fmt;
use std::time::Duration;

/// How to connect to a host with several addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// How long one attempt runs before the next address is tried in parallel: at least 10 ms, 250 ms unless set (RFC
    /// 8305, "Connection Attempt Delay"), and no more than its share of the time that is left. `None`: one address
    /// after another, in the resolver's order, each with its share of the time.
    pub attempt_delay: Option<Duration>,
    /// The address to connect from (bind(2)). Only addresses of its family are tried, and if it has a port, one at a
    /// time, since two sockets can't share it.
    pub local_address: Option<Address>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            attempt_delay: Some(ATTEMPT_DELAY),
            local_address: None,
        }
    }
}

/// What RFC 8305 §5 recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to a host by name or number: tries all its addresses, and the first to answer wins (RFC 8305).
///
/// The families take turns. When an address has not answered after 250 ms, the next one is tried in parallel; when it
/// refuses, the next one is tried at once. One deadline covers the look-up and all addresses. The look-up itself can't
/// be cut short; when it takes too long, the call fails right after it. An empty host means the loopback addresses;
/// with port 0 the host may be the text of a Unix [`Address`], `unix:/path` or `unix:@abstract`. A zero timeout tries
/// all addresses at once and checks once whether one is connected. The socket is in blocking mode and has no timeout.
/// (Python `create_connection` with `happy_eyeballs_delay`, Java `new Socket(host, port)`.)
///
/// # Errors
/// `TimedOut`, or the kind of the first failure; `WouldBlock` with a zero timeout; the errors of the look-up. The
/// detail names the host and its addresses, and the error of each where they differ: `localhost port 80, 2 addresses
/// tried: [::1]:80 network is unreachable, 127.0.0.1:80 refused`.
pub fn create_connection(host: &str, port: u16, timeout: impl Into<Timeout>) -> Result<Socket> {
    create_connection_with(host, port, &ConnectOptions::default(), timeout, &mut NativeCaller)
}

/// Connects as [`create_connection`] does, with options and for another language.
///
/// # Errors
/// See [`create_connection`]; also `Interrupted` when the language ends the call.
pub fn create_connection_with<C: Caller>(
    host: &str,
    port: u16,
    options: &ConnectOptions,
    timeout: impl Into<Timeout>,
    caller: &mut C,
) -> Result<Socket> {
    let limit = timeout.into();
    let deadline = Deadline::after(limit);
    if let Some(address) = unix_address(Operation::CreateConnection, host, port) {
        return connect_unix(&address?, limit, caller);
    }
    let addresses = caller.block(|| resolve_name(host, port, 0))?;
    let whom = called(host, port, &addresses);
    let won = race(&addresses, options, deadline, caller, &whom);
    won.map(|(socket, _)| socket).map_err(|error| error.within(limit))
}

/// Connects to whichever of the addresses answers first, as [`create_connection`] does once it has looked them up.
///
/// # Errors
/// See [`create_connection_with`]; also `InvalidInput("addresses")` when there are none.
pub fn connect_any<C: Caller>(
    addresses: &[Address],
    options: &ConnectOptions,
    timeout: impl Into<Timeout>,
    caller: &mut C,
) -> Result<Socket> {
    connect_to_any(addresses, options, timeout, caller).map(|(socket, _)| socket)
}

/// The same, and which address answered: the system can no longer report that for a connection that was reset at once.
pub(crate) fn connect_to_any<C: Caller>(
    addresses: &[Address],
    options: &ConnectOptions,
    timeout: impl Into<Timeout>,
    caller: &mut C,
) -> Result<(Socket, Address)> {
    let limit = timeout.into();
    race(addresses, options, Deadline::after(limit), caller, &"").map_err(|error| error.within(limit))
}

fn connect_unix<C: Caller>(address: &Address, limit: Timeout, caller: &mut C) -> Result<Socket> {
    let failed = |error: Error| {
        let whole = Error::new(Operation::CreateConnection, error.kind()).with_detail(address);
        whole.within(limit)
    };
    let socket = Socket::stream(Family::UNIX).map_err(failed)?;
    socket.on(caller).within(limit).connect(address).map_err(failed)?;
    Ok(socket)
}

/// Connects to whichever of the addresses answers first; `whom` is the beginning of the detail of a failure.
fn race<C: Caller>(
    addresses: &[Address],
    options: &ConnectOptions,
    deadline: Deadline,
    caller: &mut C,
    whom: &dyn fmt::Display,
) -> Result<(Socket, Address)> {
    let failed = |kind| Error::new(Operation::CreateConnection, kind);
    let local = options.local_address;
    let mut fitting = memory::list(addresses.len()).map_err(failed)?;
    for address in addresses {
        let fits = local.is_none_or(|local| local.family() == address.family());
        if fits && !fitting.contains(address) {
            fitting.push(*address);
        }
    }
    let families = memory::collect(fitting.iter().map(Address::family)).map_err(failed)?;
    // Two sockets can't share a port.
    let mut race = if local.and_then(|local| local.port()).is_some_and(|port| port != 0) {
        Race::one_at_a_time(&families, deadline)?
    } else {
        Race::new(&families, options.attempt_delay, deadline)?
    };
    let kind = loop {
        match race.step(caller) {
            Ok(RaceStep::Start(place)) => match fitting.get(place).map(|to| (to, open(to, local.as_ref()))) {
                Some((to, Ok(socket))) => race.enter(place, socket, *to),
                Some((_, Err(error))) => race.fail(place, error.kind()),
                None => {}
            },
            Ok(RaceStep::Won(place, socket)) => {
                if let Some(to) = fitting.get(place) {
                    return Ok((socket, *to));
                }
            }
            Ok(RaceStep::Lost(_)) if fitting.is_empty() => {
                break if addresses.is_empty() {
                    Kind::InvalidInput("addresses")
                } else {
                    Kind::Os(libc::EAFNOSUPPORT)
                };
            }
            Ok(RaceStep::Lost(kind)) => break kind,
            Err(error) => break error.kind(),
        }
    };
    let ends = race
        .ends()
        .filter_map(|(place, end)| Some((*fitting.get(place)?, end)));
    let tried = Tried {
        host: whom,
        tried: &memory::collect(ends).map_err(failed)?,
        all: fitting.len(),
        kind,
    };
    Err(failed(kind).with_detail(tried))
}

fn open(address: &Address, local: Option<&Address>) -> Result<Socket> {
    let socket = Socket::stream(address.family())?;
    if let Some(local) = local {
        socket.bind(local)?;
    }
    Ok(socket)
}
