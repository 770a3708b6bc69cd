//! Socket addresses: any sockaddr as bytes, decoded where the family is known.

#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod sockaddr;
mod text;

pub(crate) use sockaddr::{IPV4_LENGTH, IPV6_LENGTH};
pub(crate) use text::{parse_scope, UNIX_PREFIX};

use crate::domain::Family;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// A socket address of any family.
///
/// IPv4, IPv6 and Unix addresses can be read and made; every other family passes through as the bytes of its sockaddr.
/// Its text is `1.2.3.4:80`, `[::1]:80`, `[fe80::1%2]:80`, `unix:/path` or `unix:@abstract`. In the text of a Unix
/// address each byte that is not UTF-8, is a control character, or is `%` is written in the form `%2f`, so that every
/// name reads back unchanged.
///
/// A dual-stack socket reports the addresses of IPv4 peers as `::ffff:1.2.3.4`. Such an address equals the IPv4 one,
/// has the same hash and the same [`ip`](Self::ip); its bytes and its text stay as the kernel wrote them, and
/// [`unmapped`](Self::unmapped) converts it to IPv4.
#[derive(Clone, Copy)]
#[repr(C, align(8))] // so that the bytes are aligned as a sockaddr_storage
pub struct Address {
    length: usize,
    bytes: [u8; Address::CAPACITY],
}

/// Text or bytes that are not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressError(&'static str);

impl AddressError {
    const BYTES: Self = Self("must be a socket address");
    const TEXT: Self = Self("must be a numeric address, such as 1.2.3.4:80, [::1]:80 or unix:/path");
    const PORT: Self = Self("must end with a port from 0 to 65535");
    const INTERFACE: Self = Self("must name an interface of this machine after the %");
    const LENGTH: Self = Self(sockaddr::UNIX_NAME_RULE);
    const NUL: Self = Self("must be a path without NUL");

    /// What the text or the bytes must be, as in "must end with a port from 0 to 65535".
    pub const fn rule(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address {}", self.rule())
    }
}

impl std::error::Error for AddressError {}

impl Address {
    /// The most bytes a sockaddr of any family takes (`struct sockaddr_storage`).
    pub const CAPACITY: usize = 128;

    /// No address at all: that of an unnamed peer.
    pub const EMPTY: Self = Self {
        length: 0,
        bytes: [0; Self::CAPACITY],
    };

