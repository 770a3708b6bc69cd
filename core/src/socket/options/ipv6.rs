//! Options of IPv6 (ipv6(7)).

use super::super::Socket;
use super::in_range;
use super::limits::BYTE;
use crate::error::Result;

/// Options of IPv6. On a socket that is not IPv6 each fails with `Unsupported`.
impl Socket {
    /// Takes only IPv6, not IPv4 as mapped addresses (`::ffff:1.2.3.4`); must be set before bind (`IPV6_V6ONLY`,
    /// ipv6(7); off by default, `net.ipv6.bindv6only`; on by default elsewhere; Python `IPV6_V6ONLY`; Java's sockets
    /// take both).
    ///
    /// # Errors
    /// `EINVAL` once it is bound; `Unsupported`; `Closed`.
    pub fn set_only_v6(&self, on: bool) -> Result<()> {
        self.set(("IPV6_V6ONLY", on), move |sock| sock.set_only_v6(on))
    }

    /// Whether it takes only IPv6.
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn only_v6(&self) -> Result<bool> {
        self.get("IPV6_V6ONLY", |sock| sock.only_v6())
    }

    /// How many routers a packet may pass (`IPV6_UNICAST_HOPS`, ipv6(7); 64; Python `IPV6_UNICAST_HOPS`). Multicast
    /// has [`set_multicast_ttl`](Self::set_multicast_ttl).
    ///
    /// # Errors
    /// `InvalidInput("hops")` above 255; `Unsupported`; `Closed`.
    pub fn set_hops(&self, hops: u32) -> Result<()> {
        in_range(hops, &BYTE, "hops")?;
        self.set(("IPV6_UNICAST_HOPS", hops), move |sock| {
            sock.set_unicast_hops_v6(hops)
        })
    }

    /// How many routers a packet may pass.
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn hops(&self) -> Result<u32> {
        self.get("IPV6_UNICAST_HOPS", |sock| sock.unicast_hops_v6())
    }

    /// The traffic class of packets: DSCP in the high six bits, ECN in the low two (`IPV6_TCLASS`, ipv6(7); 0; Python
    /// `IPV6_TCLASS`, Java `setTrafficClass`).
    ///
    /// # Errors
    /// `InvalidInput("traffic class")` above 255 and, on a stream, with one of the low two bits, which TCP keeps
    /// for itself and the kernel would silently drop; `Unsupported`; `Closed`.
    pub fn set_traffic_class(&self, class: u32) -> Result<()> {
        self.check_service(class, "traffic class")?;
        self.set(("IPV6_TCLASS", class), move |sock| sock.set_tclass_v6(class))
    }

    /// The traffic class of packets.
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn traffic_class(&self) -> Result<u32> {
        self.get("IPV6_TCLASS", |sock| sock.tclass_v6())
    }
}
