//! What travels beside the bytes of a message: descriptors, credentials, packet information, timestamps.

pub(crate) mod codec;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;

use crate::error::{Error, Kind, Operation, Result};
use crate::memory;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

/// One control message to send (cmsg(3)). It borrows the descriptors it passes.
#[derive(Clone, Debug)]
pub struct Control<'fd> {
    level: i32,
    kind: i32,
    data: Vec<u8>,
    descriptors: PhantomData<BorrowedFd<'fd>>,
}

/// One control message that was received.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ancillary {
    /// Descriptors (`SCM_RIGHTS`), close-on-exec; those not taken out are closed when this is dropped.
    Rights(Vec<OwnedFd>),
    /// Any other control message, as bytes; [`credentials`](Self::credentials), [`packet_info`](Self::packet_info) and
    /// [`timestamp`](Self::timestamp) read the common ones.
    Other {
        /// `SOL_SOCKET`, `IPPROTO_IP`, …
        level: i32,
        /// `SCM_CREDENTIALS`, `IP_PKTINFO`, …
        kind: i32,
        /// What the kernel wrote.
        data: Vec<u8>,
    },
}

/// Who sent a message over a Unix domain socket (`struct ucred`, unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The process.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

/// The address to which, and the interface over which, a datagram arrived (`IP_PKTINFO`, `IPV6_RECVPKTINFO`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketInfo {
    /// The destination address of the datagram.
    pub destination: IpAddr,
    /// The index of the interface (if_nametoindex(3)).
    pub interface: u32,
}

impl Credentials {
    /// The size of the kernel's structure.
    pub(crate) const SIZE: usize = 12;

    /// What the kernel reports for a socket without a peer.
    pub(crate) const UNKNOWN: Self = Self {
        pid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
    };

    /// Reads a `struct ucred`.
    pub(crate) fn read(data: &[u8]) -> Option<Self> {
        let number = |at: usize| data.get(at..at + 4)?.try_into().ok();
        Some(Self {
            pid: i32::from_ne_bytes(number(0)?),
            uid: u32::from_ne_bytes(number(4)?),
            gid: u32::from_ne_bytes(number(8)?),
        })
    }
}

impl<'fd> Control<'fd> {
    /// Any control message, by its numbers and bytes.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(level: i32, kind: i32, data: &[u8]) -> Result<Self> {
        Ok(Self {
            level,
            kind,
            data: memory::copy(data).map_err(failed)?,
            descriptors: PhantomData,
        })
    }

    /// Passes descriptors over a Unix domain socket (`SCM_RIGHTS`); the receiver gets its own copies.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn rights(descriptors: &[BorrowedFd<'fd>]) -> Result<Self> {
        let numbers = descriptors.iter().flat_map(|fd| fd.as_raw_fd().to_ne_bytes());
        Ok(Self {
            level: libc::SOL_SOCKET,
            kind: libc::SCM_RIGHTS,
            data: memory::collect(numbers).map_err(failed)?,
            descriptors: PhantomData,
        })
    }

    /// Adds the sender's credentials (`SCM_CREDENTIALS`); only root may send those of another process.
    ///
    /// # Errors
    /// `OutOfMemory`.
    #[cfg(target_os = "linux")]
    pub fn credentials(who: Credentials) -> Result<Self> {
        let data = [
            who.pid.to_ne_bytes(),
            who.uid.to_ne_bytes(),
            who.gid.to_ne_bytes(),
        ]
        .concat();
        Self::new(libc::SOL_SOCKET, libc::SCM_CREDENTIALS, &data)
    }

    /// Sends a datagram from this address of the host, through this interface (0: the one the route chooses)
    /// (`IP_PKTINFO`, ip(7), `IPV6_PKTINFO`, RFC 3542). With the values that [`Ancillary::packet_info`] reported for a
    /// request, the answer comes from the address that the request was sent to.
    ///
    /// # Errors
    /// `OutOfMemory`.
    #[cfg(target_os = "linux")]
    pub fn packet_info(source: IpAddr, interface: u32) -> Result<Self> {
        let index = interface.to_ne_bytes();
        match source {
            // struct in_pktinfo: the index, the address to send from, and an address that is ignored here.
            IpAddr::V4(source) => {
                let data = [index, source.octets(), [0; 4]].concat();
                Self::new(libc::IPPROTO_IP, libc::IP_PKTINFO, &data)
            }
            IpAddr::V6(source) => {
                let data = [source.octets().as_slice(), &index].concat();
                Self::new(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &data)
            }
        }
    }

    /// How many descriptors it passes.
    pub(crate) fn descriptors(&self) -> usize {
        if (self.level, self.kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            self.data.len() / size_of::<RawFd>()
        } else {
            0
        }
    }

    /// Control messages in the form the kernel reads.
    pub(crate) fn encode(messages: &[Self]) -> std::result::Result<Vec<u8>, Kind> {
        let mut spaces = messages.iter().map(|message| codec::space(message.data.len()));
        let total = spaces.try_fold(0_usize, |sum, space| sum.checked_add(space?));
        let mut buffer = memory::list(total.ok_or(Kind::Os(libc::EMSGSIZE))?)?;
        for message in messages {
            codec::push(&mut buffer, message.level, message.kind, &message.data)
                .map_err(|error| Kind::from_io(&error))?;
        }
        Ok(buffer)
    }
}

