//! What client and server agree on. A message is a frame: 4 bytes with its length, big-endian, then that many
//! bytes of text. A request is "OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT".

use polysock::{ByteOrder, Error, Framing, Kind, PrefixWidth, Socket};
use std::time::Duration;

/// What claims to be longer than the limit is refused.
const FRAMING: Framing = Framing::length_prefix(PrefixWidth::Bits32, ByteOrder::Big).with_limit(100);
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no message.
#[derive(Debug)]
pub enum Failure {
    /// It is longer than the protocol allows, so the beginning of the next one is unknown.
    TooLong,
    /// The socket's error.
    Socket(Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong => f.write_str("too long"),
            Self::Socket(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.kind() {
            Kind::Os(libc::EMSGSIZE) => Self::TooLong,
            _ => Self::Socket(error),
        }
    }
}

/// The next message; `None` when the peer has ended its stream between two messages.
pub fn receive_message(s: &Socket, timeout: Duration) -> Result<Option<String>, Failure> {
    let message = s.within(timeout).recv_frame(&FRAMING)?;
    Ok(message.map(|message| String::from_utf8_lossy(&message).into()))
}

pub fn send_message(s: &Socket, text: &str) -> Result<(), Failure> {
    Ok(s.within(TIMEOUT).send_frame(text.as_bytes(), &FRAMING)?)
}
