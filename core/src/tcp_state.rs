//! The states of a TCP connection.

use std::fmt;

/// The state of a TCP connection (RFC 9293 §3.3.2), on every system with Linux's number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TcpState(pub u8);

#[allow(missing_docs)] // RFC 9293 describes them
impl TcpState {
    pub const ESTABLISHED: Self = Self(1);
    pub const SYN_SENT: Self = Self(2);
    pub const SYN_RECV: Self = Self(3);
    pub const FIN_WAIT1: Self = Self(4);
    pub const FIN_WAIT2: Self = Self(5);
    pub const TIME_WAIT: Self = Self(6);
    pub const CLOSED: Self = Self(7);
    pub const CLOSE_WAIT: Self = Self(8);
    pub const LAST_ACK: Self = Self(9);
    pub const LISTEN: Self = Self(10);
    pub const CLOSING: Self = Self(11);

    /// Its name, such as `ESTABLISHED`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ESTABLISHED => "ESTABLISHED",
            Self::SYN_SENT => "SYN_SENT",
            Self::SYN_RECV => "SYN_RECV",
            Self::FIN_WAIT1 => "FIN_WAIT1",
            Self::FIN_WAIT2 => "FIN_WAIT2",
            Self::TIME_WAIT => "TIME_WAIT",
            Self::CLOSED => "CLOSED",
            Self::CLOSE_WAIT => "CLOSE_WAIT",
            Self::LAST_ACK => "LAST_ACK",
            Self::LISTEN => "LISTEN",
            Self::CLOSING => "CLOSING",
            _ => "UNKNOWN",
        }
    }
}

impl fmt::Debug for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            "UNKNOWN" => write!(f, "TcpState({})", self.0),
            name => write!(f, "TcpState({name})"),
        }
    }
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
