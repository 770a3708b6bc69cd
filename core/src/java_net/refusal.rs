//! Why Java's classes refuse a call.

use crate::error::Error;

/// The result of a call of Java's classes.
pub type Result<T> = std::result::Result<T, Refusal>;

/// Why a call was refused, or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The socket was closed before the call.
    Closed,
    /// It has no connection.
    NotConnected,
    /// It has one already.
    AlreadyConnected,
    /// It has no local address.
    NotBound,
    /// It has one already.
    AlreadyBound,
    /// The receiving half was shut down.
    InputShut,
    /// The sending half was shut down.
    OutputShut,
    /// The datagram socket is connected to another address.
    OtherPeer,
    /// There is nowhere to send the datagram.
    NoPeer,
    /// No datagram can be sent to port 0.
    PortZero,
    /// No socket can be connected to port 0.
    ConnectToPortZero,
    /// The call itself failed.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Closed => "the socket is closed",
            Self::NotConnected => "the socket is not connected",
            Self::AlreadyConnected => "the socket is connected already",
            Self::NotBound => "the socket is not bound",
            Self::AlreadyBound => "the socket is bound already",
            Self::InputShut => "the input is shut down",
            Self::OutputShut => "the output is shut down",
            Self::OtherPeer => "the socket is connected to another address",
            Self::NoPeer => "the datagram has no address",
            Self::PortZero => "no datagram can be sent to port 0",
            Self::ConnectToPortZero => "no socket can be connected to port 0",
            Self::Failed(error) => return error.fmt(f),
        })
    }
}

impl std::error::Error for Refusal {}
