//! Why a connection has ended.

use crate::error::Error;
use std::fmt;

/// Why a connection has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended its stream, and everything it had sent was handled and answered.
    PeerFinished,
    /// The program closed it, see [`close`](super::Connection::close) and [`abort`](super::Connection::abort).
    ByProgram,
    /// Receiving or sending failed, most often because the peer reset the connection.
    Failed(Error),
    /// The peer was idle for longer than [`idle_timeout`](super::MessageServeOptions::idle_timeout), or did not take the
    /// bytes still to be sent before a close.
    IdleTimeout,
    /// A callback took longer than [`handler_timeout`](super::MessageServeOptions::handler_timeout).
    HandlerTimeout,
    /// A callback failed.
    HandlerFailed,
    /// The peer sent a message that is too long (`EMSGSIZE`) or malformed (`EBADMSG`), or ended its stream in the middle
    /// of one (`Truncated`).
    BadMessage(Error),
    /// The server was stopped.
    Stopped,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerFinished => f.write_str("the peer ended its stream"),
            Self::ByProgram => f.write_str("closed by the program"),
            Self::Failed(error) | Self::BadMessage(error) => error.fmt(f),
            Self::IdleTimeout => f.write_str("the peer was idle for too long"),
            Self::HandlerTimeout => f.write_str("a callback took too long"),
            Self::HandlerFailed => f.write_str("a callback failed"),
            Self::Stopped => f.write_str("the server was stopped"),
        }
    }
}
