//! Datagrams in batches: those to send, and those received.

use crate::address::Address;
use crate::buffer::SendBuf;
use crate::error::{Error, Kind, Operation};
use crate::flags::Flags;
use std::ops::Range;

/// A datagram of a batch to send.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingDatagram<'a> {
    /// Its bytes. There may be none: an empty datagram is one.
    pub contents: SendBuf<'a>,
    /// Its destination; `None` sends it to the peer of a connected socket.
    pub destination: Option<&'a Address>,
    /// What became of it, set by the call: how many bytes were sent, or why it was not. For datagrams that the
    /// call did not reach it is the kind of error that ended the call.
    pub result: Result<usize, Kind>,
}

impl<'a> OutgoingDatagram<'a> {
    /// A datagram to an address, or to the peer of a connected socket.
    pub fn new(contents: impl Into<SendBuf<'a>>, destination: impl Into<Option<&'a Address>>) -> Self {
        Self {
            contents: contents.into(),
            destination: destination.into(),
            result: Err(Kind::WouldBlock),
        }
    }

    /// Why it was refused; `None` when it was sent, or when the call did not reach it.
    pub fn refusal(&self) -> Option<Error> {
        match self.result {
            Err(kind @ Kind::Os(_)) => {
                let error = Error::new(Operation::SendBatch, kind);
                Some(match self.destination {
                    Some(to) => error.with_detail(to),
                    None => error,
                })
            }
            Ok(_) | Err(_) => None,
        }
    }
}

/// A datagram of a batch that was received, except its bytes, which are in the buffer of the same index.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct IncomingDatagram {
    /// How many bytes were stored.
    pub count: usize,
    /// The sender's address; empty where the sender has none.
    pub address: Address,
    /// The flags that the kernel set: `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_EOR`.
    pub flags: Flags,
    /// 0 for a single datagram. Otherwise the buffer holds several datagrams of one sender, each of this many bytes, the
    /// last one perhaps of fewer. Only a socket with
    /// [`set_receive_offload`](crate::Socket::set_receive_offload) receives that.
    pub segment_size: usize,
}

impl IncomingDatagram {
    /// Nothing received.
    pub const EMPTY: Self = Self {
        count: 0,
        address: Address::EMPTY,
        flags: Flags::NONE,
        segment_size: 0,
    };

    /// Whether the datagram was longer than the buffer; the rest of it is lost.
    pub fn truncated(&self) -> bool {
        self.flags.contains(Flags::TRUNCATE)
    }

    /// The datagrams in the buffer: one, or several if they were received together.
    pub fn split<'b>(&self, buffer: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
        let bytes = buffer.get(..self.count).unwrap_or(buffer);
        self.pieces()
            .filter_map(|piece| bytes.get(piece.start..piece.end.min(bytes.len())))
    }

    /// Where in the buffer each of the datagrams lies.
    pub fn pieces(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let count = self.count;
        let size = if self.segment_size == 0 {
            count
        } else {
            self.segment_size
        };
        // An empty datagram is one.
        (0..count.max(1))
            .step_by(size.max(1))
            .map(move |start| start..start.saturating_add(size).min(count))
    }
}

impl Default for IncomingDatagram {
    fn default() -> Self {
        Self::EMPTY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(count: usize, segment_size: usize, buffer: &[u8]) -> Vec<usize> {
        let datagram = IncomingDatagram {
            count,
            segment_size,
            ..IncomingDatagram::EMPTY
        };
        datagram.split(buffer).map(<[u8]>::len).collect()
    }

    #[test]
    fn what_was_received_together_is_split() {
        assert_eq!(lengths(0, 0, b"abc"), [0]);
        assert_eq!(lengths(2, 0, b"abc"), [2]);
        assert_eq!(lengths(10, 4, &[0; 10]), [4, 4, 2]);
        assert_eq!(lengths(8, 4, &[0; 10]), [4, 4]);
        assert_eq!(lengths(3, 4, &[0; 10]), [3]);
        assert_eq!(lengths(9, 0, b"abc"), [3], "no more than there is");
    }
}