fn failed(kind: Kind) -> Error {
    Error::new(Operation::SendMsg, kind)
}

impl Ancillary {
    /// The space one control message with `data` bytes of data takes (`CMSG_SPACE`), to add up for
    /// [`Call::recv_message`](crate::Call::recv_message); `None` when it would not fit into memory.
    pub const fn space(data: usize) -> Option<usize> {
        codec::space(data)
    }

    /// The length of a control message with `data` bytes of data, without padding (`CMSG_LEN`).
    pub const fn length(data: usize) -> Option<usize> {
        codec::length(data)
    }

    /// Its level.
    pub const fn level(&self) -> i32 {
        match self {
            Self::Rights(_) => libc::SOL_SOCKET,
            Self::Other { level, .. } => *level,
        }
    }

    /// Its type.
    pub const fn kind(&self) -> i32 {
        match self {
            Self::Rights(_) => libc::SCM_RIGHTS,
            Self::Other { kind, .. } => *kind,
        }
    }

    /// The credentials, if that is what it holds. They are delivered once `SO_PASSCRED` is on.
    #[cfg(target_os = "linux")]
    pub fn credentials(&self) -> Option<Credentials> {
        Credentials::read(self.data_of(libc::SOL_SOCKET, libc::SCM_CREDENTIALS)?)
    }

    /// The packet information, if that is what it holds. It is delivered once `IP_PKTINFO` or `IPV6_RECVPKTINFO` is on.
    pub fn packet_info(&self) -> Option<PacketInfo> {
        if let Some(data) = self.data_of(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) {
            let ip: [u8; 16] = data.get(..16)?.try_into().ok()?;
            let interface = u32::from_ne_bytes(data.get(16..20)?.try_into().ok()?);
            return Some(PacketInfo {
                destination: Ipv6Addr::from(ip).into(),
                interface,
            });
        }
        let data = self.data_of(libc::IPPROTO_IP, libc::IP_PKTINFO)?;
        let interface = u32::from_ne_bytes(data.get(..4)?.try_into().ok()?);
        let ip: [u8; 4] = data.get(8..12)?.try_into().ok()?;
        Some(PacketInfo {
            destination: Ipv4Addr::from(ip).into(),
            interface,
        })
    }

    /// When the datagram arrived, since 1970, if that is what it holds. It is delivered once `SO_TIMESTAMPNS` or
    /// `SO_TIMESTAMP` is on.
    pub fn timestamp(&self) -> Option<Duration> {
        const WORD: usize = size_of::<libc::time_t>();
        let (data, unit) = match self.data_of(libc::SOL_SOCKET, NANOSECOND_STAMP) {
            Some(data) => (data, 1),
            None => (self.data_of(libc::SOL_SOCKET, libc::SCM_TIMESTAMP)?, 1000),
        };
        let number = |at: usize| {
            data.get(at..at + WORD)?
                .try_into()
                .ok()
                .map(libc::time_t::from_ne_bytes)
        };
        let (seconds, part) = (
            u64::try_from(number(0)?).ok()?,
            u64::try_from(number(WORD)?).ok()?,
        );
        Some(Duration::from_secs(seconds) + Duration::from_nanos(part.checked_mul(unit)?))
    }

    fn data_of(&self, wanted_level: i32, wanted_kind: i32) -> Option<&[u8]> {
        match self {
            Self::Other { level, kind, data } if (*level, *kind) == (wanted_level, wanted_kind) => Some(data),
            Self::Other { .. } | Self::Rights(_) => None,
        }
    }
}

#[cfg(target_os = "linux")]
const NANOSECOND_STAMP: i32 = libc::SCM_TIMESTAMPNS;
#[cfg(not(target_os = "linux"))]
const NANOSECOND_STAMP: i32 = -1;
