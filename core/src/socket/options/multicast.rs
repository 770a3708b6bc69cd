//! Multicast, over IPv4 (ip(7)) and IPv6 (ipv6(7)), under one set of names.

use super::super::Socket;
use super::interface::{choose, Chosen, Interface};
use super::limits::BYTE;
use super::{in_range, invalid, known, or_unsupported};
use crate::address::Address;
use crate::domain::Family;
use crate::error::{Error, Kind, Operation, Result};
use crate::sys::kernel::{number, OptionNumber};
use crate::sys::numbers::BEFORE_GROUP;
use crate::sys::unix;
use socket2::InterfaceIndexOrAddress;
use std::net::{IpAddr, Ipv4Addr};

const BY_NAME_OR_INDEX: &str = "must be chosen by name or index over IPv6";
const ONE_HOST: &str = "must be the address of one host, of the group's family";

/// Multicast.
impl Socket {
    /// Joins a group on an interface, from any sender or from one `source` only; call it again for further sources
    /// (`IP_ADD_MEMBERSHIP`, ip(7), `IPV6_ADD_MEMBERSHIP`, ipv6(7), `MCAST_JOIN_SOURCE_GROUP`, RFC 3678; Python
    /// `IP_ADD_MEMBERSHIP`, `IPV6_JOIN_GROUP`, with a source by number; Java `MulticastSocket.joinGroup`,
    /// `MulticastChannel.join`). An IPv6 socket may join IPv4 groups too.
    ///
    /// On Linux a socket also gets what is sent to groups that *other* sockets of the host joined, until
    /// [`set_multicast_all`](Self::set_multicast_all) is off.
    ///
    /// # Errors
    /// `InvalidInput("group")` when it is not a multicast address, or IPv6 on an IPv4 socket; `InvalidInput("source")`
    /// when it is not of the group's version of IP, or not a single host; `InvalidInput("interface")`; `ENODEV` when
    /// there is no such interface, `EADDRINUSE` when it was joined already; `Unsupported`; `Closed`.
    pub fn join_multicast<'n>(
        &self,
        group: IpAddr,
        interface: impl Into<Interface<'n>>,
        source: Option<IpAddr>,
    ) -> Result<()> {
        self.change_membership(group, interface.into(), source, &JOIN)
    }

    /// Leaves a group with the arguments of the join: the same interface and the same source. Closing the socket leaves
    /// all groups.
    ///
    /// # Errors
    /// See [`join_multicast`](Self::join_multicast); also `EADDRNOTAVAIL` when it was not joined in that way.
    pub fn leave_multicast<'n>(
        &self,
        group: IpAddr,
        interface: impl Into<Interface<'n>>,
        source: Option<IpAddr>,
    ) -> Result<()> {
        self.change_membership(group, interface.into(), source, &LEAVE)
    }

    /// Sends to groups through this interface (`IP_MULTICAST_IF`, ip(7), `IPV6_MULTICAST_IF`, ipv6(7); the system's
    /// choice by default; Python the same names, Java `setNetworkInterface`).
    ///
    /// # Errors
    /// `InvalidInput("interface")`; `ENODEV` or `EADDRNOTAVAIL` when there is no such interface; `Unsupported` for a
    /// socket that is not IP; `Closed`.
    pub fn set_multicast_interface<'n>(&self, interface: impl Into<Interface<'n>>) -> Result<()> {
        let version = self.by_version(Operation::SetOption, Family::IPV4, Family::IPV6)?;
        match (choose(interface.into())?, version) {
            (Chosen::Address(address), Family::IPV4) => self
                .set(("IP_MULTICAST_IF", &address), move |sock| {
                    sock.set_multicast_if_v4(&address)
                }),
            (Chosen::Address(_), _) => Err(invalid("interface", BY_NAME_OR_INDEX)),
            (Chosen::Index(index), Family::IPV4) => self.set_bytes(
                Some((libc::IPPROTO_IP, libc::IP_MULTICAST_IF)),
                &interface_request(index),
            ),
            (Chosen::Index(index), _) => self.set(("IPV6_MULTICAST_IF", index), move |sock| {
                sock.set_multicast_if_v6(index)
            }),
        }
    }

    /// The interface for sending to groups: for IPv6 its index, for IPv4 the address it was chosen by. One that was
    /// chosen by index or name for IPv4 reads as [`Default`](Interface::Default): Linux does not report it.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn multicast_interface(&self) -> Result<Interface<'static>> {
        if self.by_version(Operation::GetOption, true, false)? {
            let address = self.get("IP_MULTICAST_IF", |sock| sock.multicast_if_v4())?;
            return Ok(if address.is_unspecified() {
                Interface::Default
            } else {
                Interface::Address(address)
            });
        }
        Ok(
            match self.get("IPV6_MULTICAST_IF", |sock| sock.multicast_if_v6())? {
                0 => Interface::Default,
                index => Interface::Index(index),
            },
        )
    }

    /// How many routers a packet to a group may pass; 0 keeps it on this host (`IP_MULTICAST_TTL`, ip(7),
    /// `IPV6_MULTICAST_HOPS`, ipv6(7); 1; Python the same names, Java `MulticastSocket.setTimeToLive`).
    ///
    /// # Errors
    /// `InvalidInput("multicast ttl")` above 255; `Unsupported` for a socket that is not IP; `Closed`.
    pub fn set_multicast_ttl(&self, ttl: u32) -> Result<()> {
        in_range(ttl, &BYTE, "multicast ttl")?;
        let is_v4 = self.by_version(Operation::SetOption, true, false)?;
        let name = if is_v4 {
            "IP_MULTICAST_TTL"
        } else {
            "IPV6_MULTICAST_HOPS"
        };
        self.set((name, ttl), move |sock| {
            if is_v4 {
                sock.set_multicast_ttl_v4(ttl)
            } else {
                sock.set_multicast_hops_v6(ttl)
            }
        })
    }

    /// How many routers a packet to a group may pass.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn multicast_ttl(&self) -> Result<u32> {
        let is_v4 = self.by_version(Operation::GetOption, true, false)?;
        let name = if is_v4 {
            "IP_MULTICAST_TTL"
        } else {
            "IPV6_MULTICAST_HOPS"
        };
        self.get(name, |sock| {
            if is_v4 {
                sock.multicast_ttl_v4()
            } else {
                sock.multicast_hops_v6()
            }
        })
    }

    /// Whether this host's own members get what the socket sends to a group (`IP_MULTICAST_LOOP`, ip(7),
    /// `IPV6_MULTICAST_LOOP`, ipv6(7); on by default; Python the same names, Java `IP_MULTICAST_LOOP`). On Linux it
    /// takes effect at the sender, and not on the loopback interface, which returns everything.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn set_multicast_loop(&self, on: bool) -> Result<()> {
        let is_v4 = self.by_version(Operation::SetOption, true, false)?;
        let name = if is_v4 {
            "IP_MULTICAST_LOOP"
        } else {
            "IPV6_MULTICAST_LOOP"
        };
        self.set((name, on), move |sock| {
            if is_v4 {
                sock.set_multicast_loop_v4(on)
            } else {
                sock.set_multicast_loop_v6(on)
            }
        })
    }

    /// Whether this host's own members get what the socket sends to a group.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn multicast_loop(&self) -> Result<bool> {
        let is_v4 = self.by_version(Operation::GetOption, true, false)?;
        let name = if is_v4 {
            "IP_MULTICAST_LOOP"
        } else {
            "IPV6_MULTICAST_LOOP"
        };
        self.get(name, |sock| {
            if is_v4 {
                sock.multicast_loop_v4()
            } else {
                sock.multicast_loop_v6()
            }
        })
    }

    /// Whether it also gets what is sent to groups that *other* sockets of this host joined, if its address and port match
    /// (`IP_MULTICAST_ALL`, ip(7), `IPV6_MULTICAST_ALL`; on by default; Linux; Python by number 49, for IPv6 29; Java
    /// turns it off). When off, it gets only what is sent to groups it joined itself, and nothing more once it has left.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn set_multicast_all(&self, on: bool) -> Result<()> {
        let number = self.by_version(
            Operation::SetOption,
            number::IP_MULTICAST_ALL,
            number::IPV6_MULTICAST_ALL,
        )?;
        self.set_number(number, on.into())
    }

    /// Whether it also gets what is sent to groups that other sockets of this host joined.
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn multicast_all(&self) -> Result<bool> {
        self.is_on(self.by_version(
            Operation::GetOption,
            number::IP_MULTICAST_ALL,
            number::IPV6_MULTICAST_ALL,
        )?)
    }

    fn change_membership(
        &self,
        group: IpAddr,
        interface: Interface<'_>,
        source: Option<IpAddr>,
        change: &Change,
    ) -> Result<()> {
        let is_v4 = self.by_version(Operation::SetOption, true, false)?;
        if !group.is_multicast() || (group.is_ipv6() && is_v4) {
            return Err(
                invalid("group", "must be a multicast address of the socket's family")
                    .with_detail(group.to_string()),
            );
        }
        let no_host = |source: IpAddr| source.is_multicast() || source.is_unspecified();
        if let Some(source) = source.filter(|source| source.is_ipv4() != group.is_ipv4() || no_host(*source))
        {
            return Err(invalid("source", ONE_HOST).with_detail(source.to_string()));
        }
        let chosen = choose(interface)?;
        let result = match (group, chosen, source) {
            (IpAddr::V6(_), Chosen::Address(_), _) => return Err(invalid("interface", BY_NAME_OR_INDEX)),
            (IpAddr::V6(group), Chosen::Index(index), None) => self.immediate(Operation::SetOption, |fd| {
                (change.v6)(&unix::sock(&fd), &group, index)
            }),
            (IpAddr::V4(group), chosen, None) => {
                let interface = match chosen {
                    Chosen::Index(index) => InterfaceIndexOrAddress::Index(index),
                    Chosen::Address(address) => InterfaceIndexOrAddress::Address(address),
                };
                self.immediate(Operation::SetOption, |fd| {
                    (change.v4)(&unix::sock(&fd), &group, &interface)
                })
            }
            (IpAddr::V4(group), Chosen::Address(address), Some(IpAddr::V4(source))) => self
                .immediate(Operation::SetOption, |fd| {
                    (change.v4_source)(&unix::sock(&fd), &source, &group, &address)
                }),
            (group, Chosen::Index(index), Some(source)) => {
                let level = if group.is_ipv4() {
                    libc::IPPROTO_IP
                } else {
                    libc::IPPROTO_IPV6
                };
                let (_, name) = known(Operation::SetOption, change.source)?;
                self.set_option(level, name, &source_request(index, group, source))
            }
            // Excluded above: an IPv4 group has an IPv4 source.
            (IpAddr::V4(_), Chosen::Address(_), Some(IpAddr::V6(_))) => {
                return Err(invalid("source", ONE_HOST))
            }
        };
        result.map_err(|error| membership(or_unsupported(error), group))
    }
}

