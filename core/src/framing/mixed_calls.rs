//! Properties of receives of every kind on one socket, in any order: each returns what follows in the stream, nothing is
//! lost and nothing comes twice, however much has been received ahead.

use super::decode::{Decoded, Found, Refusal};
use super::format::Framing;
use super::properties::chosen;
use crate::domain::{Family, Protocol, Shutdown, SocketType};
use crate::error::{Error, Kind};
use crate::fuzzing::Input;
use crate::socket::{Call, Socket};
use crate::time::Timeout;

/// The input is a framing, calls, and the stream that the peer sends.
pub fn mixed_calls(bytes: &[u8]) {
    let mut input = Input(bytes);
    let framing = chosen(&mut input);
    let count = usize::from(input.byte() % 64);
    let calls = input.bytes(count);
    let (sender, receiver) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
    let mut connection = Connection {
        sender,
        receiver,
        stream: input.0,
        sent: 0,
        taken: 0,
        ended: false,
    };
    for call in calls {
        connection.play(call % 9, usize::from(call / 9), &framing);
    }
}

struct Connection<'a> {
    sender: Socket,
    receiver: Socket,
    stream: &'a [u8],
    sent: usize,
    taken: usize,
    ended: bool,
}

impl<'a> Connection<'a> {
    /// What has been sent and not yet been taken.
    fn there(&self) -> &'a [u8] {
        &self.stream[self.taken..self.sent]
    }

    fn call(&self) -> Call<'_> {
        self.receiver.within(Timeout::NonBlocking)
    }

    fn play(&mut self, call: u8, size: usize, framing: &Framing) {
        match call {
            0 | 1 => self.send(size),
            2 => self.frame(framing),
            3 => self.line(),
            4 => self.frames(framing, size + 1),
            5 => self.frame_into(framing, size),
            6 => self.some_bytes(size + 1),
            7 => self.exact_bytes(size),
            _ => self.what_came_ahead(),
        }
        assert!(self.receiver.pending() <= self.there().len());
    }

    fn send(&mut self, size: usize) {
        let rest = &self.stream[self.sent..];
        let piece = &rest[..rest.len().min(size)];
        if piece.is_empty() && !self.ended && size % 2 == 0 {
            self.sender.shutdown(Shutdown::Write).unwrap();
            self.ended = true;
        } else if !self.ended {
            self.sender.send_all(piece).unwrap();
            self.sent += piece.len();
        }
    }

    /// What a call for a message must find.
    fn expected(&self, framing: &Framing) -> Result<Option<Found>, Kind> {
        let refused = |refusal| match refusal {
            Refusal::TooLong(_) => Kind::Os(libc::EMSGSIZE),
            Refusal::Overlong => Kind::Os(libc::EBADMSG),
        };
        match framing.decode(self.there(), 0).map_err(refused)? {
            Decoded::Message(found) => Ok(Some(found)),
            Decoded::Missing(_) if !self.ended => Err(Kind::WouldBlock),
            Decoded::Missing(missing) => match framing.decode_last(self.there()).map_err(refused)? {
                None if !self.there().is_empty() => Err(Kind::Truncated { missing }),
                last => Ok(last),
            },
        }
    }

    fn check_message(&mut self, framing: &Framing, message: Result<Option<Vec<u8>>, Error>) {
        let expected = self.expected(framing);
        let body = |found: &Found| self.there()[found.body.clone()].to_vec();
        let found = message.map_err(|error| error.kind());
        assert_eq!(found, expected.clone().map(|found| found.as_ref().map(body)));
        if let Ok(Some(found)) = expected {
            self.taken += found.next;
        }
    }

    fn frame(&mut self, framing: &Framing) {
        let message = self.call().recv_frame(framing);
        self.check_message(framing, message);
    }

    fn line(&mut self) {
        let line = self.call().recv_line();
        self.check_message(&Framing::lines(), line);
    }

    fn frames(&mut self, framing: &Framing, most: usize) {
        match self.call().recv_frames(most, framing) {
            Ok(messages) if messages.is_empty() => self.check_message(framing, Ok(None)),
            Ok(messages) => {
                assert!(messages.len() <= most);
                for message in messages {
                    self.check_message(framing, Ok(Some(message)));
                }
            }
            Err(error) => self.check_message(framing, Err(error)),
        }
    }

    fn frame_into(&mut self, framing: &Framing, size: usize) {
        let mut room = vec![0; size];
        let count = self.call().recv_frame_into(&mut room, framing);
        match self.expected(framing) {
            Ok(Some(found)) if found.body.len() > size => {
                let needed = found.body.len();
                assert_eq!(count.unwrap_err().kind(), Kind::MessageTooLarge { needed });
            }
            _ => self.check_message(
                framing,
                count.map(|count| count.map(|count| room[..count].to_vec())),
            ),
        }
    }

    fn some_bytes(&mut self, size: usize) {
        let (mut seen, mut room) = (vec![0; size], vec![0; size]);
        let peeked = self.call().peek(&mut seen).map_err(|error| error.kind());
        let count = self.call().recv(&mut room).map_err(|error| error.kind());
        if self.there().is_empty() {
            let nothing = if self.ended { Ok(0) } else { Err(Kind::WouldBlock) };
            assert_eq!((peeked, count), (nothing, nothing));
            return;
        }
        let (peeked, count) = (peeked.unwrap(), count.unwrap());
        assert!(peeked > 0 && self.there().starts_with(&seen[..peeked]));
        assert!(count > 0 && self.there().starts_with(&room[..count]));
        self.taken += count;
    }

    fn exact_bytes(&mut self, size: usize) {
        let mut room = vec![0; size];
        let result = self.call().recv_exact(&mut room);
        let done = result.as_ref().map_or_else(Error::done, |()| size);
        let there = self.there();
        let expected = match size.checked_sub(there.len()) {
            None | Some(0) => Ok(()),
            Some(_) if !self.ended => Err(Kind::WouldBlock),
            Some(_) if there.is_empty() => Err(Kind::EndOfStream),
            Some(missing) => Err(Kind::Truncated { missing }),
        };
        assert_eq!(result.map_err(|error| error.kind()), expected);
        assert_eq!(done, size.min(there.len()));
        assert!(there.starts_with(&room[..done]));
        self.taken += done;
    }

    fn what_came_ahead(&mut self) {
        let pending = self.receiver.pending();
        let bytes = self.receiver.take_buffered().unwrap();
        assert_eq!((bytes.len(), self.receiver.pending()), (pending, 0));
        assert!(self.there().starts_with(&bytes));
        self.taken += bytes.len();
    }
}
