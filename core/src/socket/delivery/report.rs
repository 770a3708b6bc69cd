//! How a graceful close ended.

/// What became of a connection that was closed gracefully.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseReport {
    /// What the close proved.
    pub verdict: CloseVerdict,
    /// How many bytes were sent but not acknowledged. For a Unix socket an upper limit: see
    /// [`SendQueue::unacked`](crate::SendQueue::unacked).
    pub unacked: u64,
    /// How many bytes were not sent at all.
    pub unsent: u64,
    /// How many bytes of the peer's were read and thrown away.
    pub discarded: u64,
}

/// What a graceful close proved.
///
/// Whether the peer's program has read the data is another question, which only an answer from it can settle: a peer that
/// ends its stream and then closes with input unread looks the same, and a proxy acknowledges for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseVerdict {
    /// The peer's system has every byte and the end of the stream, acknowledged before the peer's own end arrived. There
    /// was no reset.
    PeerFinished,
    /// The peer's system has every byte and the end of the stream, but the peer had ended its own stream before, or so
    /// close to it that the order can't be known. There was no reset.
    Acknowledged,
    /// Time was up before the peer had acknowledged everything and ended its stream. If no byte is unacknowledged or
    /// unsent, the peer's system has them all. The system goes on trying to deliver the others, as after
    /// [`close`](crate::Socket::close).
    TimedOut,
    /// The connection broke: the peer reset it, or the system gave it up. What the peer had not acknowledged is lost, and it
    /// may have thrown away what it had. This is also the verdict if the connection was over before the call and another
    /// holder had sent the end of our stream: then this handle can't know.
    Reset,
    /// The peer sent more than the limit for discarded input. The connection was cut, by a reset.
    LimitReached,
}

impl CloseVerdict {
    /// Whether the peer's system has every byte and the end of the stream.
    pub const fn is_delivered(self) -> bool {
        matches!(self, Self::PeerFinished | Self::Acknowledged)
    }
}