type Sock<'s> = socket2::SockRef<'s>;

/// The calls that join, or those that leave.
struct Change {
    v4: fn(&Sock<'_>, &Ipv4Addr, &InterfaceIndexOrAddress) -> std::io::Result<()>,
    v4_source: fn(&Sock<'_>, &Ipv4Addr, &Ipv4Addr, &Ipv4Addr) -> std::io::Result<()>,
    v6: fn(&Sock<'_>, &std::net::Ipv6Addr, u32) -> std::io::Result<()>,
    source: OptionNumber,
}

const JOIN: Change = Change {
    v4: |sock, group, interface| sock.join_multicast_v4_n(group, interface),
    v4_source: |sock, source, group, interface| sock.join_ssm_v4(source, group, interface),
    v6: |sock, group, index| sock.join_multicast_v6(group, index),
    source: number::JOIN_SOURCE_GROUP,
};

const LEAVE: Change = Change {
    v4: |sock, group, interface| sock.leave_multicast_v4_n(group, interface),
    v4_source: |sock, source, group, interface| sock.leave_ssm_v4(source, group, interface),
    v6: |sock, group, index| sock.leave_multicast_v6(group, index),
    source: number::LEAVE_SOURCE_GROUP,
};

/// `struct ip_mreqn` (ip(7)): a group and an address, neither of which matters when there is an index, and the index.
pub(crate) fn interface_request(index: u32) -> [u8; 12] {
    let mut request = [0; 12];
    put(&mut request, 8, &index.to_ne_bytes());
    request
}

/// `struct group_source_req` of RFC 3678: the index, then two `sockaddr_storage`.
fn source_request(index: u32, group: IpAddr, source: IpAddr) -> Vec<u8> {
    let first = BEFORE_GROUP;
    let mut request = vec![0; first + 2 * Address::CAPACITY];
    put(&mut request, 0, &index.to_ne_bytes());
    put(&mut request, first, Address::from((group, 0)).as_bytes());
    put(
        &mut request,
        first + Address::CAPACITY,
        Address::from((source, 0)).as_bytes(),
    );
    request
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    // All offsets lie within the bytes.
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// An error of joining or leaving, with the group in its detail.
fn membership(error: Error, group: IpAddr) -> Error {
    if matches!(error.kind(), Kind::Os(_)) {
        return error.with_detail(format_args!("group {group}"));
    }
    error
}
