//! Segmentation offload: several datagrams go through the kernel as one, and are cut apart at its end (udp(7),
//! `UDP_SEGMENT`).

use crate::domain::{Family, SocketKind, SocketType};
use crate::sys::os;
use std::io;
use std::os::fd::BorrowedFd;

/// The most datagrams that travel together: `UDP_MAX_SEGMENTS` of Linux up to 6.8; later kernels take 128.
pub(super) const MOST_SEGMENTS: usize = 64;

/// The most bytes that travel together: the largest datagram over IPv4 (65,535 less the headers of IP and UDP).
pub(super) const MOST_BYTES: usize = 65_507;

/// Whether datagrams of one call travel together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Segmentation {
    Unknown,
    On,
    Off,
}

impl Segmentation {
    pub(super) fn new(kind: SocketKind) -> Self {
        let may_be_udp = matches!(kind.family, Family::IPV4 | Family::IPV6);
        if may_be_udp && kind.socket_type == SocketType::DATAGRAM {
            Self::Unknown
        } else {
            Self::Off
        }
    }

    /// Whether it can be used; the kernel is asked the first time.
    pub(super) fn is_on(&mut self, fd: BorrowedFd<'_>) -> bool {
        if *self == Self::Unknown {
            *self = if os::cuts_segments(fd) {
                Self::On
            } else {
                Self::Off
            };
        }
        *self == Self::On
    }

    /// Whether datagrams were refused only because they travelled together; from then on they do not. `EINVAL`: they are
    /// longer than the path takes in one packet, or go without a checksum; `EIO`: the device does not compute checksums;
    /// `EMSGSIZE`: they are too long in all; `ENOBUFS`, `ENOMEM`: the send buffer, or memory, is too small for all of them.
    pub(super) fn was_refused(&mut self, error: &io::Error) -> bool {
        let refused = *self == Self::On
            && matches!(
                error.raw_os_error(),
                Some(
                    libc::EINVAL
                        | libc::EIO
                        | libc::EMSGSIZE
                        | libc::ENOBUFS
                        | libc::ENOMEM
                        | libc::EOPNOTSUPP
                        | libc::ENOPROTOOPT
                )
            );
        if refused {
            *self = Self::Off;
        }
        refused
    }
}
