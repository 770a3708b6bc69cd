//! The questions and answers of name look-ups.

use crate::address::Address;
use crate::domain::{Family, Protocol, SocketType};
use crate::sys::error_text;
use std::ffi::CString;
use std::fmt;
use std::net::IpAddr;

/// One answer of [`resolve`](crate::resolve()).
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

/// The codes of [`Kind::Resolve`](crate::Kind::Resolve) that every system has (`EAI_…`, getaddrinfo(3)); others pass through as they are.
pub mod eai {
    use crate::sys::numbers;

    /// The name server gives no answer now, but may do so later.
    pub const AGAIN: i32 = libc::EAI_AGAIN;
    /// The flags are wrong.
    pub const BADFLAGS: i32 = libc::EAI_BADFLAGS;
    /// The name server refuses for good.
    pub const FAIL: i32 = libc::EAI_FAIL;
    /// There is no such family.
    pub const FAMILY: i32 = libc::EAI_FAMILY;
    /// There is no memory.
    pub const MEMORY: i32 = libc::EAI_MEMORY;
    /// The host has no address (FreeBSD reports [`NONAME`] instead).
    pub const NODATA: i32 = numbers::EAI_NODATA;
    /// There is no such name.
    pub const NONAME: i32 = libc::EAI_NONAME;
    /// A name is too long.
    pub const OVERFLOW: i32 = libc::EAI_OVERFLOW;
    /// There is no such service.
    pub const SERVICE: i32 = libc::EAI_SERVICE;
    /// There is no such socket type.
    pub const SOCKTYPE: i32 = libc::EAI_SOCKTYPE;
}

/// What the system knows about a host (`struct hostent`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostEntry {
    /// Its official name.
    pub name: CString,
    /// Its other names.
    pub aliases: Vec<CString>,
    /// The family of its addresses.
    pub family: Family,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// Why a host was not found: the resolver's `h_errno` code, displayed as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError(pub i32);

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&error_text::of_host_lookup(self.0))
    }
}

impl std::error::Error for HostError {}