    /// Takes the bytes of a sockaddr of any family as they are, except for the NUL that Linux writes after a Unix path
    /// that fills `sun_path` (unix(7), BUGS): Linux itself does not accept an address with that NUL.
    ///
    /// # Errors
    /// When there are more bytes than [`CAPACITY`](Self::CAPACITY) or than a Unix address can have, too few to hold a
    /// family, or fewer than the family of the address needs.
    #[inline]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AddressError> {
        let mut address = Self::EMPTY;
        address
            .bytes
            .get_mut(..bytes.len())
            .ok_or(AddressError::BYTES)?
            .copy_from_slice(bytes);
        address.length = bytes.len();
        address.leave_off_the_nul();
        let (needed, most) = match address.family() {
            Family::IPV4 => (sockaddr::IPV4_LENGTH, Self::CAPACITY),
            Family::IPV6 => (sockaddr::IPV6_LENGTH, Self::CAPACITY),
            Family::UNIX => (sockaddr::FAMILY_END, sockaddr::UNIX_LENGTH),
            _ => (sockaddr::FAMILY_END, Self::CAPACITY),
        };
        if !(needed..=most).contains(&address.length) {
            return Err(AddressError::BYTES);
        }
        Ok(address)
    }

    /// The address that the kernel wrote, cut to the room there is; never fails.
    pub(crate) fn from_kernel(bytes: &[u8; Self::CAPACITY], length: usize) -> Self {
        let length = length.min(Self::CAPACITY);
        let mut address = Self::EMPTY;
        if let (Some(to), Some(from)) = (address.bytes.get_mut(..length), bytes.get(..length)) {
            to.copy_from_slice(from);
        }
        address.length = length;
        address.leave_off_the_nul();
        address
    }

    /// All the bytes that there is room for, those behind [`as_bytes`](Self::as_bytes) included.
    #[inline]
    pub fn storage(&self) -> &[u8; Self::CAPACITY] {
        &self.bytes
    }

    /// The buffer into which the kernel writes another address; [`set_length`](Self::set_length) then records its length.
    pub(crate) fn room(&mut self) -> &mut [u8; Self::CAPACITY] {
        &mut self.bytes
    }

    /// Records how much of the buffer the kernel wrote, cut to its size.
    pub(crate) fn set_length(&mut self, length: usize) {
        self.length = length.min(Self::CAPACITY);
        self.leave_off_the_nul();
    }

    /// Drops the NUL after a Unix path that fills the buffer.
    fn leave_off_the_nul(&mut self) {
        let last = self.bytes.get(sockaddr::UNIX_LENGTH).copied();
        if self.length == sockaddr::UNIX_LENGTH + 1 && last == Some(0) && self.family() == Family::UNIX {
            self.length = sockaddr::UNIX_LENGTH;
        }
    }

    /// Makes a Unix domain address. A name that starts with a NUL byte is abstract; an empty name makes an unnamed address.
    ///
    /// # Errors
    /// When the name is longer than the system's `sun_path`, or a path has a NUL byte in the middle.
    pub fn unix(name: &[u8]) -> Result<Self, AddressError> {
        let is_path = name.first().is_some_and(|&first| first != 0);
        if name.len() > sockaddr::UNIX_NAME_CAPACITY {
            return Err(AddressError::LENGTH);
        }
        if is_path && name.contains(&0) {
            return Err(AddressError::NUL);
        }
        let mut address = Self::EMPTY;
        sockaddr::put_family(&mut address.bytes, Family::UNIX);
        address.put(sockaddr::FAMILY_END, name)?;
        // A path is followed by a NUL where there is room, as unix(7) advises.
        let terminator = usize::from(is_path && name.len() < sockaddr::UNIX_NAME_CAPACITY);
        address.length = sockaddr::FAMILY_END + name.len() + terminator;
        Ok(address)
    }

    /// The sockaddr's bytes, family first.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// The address family; `AF_UNSPEC` of an empty address.
    pub fn family(&self) -> Family {
        if self.length < sockaddr::FAMILY_END {
            Family::UNSPECIFIED
        } else {
            sockaddr::family(&self.bytes)
        }
    }

    /// The IP address and port, for the two families that have them.
    pub fn as_socket_addr(&self) -> Option<SocketAddr> {
        match self.family() {
            Family::IPV4 if self.length >= sockaddr::IPV4_LENGTH => {
                Some(SocketAddrV4::new(Ipv4Addr::from(self.take::<4>(4)?), self.raw_port()?).into())
            }
            Family::IPV6 if self.length >= sockaddr::IPV6_LENGTH => {
                let flow = u32::from_be_bytes(self.take::<4>(4)?);
                let scope = u32::from_ne_bytes(self.take::<4>(24)?);
                let ip = Ipv6Addr::from(self.take::<16>(8)?);
                Some(SocketAddrV6::new(ip, self.raw_port()?, flow, scope).into())
            }
            _ => None,
        }
    }

    /// Whether it is a loopback address (`127.0.0.0/8`, `::1`).
    pub(crate) fn is_loopback(&self) -> bool {
        self.ip().is_some_and(|ip| ip.to_canonical().is_loopback())
    }

    /// The IP address, if the family has one, without its [scope](Self::scope_id); for an IPv4-mapped address, the IPv4 one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.as_socket_addr().map(|address| address.ip().to_canonical())
    }

    /// The scope of an IPv6 address, usually the index of an interface; 0 where there is none.
    pub fn scope_id(&self) -> u32 {
        match self.as_socket_addr() {
            Some(SocketAddr::V6(address)) => address.scope_id(),
            Some(SocketAddr::V4(_)) | None => 0,
        }
    }

    /// An IPv4-mapped address (`::ffff:1.2.3.4`) converted to IPv4; any other unchanged.
    #[must_use]
    pub fn unmapped(self) -> Self {
        match self
            .as_socket_addr()
            .map(|address| (address, address.ip().to_canonical()))
        {
            Some((address @ SocketAddr::V6(_), ip @ IpAddr::V4(_))) => (ip, address.port()).into(),
            Some(_) | None => self,
        }
    }

    /// The port, for the two families that have one.
    pub fn port(&self) -> Option<u16> {
        self.as_socket_addr().map(|address| address.port())
    }

    /// The same address with another port; families without ports stay as they are.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        if self.as_socket_addr().is_some() {
            // The field lies within every address that has one, so this can't fail.
            let _ = self.put(2, &port.to_be_bytes());
        }
        self
    }

    /// The name of a Unix domain address: a path, an abstract name with its leading NUL, or nothing.
    pub fn unix_name(&self) -> Option<&[u8]> {
        if self.family() != Family::UNIX {
            return None;
        }
        let name = self.as_bytes().get(sockaddr::FAMILY_END..)?;
        if name.first().is_some_and(|&first| first != 0) {
            let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
            return name.get(..end);
        }
        Some(name)
    }

    fn identity(&self) -> Identity<'_> {
        let address = self.unmapped();
        match (address.as_socket_addr(), self.unix_name()) {
            (Some(ip), _) => Identity::Ip(ip.ip(), ip.port(), address.scope_id()),
            (None, Some(name)) => Identity::Unix(name),
            (None, None) => Identity::Other(self.as_bytes()),
        }
    }

    fn raw_port(&self) -> Option<u16> {
        self.take::<2>(2).map(u16::from_be_bytes)
    }

    fn take<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at + N)?.try_into().ok()
    }

    fn put(&mut self, at: usize, value: &[u8]) -> Result<(), AddressError> {
        self.bytes
            .get_mut(at..at + value.len())
            .ok_or(AddressError::BYTES)?
            .copy_from_slice(value);
        Ok(())
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => address.into(),
            SocketAddr::V6(address) => address.into(),
        }
    }
}

