//! Families, types and protocols: open newtypes over the kernel's numbers, and the ways to shut down.

use crate::debug::debug_by_name;
use crate::sys::numbers;
use libc::c_int;

/// An address family (`AF_…`), any number the kernel may know.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Family(pub c_int);

impl Family {
    /// `AF_UNSPEC`: any family, in look-ups.
    pub const UNSPECIFIED: Self = Self(libc::AF_UNSPEC);
    /// `AF_INET`.
    pub const IPV4: Self = Self(libc::AF_INET);
    /// `AF_INET6`.
    pub const IPV6: Self = Self(libc::AF_INET6);
    /// `AF_UNIX`.
    pub const UNIX: Self = Self(libc::AF_UNIX);
    /// `AF_ALG`: the kernel's cryptography (Linux only).
    pub const ALG: Self = Self(38);
}

/// A socket type (`SOCK_…`), without the flag bits `SOCK_NONBLOCK` and `SOCK_CLOEXEC`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketType(pub c_int);

impl SocketType {
    /// `SOCK_STREAM`: an ordered stream of bytes.
    pub const STREAM: Self = Self(libc::SOCK_STREAM);
    /// `SOCK_DGRAM`: single messages.
    pub const DATAGRAM: Self = Self(libc::SOCK_DGRAM);
    /// `SOCK_SEQPACKET`: ordered messages.
    pub const SEQPACKET: Self = Self(libc::SOCK_SEQPACKET);
    /// `SOCK_RAW`.
    pub const RAW: Self = Self(libc::SOCK_RAW);

    /// Whether it asks for non-blocking mode (`SOCK_NONBLOCK`, which Apple's systems don't have).
    pub const fn is_nonblocking(self) -> bool {
        self.0 & numbers::NONBLOCKING_TYPE != 0
    }

    /// Without the flag bits that socket(2) takes in the same number.
    pub(crate) const fn bare(self) -> Self {
        Self(self.0 & !numbers::TYPE_FLAGS)
    }
}

/// The family and type of a socket, on which the behaviour of its calls depends.
#[derive(Clone, Copy)]
pub(crate) struct SocketKind {
    pub(crate) family: Family,
    pub(crate) socket_type: SocketType,
}

impl SocketKind {
    pub(crate) fn is_stream(self) -> bool {
        self.socket_type == SocketType::STREAM
    }

    /// Whether it is UDP or a Unix datagram socket.
    pub(crate) fn is_datagram(self) -> bool {
        self.socket_type == SocketType::DATAGRAM
            && matches!(self.family, Family::IPV4 | Family::IPV6 | Family::UNIX)
    }

    pub(crate) fn is_unix(self) -> bool {
        self.family == Family::UNIX
    }

    /// Whether it is TCP or its successor (MPTCP).
    pub(crate) fn is_tcp(self) -> bool {
        self.is_stream() && matches!(self.family, Family::IPV4 | Family::IPV6)
    }

    /// Whether a receive that returns nothing may mean the end of a connection.
    pub(crate) fn has_connections(self) -> bool {
        self.is_stream() || self.socket_type == SocketType::SEQPACKET
    }

    /// Whether shutdown(2) wakes a thread that waits in the kernel, so that waiting can be left to the kernel.
    pub(crate) fn shutdown_wakes(self) -> bool {
        match self.family {
            Family::IPV4 | Family::IPV6 => {
                matches!(self.socket_type, SocketType::STREAM | SocketType::DATAGRAM)
            }
            Family::UNIX => self.is_stream(),
            _ => false,
        }
    }
}

/// A protocol of a family (`IPPROTO_…`); 0 lets the kernel choose.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protocol(pub c_int);

impl Protocol {
    /// The family's own choice for the type.
    pub const DEFAULT: Self = Self(0);
    /// `IPPROTO_TCP`.
    pub const TCP: Self = Self(libc::IPPROTO_TCP);
    /// `IPPROTO_UDP`.
    pub const UDP: Self = Self(libc::IPPROTO_UDP);
}

/// Which directions [`Socket::shutdown`](crate::Socket::shutdown) ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Receiving (`SHUT_RD`); the peer is not notified.
    Read,
    /// Sending (`SHUT_WR`): a half close; the peer reads up to the end of the stream.
    Write,
    /// Both (`SHUT_RDWR`).
    Both,
}

impl Shutdown {
    /// The variant that corresponds to a `SHUT_` constant.
    pub const fn from_raw(how: c_int) -> Option<Self> {
        match how {
            libc::SHUT_RD => Some(Self::Read),
            libc::SHUT_WR => Some(Self::Write),
            libc::SHUT_RDWR => Some(Self::Both),
            _ => None,
        }
    }

    /// The name of its constant in C: `SHUT_WR`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "SHUT_RD",
            Self::Write => "SHUT_WR",
            Self::Both => "SHUT_RDWR",
        }
    }
}

debug_by_name!(Family:
    "AF_UNSPEC" = libc::AF_UNSPEC,
    "AF_INET" = libc::AF_INET,
    "AF_INET6" = libc::AF_INET6,
    "AF_UNIX" = libc::AF_UNIX,
    "AF_ALG" = Self::ALG.0,
);

debug_by_name!(SocketType:
    "SOCK_STREAM" = libc::SOCK_STREAM,
    "SOCK_DGRAM" = libc::SOCK_DGRAM,
    "SOCK_SEQPACKET" = libc::SOCK_SEQPACKET,
    "SOCK_RAW" = libc::SOCK_RAW,
);

debug_by_name!(Protocol:
    "0" = 0,
    "IPPROTO_TCP" = libc::IPPROTO_TCP,
    "IPPROTO_UDP" = libc::IPPROTO_UDP,
    "IPPROTO_ICMP" = libc::IPPROTO_ICMP,
    "IPPROTO_ICMPV6" = libc::IPPROTO_ICMPV6,
);
