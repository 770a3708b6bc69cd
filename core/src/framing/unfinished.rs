//! A message of which only a part was sent.

use super::format::{Format, Framing};
use crate::buffer::SendBuf;
use crate::error::Kind;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};

/// A message whose call ended in the middle. The stream is consistent again once the rest has followed.
pub(crate) struct Unfinished {
    format: Format,
    length: usize,
    hash: u64,
    /// How many bytes were sent, prefix included.
    pub(crate) sent: usize,
}

impl Unfinished {
    pub(crate) fn new(message: &SendBuf<'_>, framing: &Framing, sent: usize) -> Self {
        Self {
            format: framing.format,
            length: message.len(),
            // If there is no memory to look at the message, no other message is taken for it.
            hash: hash(message).unwrap_or_default(),
            sent,
        }
    }

    /// Whether it is this message, with the same prefix and delimiter.
    pub(crate) fn is(&self, message: &SendBuf<'_>, framing: &Framing) -> Result<bool, Kind> {
        Ok(self.format == framing.format && self.length == message.len() && self.hash == hash(message)?)
    }
}

impl fmt::Display for Unfinished {
    /// Why no other message can be sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes of a message of {} bytes were sent: send the same message again to finish it",
            self.sent, self.length
        )
    }
}

fn hash(message: &SendBuf<'_>) -> Result<u64, Kind> {
    let mut bytes = Vec::new();
    message.append_to(&mut bytes)?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    Ok(hasher.finish())
}
