//! What client and server agree on. A message is a frame: 4 bytes with its length, big-endian, then that many
//! bytes of text. A request is "OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT".

use polysock::{Error, Kind, Socket};
use std::time::Duration;

const LONGEST: usize = 100;
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
        Self::Socket(error)
    }
}

/// The next message; `None` when the peer has ended its stream between two messages.
pub fn receive_message(s: &Socket, timeout: Duration) -> Result<Option<String>, Failure> {
    let mut head = [0; 4];
    match s.within(timeout).recv_exact(&mut head) {
        Err(error) if error.kind() == Kind::EndOfStream => return Ok(None),
        result => result?,
    }
    let n = u32::from_be_bytes(head) as usize;
    if n > LONGEST {
        return Err(Failure::TooLong); // never trust a length that came over the network
    }
    let mut text = vec![0; n];
    s.within(timeout).recv_exact(&mut text)?;
    Ok(Some(String::from_utf8_lossy(&text).into()))
}

pub fn send_message(s: &Socket, text: &str) -> Result<(), Failure> {
    let head = u32::try_from(text.len()).map_err(|_| Failure::TooLong)?;
    let frame = [&head.to_be_bytes(), text.as_bytes()].concat();
    Ok(s.within(TIMEOUT).send_all(&frame)?) // in one piece: two pieces would wait for each other
}
