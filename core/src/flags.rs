//! Message flags (`MSG_…`) of send and recv.

use crate::debug::debug_bits_by_name;
use crate::sys::numbers;
use libc::c_int;
use std::ops::BitOr;

/// Flags of one send or recv call, any bits the kernel may know.
///
/// `MSG_NOSIGNAL` is always added: no call of this crate raises SIGPIPE.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(pub c_int);

impl Flags {
    /// No flags.
    pub const NONE: Self = Self(0);
    /// `MSG_PEEK`: leave what is received in the queue.
    pub const PEEK: Self = Self(libc::MSG_PEEK);
    /// `MSG_OOB`: the urgent byte.
    pub const OUT_OF_BAND: Self = Self(libc::MSG_OOB);
    /// `MSG_WAITALL`: fill the whole buffer unless the stream ends, time runs out or an error occurs.
    pub const WAIT_ALL: Self = Self(libc::MSG_WAITALL);
    /// `MSG_DONTWAIT`: this call does not wait, whatever the timeout.
    pub const DONT_WAIT: Self = Self(libc::MSG_DONTWAIT);
    /// `MSG_TRUNC`. In a result: the datagram was longer than the buffer. Passed to a receive: return the whole length of the
    /// datagram, which may be more than the buffer holds. On a TCP stream such a receive counts and drops bytes, and stores
    /// nothing (recv(2), tcp(7)).
    pub const TRUNCATE: Self = Self(libc::MSG_TRUNC);
    /// `MSG_CTRUNC`, in a result: control messages did not fit.
    pub const CONTROL_TRUNCATED: Self = Self(libc::MSG_CTRUNC);
    /// `MSG_ERRQUEUE`: a report from the socket's error queue (ip(7), `IP_RECVERR`). A call with a time limit waits for
    /// a report; one without does not, like recv(2). Linux; elsewhere a receive with it
    /// fails with `EOPNOTSUPP`.
    pub const ERROR_QUEUE: Self = Self(numbers::ERROR_QUEUE);
    /// `MSG_FASTOPEN`: connect, and send the first bytes with the SYN (tcp(7), RFC 7413). Linux; elsewhere 0, which changes nothing.
    pub const FAST_OPEN: Self = Self(numbers::FAST_OPEN);
    /// `MSG_EOR`: the end of a record.
    pub const END_OF_RECORD: Self = Self(libc::MSG_EOR);

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

debug_bits_by_name!(Flags:
    "MSG_PEEK" = libc::MSG_PEEK,
    "MSG_OOB" = libc::MSG_OOB,
    "MSG_WAITALL" = libc::MSG_WAITALL,
    "MSG_DONTWAIT" = libc::MSG_DONTWAIT,
    "MSG_TRUNC" = libc::MSG_TRUNC,
    "MSG_CTRUNC" = libc::MSG_CTRUNC,
    "MSG_ERRQUEUE" = numbers::ERROR_QUEUE,
    "MSG_EOR" = libc::MSG_EOR,
    "MSG_NOSIGNAL" = libc::MSG_NOSIGNAL,
);
