//! send_frame and send_frames.

use super::{Call, Socket};
use crate::buffer::SendBuf;
use crate::caller::Caller;
use crate::error::{Error, Kind, Operation, Result};
use crate::flags::Flags;
use crate::framing::{Framing, Unfinished};
use crate::handle::{Direction, Turn};
use crate::memory;
use crate::op::{run, SendAll};
use crate::time::LazyDeadline;

/// Messages up to this size are copied together and sent at once: a system call for each takes longer than the copy.
const COPIED: usize = 8 << 10;

/// How many bytes are copied together at most.
const ROOM: usize = 64 << 10;

impl Socket {
    /// Sends one message. See [`Call::send_frame`].
    ///
    /// # Errors
    /// See [`Call::send_frame`].
    pub fn send_frame<'b>(&self, message: impl Into<SendBuf<'b>>, framing: &Framing) -> Result<()> {
        self.call().send_frame(message, framing)
    }

    /// Sends several messages. See [`Call::send_frames`].
    ///
    /// # Errors
    /// See [`Call::send_frames`].
    pub fn send_frames(&self, messages: &[SendBuf<'_>], framing: &Framing) -> Result<()> {
        self.call().send_frames(messages, framing)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends one message on a stream, with the prefix or delimiter of `framing`. Messages from several threads never
    /// interleave. [`Reader`](crate::Reader) receives them.
    ///
    /// # Errors
    /// With nothing sent: `EMSGSIZE` for a message beyond [`Framing::limit`] or one whose length the prefix has too few
    /// bits for; `InvalidInput` for a message that contains the delimiter or does not have the fixed size. All errors
    /// of [`send_all`](Self::send_all). If one of them stops the call inside the message, the receiver waits for the
    /// rest: then sending the same message again, with the same framing, sends what is missing, and any other message fails with
    /// `Busy`.
    pub fn send_frame<'b>(&mut self, message: impl Into<SendBuf<'b>>, framing: &Framing) -> Result<()> {
        self.send_frames(&[message.into()], framing)
    }

    /// Sends several messages; small ones share a system call.
    ///
    /// # Errors
    /// See [`send_frame`](Self::send_frame); [`Error::done`] says how many messages were sent completely. Sending the
    /// rest, from that one on, continues the stream. A message that `framing` refuses is found before anything is sent.
    pub fn send_frames(&mut self, messages: &[SendBuf<'_>], framing: &Framing) -> Result<()> {
        let failed = |kind| Error::new(Operation::SendFrame, kind);
        self.socket.check_is_stream(Operation::SendFrame)?;
        let to_copy = check_all(messages, framing)?;
        if messages.is_empty() {
            return self.socket.immediate(Operation::SendFrame, |_| Ok(()));
        }
        let timeout = self.timeout(Direction::Send);
        let mut limit = LazyDeadline::new(timeout);
        let socket = self.socket;
        let turn = Turn::take(&socket.handle, Direction::Send, &mut self.caller, &mut limit);
        let turn = turn.map_err(|kind| failed(kind).within(timeout))?;
        if turn.is_nested() {
            let error = failed(Kind::Busy);
            return Err(error.with_detail("a signal handler has interrupted a send of this thread"));
        }
        let shared = &socket.handle.shared;
        let begun = shared.lock().take_unfinished();
        let resumed = match begun {
            None => 0,
            Some(begun) => {
                if !messages.first().is_some_and(|first| begun.is(first, framing)) {
                    let error = failed(Kind::Busy).with_detail(&begun);
                    shared.lock().put_unfinished(begun);
                    return Err(error);
                }
                begun.sent
            }
        };
        let mut sent = Sent {
            framing,
            messages,
            bytes: resumed,
        };
        let result = self.send_encoded(&mut sent, to_copy, &mut limit);
        let Err(kind) = result else {
            return Ok(());
        };
        let (whole, begun) = sent.whole();
        if let Some(begun) = begun {
            shared.lock().put_unfinished(begun);
        }
        Err(failed(kind).with_done(whole).within(timeout))
    }

    fn send_encoded(
        &mut self,
        sent: &mut Sent<'_>,
        to_copy: usize,
        limit: &mut LazyDeadline,
    ) -> std::result::Result<(), Kind> {
        let mut copied = memory::list(to_copy.min(ROOM + COPIED))?;
        let mut skip = sent.bytes; // of the first message, which an earlier call has begun
        for message in sent.messages {
            let header = sent.framing.header(message.len()).map_err(|error| error.kind())?;
            memory::extend(&mut copied, header.as_bytes())?;
            if message.len() <= COPIED {
                message.append_to(&mut copied)?;
            } else {
                self.send_part(&mut copied, &mut skip, sent, limit)?;
                let rest = message.after(skip);
                skip -= skip.min(message.len());
                self.send_piece(rest, sent, limit)?;
            }
            memory::extend(&mut copied, sent.framing.trailer())?;
            if copied.len() >= ROOM {
                self.send_part(&mut copied, &mut skip, sent, limit)?;
            }
        }
        self.send_part(&mut copied, &mut skip, sent, limit)
    }

    /// Sends what was copied, except what an earlier call has already sent.
    fn send_part(
        &mut self,
        copied: &mut Vec<u8>,
        skip: &mut usize,
        sent: &mut Sent<'_>,
        limit: &mut LazyDeadline,
    ) -> std::result::Result<(), Kind> {
        let rest = SendBuf::from(&*copied).after(*skip);
        self.send_piece(rest, sent, limit)?;
        *skip -= (*skip).min(copied.len());
        copied.clear();
        Ok(())
    }

    fn send_piece(
        &mut self,
        piece: SendBuf<'_>,
        sent: &mut Sent<'_>,
        limit: &mut LazyDeadline,
    ) -> std::result::Result<(), Kind> {
        if piece.is_empty() {
            return Ok(());
        }
        let length = piece.len();
        let mut operation = SendAll::new(self.socket.kind(), piece, Flags::NONE);
        let left = limit.left();
        limit.deadline(); // one for all pieces
        let result = run(&self.socket.handle, &mut self.caller, left, &mut operation);
        match result {
            Ok(()) => {
                sent.bytes += length;
                Ok(())
            }
            Err(error) => {
                sent.bytes += error.done();
                Err(error.kind())
            }
        }
    }
}

/// Finds what the framing refuses before anything is sent. Returns how many bytes will be copied together.
fn check_all(messages: &[SendBuf<'_>], framing: &Framing) -> Result<usize> {
    let mut copy = Vec::new();
    let mut to_copy = 0_usize;
    let trailer = framing.trailer();
    for message in messages {
        let around = framing.header(message.len())?.as_bytes().len() + trailer.len();
        let inside = Some(message.len()).filter(|length| *length <= COPIED);
        to_copy = to_copy.saturating_add(around + inside.unwrap_or(0));
        if framing.has_trailer() {
            copy.clear();
            let copied = message.append_to(&mut copy);
            copied.map_err(|kind| Error::new(Operation::SendFrame, kind))?;
            framing.check(&copy)?;
        }
    }
    Ok(to_copy)
}

/// How many bytes of the encoded messages have been sent, by this call and the one that stopped before it.
struct Sent<'a> {
    framing: &'a Framing,
    messages: &'a [SendBuf<'a>],
    bytes: usize,
}

impl Sent<'_> {
    /// How many messages were sent completely, and the one that was not.
    fn whole(&self) -> (usize, Option<Unfinished>) {
        let mut rest = self.bytes;
        for (at, message) in self.messages.iter().enumerate() {
            let header = self.framing.header(message.len());
            let header = header.map_or(0, |header| header.as_bytes().len());
            let length = header + message.len() + self.framing.trailer().len();
            match rest.checked_sub(length) {
                Some(left) => rest = left,
                None => {
                    return (
                        at,
                        (rest > 0).then(|| Unfinished::new(message, self.framing, rest)),
                    )
                }
            }
        }
        (self.messages.len(), None)
    }
}
