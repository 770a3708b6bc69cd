//! Addresses as text.

use super::{sockaddr, Address, AddressError};
use crate::sys::interface_index::{interface_index, LONGEST_NAME as LONGEST_INTERFACE};
use std::borrow::Cow;
use std::ffi::CString;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::str::FromStr;

impl Address {
    /// Parses a numeric address; a missing port becomes `default_port`. The scope of an IPv6 address may be a number or
    /// the name of an interface: `fe80::1%eth0`.
    ///
    /// # Errors
    /// For names (only those of interfaces are looked up), for malformed text, and when there is no port.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, AddressError> {
        if let Some(name) = text.strip_prefix(UNIX_PREFIX) {
            if name.len() > LONGEST_UNIX {
                return Err(AddressError::LENGTH);
            }
            return match name.strip_prefix('@') {
                Some(rest) => Self::unix(&[b"\0", unescape(rest).as_slice()].concat()),
                None => Self::unix(&unescape(name)),
            };
        }
        let numbered = number_the_scope(text)?;
        let text = numbered.as_ref();
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if has_port_out_of_range(text) {
            return Err(AddressError::PORT);
        }
        let port = default_port.unwrap_or_default();
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if bare.is_none() {
            if let Ok(ip) = text.parse::<Ipv4Addr>() {
                return with_port(default_port, SocketAddrV4::new(ip, port).into());
            }
        }
        // The standard library parses scope ids only in the bracketed form, so a bare IPv6 address is put into it.
        let bare = bare.unwrap_or(text);
        if bare.len() > LONGEST_IP {
            return Err(AddressError::TEXT);
        }
        match format!("[{bare}]:{port}").parse::<SocketAddrV6>() {
            Ok(address) => with_port(default_port, address.into()),
            Err(_) => Err(AddressError::TEXT),
        }
    }
}

/// The address, which has the default port; without one, it should have ended with a port.
fn with_port(default_port: Option<u16>, address: Address) -> Result<Address, AddressError> {
    default_port.map(|_| address).ok_or(AddressError::PORT)
}

/// Whether the text is an address but for the port that it ends with.
fn has_port_out_of_range(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':').filter(|_| text.len() <= LONGEST_SCOPED) else {
        return false;
    };
    let is_host = host.parse::<Ipv4Addr>().is_ok() || host.starts_with('[') && host.ends_with(']');
    let is_port = port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_host && !is_port && format!("{host}:0").parse::<SocketAddr>().is_ok()
}

/// More than the longest IPv6 address with a scope takes.
const LONGEST_IP: usize = 64;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text, None)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = self.as_socket_addr() {
            return address.fmt(f);
        }
        match self.unix_name() {
            Some([0, name @ ..]) => write!(f, "{UNIX_PREFIX}@{}", Escaped(name)),
            // A path, not an abstract name.
            Some([b'@', path @ ..]) => write!(f, "{UNIX_PREFIX}%40{}", Escaped(path)),
            Some(path) => write!(f, "{UNIX_PREFIX}{}", Escaped(path)),
            None => {
                write!(f, "family{}:", self.family().0)?;
                let payload = self.as_bytes().get(sockaddr::FAMILY_END..).unwrap_or(&[]);
                payload.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// The longest text of a Unix name, in which each byte takes at most three characters.
const LONGEST_UNIX: usize = 3 * sockaddr::UNIX_NAME_CAPACITY;
/// The longest text of an IPv6 address with an interface and a port.
const LONGEST_SCOPED: usize = LONGEST_IP + LONGEST_INTERFACE + "[%]:65535".len();

/// What the text of a Unix address begins with.
pub(crate) const UNIX_PREFIX: &str = "unix:";

/// A Unix name as text: bytes that are not UTF-8, control characters and `%` are written in the form `%2f`.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() || character == '%' {
                    let mut room = [0; 4];
                    escape(character.encode_utf8(&mut room).as_bytes(), f)?;
                } else {
                    write!(f, "{character}")?;
                }
            }
            escape(chunk.invalid(), f)?;
        }
        Ok(())
    }
}

fn escape(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "%{byte:02x}"))
}

/// The bytes of a name; a `%` that is not followed by two digits stands for itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or(&[]);
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// The text with an interface's name replaced by its number: `[fe80::1%2]:80` for `[fe80::1%eth0]:80`.
fn number_the_scope(text: &str) -> Result<Cow<'_, str>, AddressError> {
    let Some((before, rest)) = text.split_once('%').filter(|_| text.len() <= LONGEST_SCOPED) else {
        return Ok(text.into());
    };
    let (zone, after) = rest.split_at(rest.find(']').unwrap_or(rest.len()));
    if zone.parse::<u32>().is_ok() {
        return Ok(text.into());
    }
    let Some(number) = parse_scope(zone) else {
        let is_ip = before.trim_start_matches('[').parse::<Ipv6Addr>().is_ok();
        return Err(if is_ip {
            AddressError::INTERFACE
        } else {
            AddressError::TEXT
        });
    };
    Ok(format!("{before}%{number}{after}").into())
}

/// The number of a scope, which is written as a number or as the name of an interface.
pub(crate) fn parse_scope(zone: &str) -> Option<u32> {
    if let Ok(number) = zone.parse() {
        return Some(number);
    }
    if zone.len() > LONGEST_INTERFACE {
        return None;
    }
    interface_index(&CString::new(zone).ok()?).ok()
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}
