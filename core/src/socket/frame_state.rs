//! How far the messages are that were sent on a stream.

use crate::buffer::SendBuf;
use crate::error::Kind;
use crate::sys::fork::InChild;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};

/// How far the messages on a stream are.
#[derive(Default)]
pub(super) enum FrameState {
    /// The last one is whole.
    #[default]
    Whole,
    /// A call is sending.
    Sending,
    /// A call ended in the middle of one.
    Stopped(Box<Stopped>),
}

/// A message of which a part was sent. The stream is consistent again once the rest has followed.
pub(super) struct Stopped {
    length: usize,
    hash: u64,
    /// How many bytes were sent, prefix included.
    pub(super) sent: usize,
}

impl InChild for FrameState {
    /// The child shares the stream, and what is missing in it; but it does not have the thread that was sending.
    fn in_child(parents: Option<Self>) -> Self {
        match parents {
            Some(Self::Stopped(stopped)) => Self::Stopped(stopped),
            Some(Self::Whole | Self::Sending) | None => Self::Whole,
        }
    }
}

impl Stopped {
    pub(super) fn of(message: &SendBuf<'_>, sent: usize) -> FrameState {
        // Without memory to look at the message no other can be told from it, and none is taken for it.
        let hash = hash(message).unwrap_or_default();
        FrameState::Stopped(Box::new(Self {
            length: message.len(),
            hash,
            sent,
        }))
    }

    pub(super) fn is(&self, message: &SendBuf<'_>) -> std::result::Result<bool, Kind> {
        Ok(self.length == message.len() && self.hash == hash(message)?)
    }
}

impl fmt::Display for FrameState {
    /// Why no other message can be sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(stopped) => write!(
                f,
                "{} bytes of a message of {} bytes were sent: send the same message again to finish it",
                stopped.sent, stopped.length
            ),
            Self::Sending | Self::Whole => f.write_str("this thread is sending another message"),
        }
    }
}

fn hash(message: &SendBuf<'_>) -> std::result::Result<u64, Kind> {
    let mut bytes = Vec::new();
    message.append_to(&mut bytes)?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    Ok(hasher.finish())
}
