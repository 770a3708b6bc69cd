//! Names to addresses and back.

use crate::address::{parse_scope, Address};
use crate::error::{legible, Error, Kind, Operation, Result};
use crate::lookup::{eai, AddressInfo, Hints};
use crate::memory;
use crate::sys;
use crate::trace::{self, Line};
use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv6Addr, SocketAddrV6};

/// Looks up a host and a service (getaddrinfo(3); Python `getaddrinfo`, Java `InetAddress.getAllByName`). It can't be
/// interrupted: if a name server does not answer, it takes as long as the system's resolver is configured to wait.
///
/// # Errors
/// `Resolve` with the `EAI_` code (`SERVICE` for a number above 65,535); the detail has the name.
pub fn resolve(host: Option<&CStr>, service: Option<&CStr>, hints: &Hints) -> Result<Vec<AddressInfo>> {
    let arguments = |line: &mut Line| {
        for (name, text) in [("host", host), ("service", service)] {
            if let Some(text) = text {
                line.text(name, legible(text.to_bytes()));
            }
        }
    };
    let look_up = || look_up(host, service, hints);
    trace::recorded(Operation::Resolve, arguments, look_up, |line, answers| {
        line.list("found", answers.iter().take(MOST_SHOWN), |line, answer| {
            line.text("address", answer.address);
        });
    })
}

/// How many answers a record shows.
const MOST_SHOWN: usize = 16;

fn look_up(host: Option<&CStr>, service: Option<&CStr>, hints: &Hints) -> Result<Vec<AddressInfo>> {
    let answers = if service.is_some_and(is_beyond_every_port) {
        Err(Kind::Resolve(eai::SERVICE))
    } else {
        sys::resolve::getaddrinfo(host, service, hints)
    };
    answers.map_err(|kind| {
        let name = if kind == Kind::Resolve(eai::SERVICE) {
            service
        } else {
            host.or(service)
        };
        let name = name.map_or(&[][..], CStr::to_bytes);
        Error::new(Operation::Resolve, kind).with_detail(legible(name))
    })
}

/// Whether a service is a number beyond the range of ports. getaddrinfo(3) reads numbers like strtoul(3), blanks and
/// sign included, and glibc's keeps the low 16 bits: 65,616 would be port 80.
pub(super) fn is_beyond_every_port(service: &CStr) -> bool {
    let text = service.to_bytes();
    let blanks = text
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r'))
        .count();
    let number = text.get(blanks..).unwrap_or_default();
    let (negative, digits) = match number {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let value = digits.iter().fold(0_u32, |value, digit| {
        value.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
    });
    value > u32::from(u16::MAX) || negative && value > 0
}

/// The addresses of a host for a stream to `port`, in the resolver's order. Numeric hosts are not looked up:
/// `127.0.0.1`, `::1`, `[::1]`, `fe80::1%2`, `fe80::1%eth0`. An empty host means the loopback addresses, or all
/// interfaces with `AI_PASSIVE`, like a null host in getaddrinfo(3).
///
/// # Errors
/// See [`resolve`]; also `InvalidInput("host")` for a name with a NUL byte.
pub fn resolve_name(host: &str, port: u16, flags: i32) -> Result<Vec<Address>> {
    let failed = |kind| Error::new(Operation::Resolve, kind);
    if let Some(numeric) = numeric(host, port) {
        return numeric
            .and_then(|address| memory::copy(&[address]))
            .map_err(|kind| failed(kind).with_detail(legible(host)));
    }
    let name = memory::c_string(host.as_bytes(), Kind::InvalidInput("host")).map_err(|kind| {
        if kind == Kind::OutOfMemory {
            return failed(kind);
        }
        Error::invalid(Operation::Resolve, "host", "must have no NUL").with_detail(legible(host))
    })?;
    let name = (!host.is_empty()).then_some(name.as_c_str());
    let zero = (name.is_none()).then_some(c"0");
    let answers = resolve(
        name,
        zero,
        &Hints {
            flags,
            ..Hints::STREAM
        },
    )?;
    memory::collect(answers.iter().map(|answer| answer.address.with_port(port))).map_err(failed)
}

/// Parses a numeric host; an error means that its interface does not exist.
pub(super) fn numeric(host: &str, port: u16) -> Option<std::result::Result<Address, Kind>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(Ok((ip, port).into()));
    }
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let (ip, zone) = match bare.unwrap_or(host).split_once('%') {
        Some((ip, zone)) => (ip, Some(zone)),
        None => (bare?, None),
    };
    let ip = ip.parse::<Ipv6Addr>().ok()?;
    let scope = zone
        .map_or(Some(0), parse_scope)
        .ok_or(Kind::Resolve(eai::NONAME));
    Some(scope.map(|scope| SocketAddrV6::new(ip, port, 0, scope).into()))
}

