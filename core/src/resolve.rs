//! Names to addresses.

use crate::address::Address;
use crate::domain::{Family, Protocol, SocketType};
use crate::error::{Error, Operation, Result};
use crate::sys;
use std::ffi::{CStr, CString};
use std::net::IpAddr;

/// One answer of [`resolve`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressInfo {
    /// The family to make a socket with.
    pub family: Family,
    /// The type to make a socket with.
    pub socket_type: SocketType,
    /// The protocol to make a socket with.
    pub protocol: Protocol,
    /// The official name of the host, in the first answer when `AI_CANONNAME` was asked for.
    pub canonical_name: Option<CString>,
    /// The address to connect or bind to.
    pub address: Address,
}

/// What answers are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hints {
    /// Only this family, unless `UNSPECIFIED`.
    pub family: Family,
    /// Only this type, unless 0.
    pub socket_type: SocketType,
    /// Only this protocol, unless 0.
    pub protocol: Protocol,
    /// `AI_…` flags.
    pub flags: i32,
}

impl Hints {
    /// Every answer for a TCP stream.
    pub const STREAM: Self = Self {
        family: Family::UNSPECIFIED,
        socket_type: SocketType::STREAM,
        protocol: Protocol::DEFAULT,
        flags: 0,
    };
}

/// Looks up a host and a service (getaddrinfo(3)). It can't be cut short: a silent name server takes as long as
/// the system's resolver is set to wait.
///
/// # Errors
/// `Resolve` with the `EAI_` code.
pub fn resolve(host: Option<&CStr>, service: Option<&CStr>, hints: &Hints) -> Result<Vec<AddressInfo>> {
    sys::resolve::getaddrinfo(host, service, hints).map_err(|kind| {
        let name = host
            .or(service)
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Error::new(Operation::Resolve, kind).with_detail(name)
    })
}

/// The addresses of a host for a stream to `port`; numeric hosts are not looked up.
///
/// # Errors
/// As [`resolve`]; `InvalidInput("host")` for a name with a NUL byte.
pub fn resolve_name(host: &str, port: u16, flags: i32) -> Result<Vec<Address>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![(ip, port).into()]);
    }
    let name = CString::new(host).map_err(|_| Error::invalid(Operation::Resolve, "host"))?;
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
    Ok(answers
        .into_iter()
        .map(|answer| answer.address.with_port(port))
        .collect())
}

/// The port of a service: a number, or a name such as `http` (services(5)).
///
/// # Errors
/// `InvalidInput("service")` for a number beyond 65,535; as [`resolve`] for an unknown name.
pub fn resolve_service(service: &str) -> Result<u16> {
    if !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_digit()) {
        return service
            .parse()
            .map_err(|_| Error::invalid(Operation::Resolve, "service"));
    }
    let name = CString::new(service).map_err(|_| Error::invalid(Operation::Resolve, "service"))?;
    let answers = resolve(None, Some(&name), &Hints::STREAM)?;
    let port = answers.first().and_then(|answer| answer.address.port());
    port.ok_or_else(|| Error::invalid(Operation::Resolve, "service"))
}
