//! What travels beside the bytes of a message: descriptors, credentials, packet information, timestamps.

pub(crate) mod codec;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;

use crate::credentials::Credentials;
use crate::error::{Error, Kind, Operation, Result};
use crate::memory;
use crate::sys::control;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv6Addr};
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

/// The address to which, and the interface over which, a datagram arrived (`IP_PKTINFO`, `IPV6_RECVPKTINFO`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketInfo {
    /// The destination address of the datagram.
    pub destination: IpAddr,
    /// The index of the interface (if_nametoindex(3)).
    pub interface: u32,
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

    /// Adds the sender's credentials (`SCM_CREDENTIALS`, on FreeBSD `SCM_CREDS`); only root may send those of another
    /// process, and on FreeBSD no process may.
    ///
    /// # Errors
    /// `Unsupported` on systems other than Linux and FreeBSD, and there for credentials that are not those of this process;
    /// `OutOfMemory`.
    pub fn credentials(who: Credentials) -> Result<Self> {
        match control::credentials_to_send(who) {
            Some((level, kind, data)) => Self::new(level, kind, &data),
            None => Err(failed(Kind::Unsupported)),
        }
    }

    /// Sends a datagram from this address of the host, through this interface (0: the one the route chooses)
    /// (`IP_PKTINFO`, ip(7), on FreeBSD `IP_SENDSRCADDR`; `IPV6_PKTINFO`, RFC 3542). With the values that
    /// [`Ancillary::packet_info`] reported for a request, the answer comes from the address that the request was sent to.
    ///
    /// # Errors
    /// `Unsupported` on FreeBSD for an interface other than 0 over IPv4; `OutOfMemory`.
    pub fn packet_info(source: IpAddr, interface: u32) -> Result<Self> {
        match source {
            IpAddr::V4(source) => match control::packet_info_to_send(source, interface) {
                Some((level, kind, data)) => Self::new(level, kind, &data),
                None => Err(failed(Kind::Unsupported)),
            },
            IpAddr::V6(source) => {
                let data = [source.octets().as_slice(), &interface.to_ne_bytes()].concat();
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

    /// The credentials, if that is what it holds. They are delivered once
    /// [`set_pass_credentials`](crate::Socket::set_pass_credentials) is on.
    pub fn credentials(&self) -> Option<Credentials> {
        control::credentials(self.message()?)
    }

    /// The packet information, if that is what it holds. It is delivered once
    /// [`set_packet_info`](crate::Socket::set_packet_info) is on. FreeBSD does not report the interface over IPv4: it is 0 then.
    pub fn packet_info(&self) -> Option<PacketInfo> {
        if let Some(data) = self.data_of(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) {
            let ip: [u8; 16] = data.get(..16)?.try_into().ok()?;
            let interface = u32::from_ne_bytes(data.get(16..20)?.try_into().ok()?);
            return Some(PacketInfo {
                destination: Ipv6Addr::from(ip).into(),
                interface,
            });
        }
        control::packet_info(self.message()?).map(|(destination, interface)| PacketInfo {
            destination: destination.into(),
            interface,
        })
    }

    /// When the datagram arrived, since 1970, if that is what it holds. It is delivered once
    /// [`set_timestamps`](crate::Socket::set_timestamps) is on.
    pub fn timestamp(&self) -> Option<Duration> {
        control::timestamp(self.message()?)
    }

    /// What it holds, unless that is descriptors.
    fn message(&self) -> Option<control::Message<'_>> {
        match self {
            Self::Other { level, kind, data } => Some((*level, *kind, data)),
            Self::Rights(_) => None,
        }
    }

    fn data_of(&self, wanted_level: i32, wanted_kind: i32) -> Option<&[u8]> {
        self.message()
            .filter(|(level, kind, _)| (*level, *kind) == (wanted_level, wanted_kind))
            .map(|(.., data)| data)
    }
}
