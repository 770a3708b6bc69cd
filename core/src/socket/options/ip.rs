//! Options of IP (ip(7)), and those that IPv6 has by another number but the same meaning.

use super::super::Socket;
use super::in_range;
use super::limits::{BYTE, CONGESTION_BITS};
use crate::domain::SocketType;
use crate::error::{Operation, Result};
use crate::sys::kernel::number;
use std::ops::RangeInclusive;

/// The header has one byte for it; with 0 packets would not go anywhere.
const TTL: RangeInclusive<u32> = 1..=255;

/// Options of IP.
impl Socket {
    /// How many routers a packet may pass, over IPv4 (`IP_TTL`, ip(7); 64, `net.ipv4.ip_default_ttl`; Python
    /// `IP_TTL`). IPv6 has [`set_hops`](Self::set_hops), multicast
    /// [`set_multicast_ttl`](Self::set_multicast_ttl).
    ///
    /// # Errors
    /// `InvalidInput("ttl")` outside 1–255; `Unsupported` for a socket that is not IP; `Closed`.
    pub fn set_ttl(&self, ttl: u32) -> Result<()> {
        in_range(ttl, &TTL, "ttl")?;
        self.set(("IP_TTL", ttl), move |sock| sock.set_ttl_v4(ttl))
    }

    /// How many routers a packet may pass, over IPv4.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn ttl(&self) -> Result<u32> {
        self.get("IP_TTL", |sock| sock.ttl_v4())
    }

    /// The type of service of packets over IPv4: DSCP in the high six bits, ECN in the low two (`IP_TOS`, ip(7); 0;
    /// Python `IP_TOS`, Java `setTrafficClass`). IPv6 has [`set_traffic_class`](Self::set_traffic_class).
    ///
    /// # Errors
    /// `InvalidInput("tos")` above 255 and, on a stream, with one of the low two bits, which TCP keeps for itself
    /// and the kernel would silently drop; `Unsupported` for a socket that is not IP; `Closed`.
    pub fn set_tos(&self, tos: u32) -> Result<()> {
        self.check_service(tos, "tos")?;
        self.set(("IP_TOS", tos), move |sock| sock.set_tos_v4(tos))
    }

    /// The type of service of packets over IPv4.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn tos(&self) -> Result<u32> {
        self.get("IP_TOS", |sock| sock.tos_v4())
    }

    /// Allows addresses of other hosts, to receive what is routed through this one, over IPv4 or IPv6
    /// (`IP_TRANSPARENT`, ip(7), `IPV6_TRANSPARENT`; off by default; needs `CAP_NET_ADMIN` or `CAP_NET_RAW`; Linux, FreeBSD;
    /// Python `IP_TRANSPARENT`, for IPv6 by number 75).
    ///
    /// # Errors
    /// `EPERM`; `Unsupported`; `Closed`.
    pub fn set_transparent(&self, on: bool) -> Result<()> {
        let number = self.by_version(
            Operation::SetOption,
            number::IP_TRANSPARENT,
            number::IPV6_TRANSPARENT,
        )?;
        self.set_number(number, on.into())
    }

    /// Whether addresses of other hosts are allowed.
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn transparent(&self) -> Result<bool> {
        self.is_on(self.by_version(
            Operation::GetOption,
            number::IP_TRANSPARENT,
            number::IPV6_TRANSPARENT,
        )?)
    }

    /// Lets bind take an address that no interface has, or has not yet, over IPv4 or IPv6 (`IP_FREEBIND`, ip(7),
    /// `IPV6_FREEBIND`; off by default; Linux, FreeBSD: `IP_BINDANY`; Python by number 15, for IPv6 78).
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn set_freebind(&self, on: bool) -> Result<()> {
        let number = self.by_version(Operation::SetOption, number::IP_FREEBIND, number::IPV6_FREEBIND)?;
        self.set_number(number, on.into())
    }

    /// Whether bind takes an address that no interface has.
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn freebind(&self) -> Result<bool> {
        self.is_on(self.by_version(Operation::GetOption, number::IP_FREEBIND, number::IPV6_FREEBIND)?)
    }

    /// Checks a type of service: it must fit into a byte and leave TCP its bits.
    pub(super) fn check_service(&self, value: u32, argument: &'static str) -> Result<()> {
        in_range(value, &BYTE, argument)?;
        if self.socket_type == SocketType::STREAM && value & CONGESTION_BITS != 0 {
            return Err(super::invalid(argument, "must leave its two low bits to TCP"));
        }
        Ok(())
    }
}