impl From<SocketAddrV4> for Address {
    fn from(address: SocketAddrV4) -> Self {
        let mut made = Self::EMPTY;
        made.length = sockaddr::IPV4_LENGTH;
        sockaddr::put_family(&mut made.bytes, Family::IPV4);
        // All fields lie within CAPACITY, so `put` can't fail.
        let _ = made.put(2, &address.port().to_be_bytes());
        let _ = made.put(4, &address.ip().octets());
        made
    }
}

impl From<SocketAddrV6> for Address {
    fn from(address: SocketAddrV6) -> Self {
        let mut made = Self::EMPTY;
        made.length = sockaddr::IPV6_LENGTH;
        sockaddr::put_family(&mut made.bytes, Family::IPV6);
        // All fields lie within CAPACITY, so `put` can't fail.
        let _ = made.put(2, &address.port().to_be_bytes());
        let _ = made.put(4, &address.flowinfo().to_be_bytes());
        let _ = made.put(8, &address.ip().octets());
        let _ = made.put(24, &address.scope_id().to_ne_bytes());
        made
    }
}

impl From<(IpAddr, u16)> for Address {
    fn from(pair: (IpAddr, u16)) -> Self {
        SocketAddr::from(pair).into()
    }
}

impl PartialEq for Address {
    /// Padding and flow labels are ignored, and an IPv4-mapped address equals the IPv4 one.
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

/// What an address names.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Ip(IpAddr, u16, u32),
    Unix(&'a [u8]),
    Other(&'a [u8]),
}