/// The port of a service: a number, or a name such as `http` (services(5); Python `getservbyname`).
///
/// # Errors
/// `InvalidInput("service")` for what is neither a name nor a number up to 65,535; for an unknown name see [`resolve`].
pub fn resolve_service(service: &str) -> Result<u16> {
    let rule = "must be a name or a number from 0 to 65535";
    let invalid = || Error::invalid(Operation::Resolve, "service", rule).with_detail(legible(service));
    // Every name has a letter (RFC 6335). getaddrinfo would take `-1` and the empty text for numbers.
    if !service.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        let number = Some(service).filter(|service| !service.starts_with('+'));
        return number.and_then(|number| number.parse().ok()).ok_or_else(invalid);
    }
    let name = memory::c_string(service.as_bytes(), Kind::InvalidInput("service"))
        .map_err(|kind| Error::new(Operation::Resolve, kind).with_detail(service))?;
    let answers = resolve(None, Some(&name), &Hints::STREAM)?;
    let port = answers.first().and_then(|answer| answer.address.port());
    port.ok_or_else(invalid)
}

/// The host name and the service name of an address (getnameinfo(3); Python `getnameinfo`, Java
/// `InetAddress.getHostName`); numbers where there are no names. `flags` are `NI_…`: `NI_NUMERICHOST` and
/// `NI_NUMERICSERV` look nothing up. Like [`resolve`] it can't be interrupted.
///
/// # Errors
/// `Resolve` with the `EAI_` code: `FAMILY` for an address of a family without names, `NONAME` when `NI_NAMEREQD` asks
/// for a name and there is none.
///
/// ```
/// use polysock::{name_of, Address};
///
/// let address: Address = "[::1]:80".parse()?;
/// let (host, service) = name_of(&address, libc::NI_NUMERICHOST | libc::NI_NUMERICSERV)?;
/// assert_eq!((host.to_str()?, service.to_str()?), ("::1", "80"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn name_of(address: &Address, flags: i32) -> Result<(CString, CString)> {
    sys::resolve::getnameinfo(address, flags)
        .map_err(|kind| Error::new(Operation::GetNameInfo, kind).with_detail(address))
}

/// Splits `host:service`: `localhost:80`, `[::1]:80`, `[fe80::1%eth0]:http`, `:80` (an empty host). Looks nothing up.
///
/// # Errors
/// `InvalidInput("host")` for an IPv6 address without its brackets, `InvalidInput("service")` when there is no service.
pub fn split_host_port(text: &str) -> Result<(&str, &str)> {
    let invalid =
        |argument, rule| Error::invalid(Operation::Resolve, argument, rule).with_detail(legible(text));
    let host_is = || invalid("host", "must be a name, or an address, an IPv6 one in brackets");
    let (host, rest) = match text.strip_prefix('[') {
        Some(inner) => inner.split_once(']').ok_or_else(host_is)?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    match rest.strip_prefix(':') {
        Some(service) if service.contains(':') => Err(host_is()),
        Some(service) if !service.is_empty() => Ok((host, service)),
        None if !rest.is_empty() => Err(host_is()),
        _ => Err(invalid("service", "must follow the host, as in host:80")),
    }
}
