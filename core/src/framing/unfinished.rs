//! A message of which only a part was sent.

use super::format::{Format, Framing};
use crate::buffer::SendBuf;
use crate::error::Counted;
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
            hash: hash(message),
            sent,
        }
    }

    /// Whether it is this message, with the same prefix and delimiter.
    pub(crate) fn is(&self, message: &SendBuf<'_>, framing: &Framing) -> bool {
        self.format == framing.format && self.length == message.len() && self.hash == hash(message)
    }
}

impl fmt::Display for Unfinished {
    /// Why no other message can be sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a message of {} was cut short after {}: send the same message again to finish it",
            Counted(self.length, "bytes"),
            Counted(self.sent, "bytes")
        )
    }
}

/// Needs no memory: a message that was sent in part can be finished in any case.
fn hash(message: &SendBuf<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut rest = *message;
    let mut piece = [0; 4096]; // a copy: another thread may change the message meanwhile
    while !rest.is_empty() {
        let count = rest.copy_to(&mut piece);
        hasher.write(piece.get(..count).unwrap_or_default());
        rest = rest.after(count);
    }
    hasher.finish()
}
