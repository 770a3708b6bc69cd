//! Bytes that were received ahead of what was asked for.

use super::decode::{Decoded, Found, Refusal};
use super::format::Framing;
use crate::buffer::RecvBuf;
use crate::error::Kind;
use crate::memory;
use std::ops::Range;
use std::os::fd::OwnedFd;

/// How much one receive may return at first; a stream that fills it gets more.
const FIRST: usize = 8 << 10;

/// Beyond this, memory grows only for a message that needs it, and shrinks again when it is empty.
const USUAL: usize = 256 << 10;

/// Where the first byte goes: not near the beginning of a page, where large memory begins. What arrives often begins there
/// too, and Zen 3 copies (`rep movsb`) at a quarter of its speed to a place that is, within its page, a few bytes after the
/// one it copies from.
pub(crate) const FIRST_PLACE: usize = 1 << 10;

/// Bytes in the order in which they arrived. What a peer announces costs no memory: the buffer grows only with the
/// bytes that have arrived.
#[derive(Debug)]
pub(crate) struct ReadAhead {
    memory: Vec<u8>,
    start: usize,
    end: usize,
    /// How many of the bytes are known to contain no end of a message, and of which framing.
    searched: Option<(Framing, usize)>,
    /// A call wanted a message, and all the bytes are the beginning of one.
    incomplete: bool,
    /// The last receive filled all the room it had.
    filled: bool,
    /// Descriptors that came with bytes of a Unix socket, in the order in which they came.
    descriptors: Vec<OwnedFd>,
}

impl ReadAhead {
    /// No bytes.
    pub(crate) const fn new() -> Self {
        Self {
            memory: Vec::new(),
            start: 0,
            end: 0,
            searched: None,
            incomplete: false,
            filled: false,
            descriptors: Vec::new(),
        }
    }

    /// The bytes.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..self.end).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether a receive would find something here. Not if a call wanted a message and has found only its beginning: a
    /// program that polls for the rest would spin.
    pub(crate) fn is_readable(&self) -> bool {
        !self.is_empty() && !self.incomplete
    }

    /// The message that the bytes begin with.
    #[inline]
    pub(crate) fn find(&mut self, framing: &Framing) -> Result<Decoded, Refusal> {
        let decoded = framing.decode(self.bytes(), self.searched(framing))?;
        if let Decoded::Missing(_) = decoded {
            self.searched = Some((*framing, framing.searched(self.len())));
        }
        Ok(decoded)
    }

    /// A call that wants a message has found only the beginning of one.
    pub(crate) fn note_incomplete(&mut self) {
        self.incomplete = true;
    }

    /// Forgets what calls have found out about messages.
    pub(crate) fn forget_search(&mut self) {
        self.searched = None;
        self.incomplete = false;
    }

    /// A part of the bytes.
    #[inline]
    pub(crate) fn get(&self, part: Range<usize>) -> &[u8] {
        self.bytes().get(part).unwrap_or_default()
    }

    /// Removes a message, and returns it.
    #[inline]
    pub(crate) fn take(&mut self, found: Found) -> &[u8] {
        let from = self.start;
        self.skip(found.next);
        self.memory
            .get(from + found.body.start..from + found.body.end)
            .unwrap_or_default()
    }

    /// Moves as many of the first bytes as there is room for, and returns how many.
    pub(crate) fn give(&mut self, room: &RecvBuf<'_>) -> usize {
        let count = room.copy_from(self.bytes());
        self.skip(count);
        count
    }

    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        self.forget_search();
    }

    /// The bytes, and the counter of how many of them have been taken.
    #[inline]
    pub(super) fn split(&mut self) -> (&[u8], &mut usize) {
        self.forget_search();
        let bytes = self.memory.get(..self.end).unwrap_or_default();
        (bytes, &mut self.start)
    }

    /// How many of the bytes need not be searched again for the end of a message.
    #[inline]
    fn searched(&self, framing: &Framing) -> usize {
        match &self.searched {
            Some((searched_for, count)) if searched_for == framing => *count,
            _ => 0,
        }
    }

    /// Takes all bytes out.
    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        let mut memory = std::mem::take(&mut self.memory);
        memory.truncate(self.end);
        memory.drain(..self.start);
        *self = Self {
            descriptors: std::mem::take(&mut self.descriptors),
            ..Self::default()
        };
        memory
    }

    /// Takes over what another one has.
    pub(crate) fn append(&mut self, other: &mut Self) -> Result<(), Kind> {
        self.keep(std::mem::take(&mut other.descriptors))?;
        while !other.is_empty() {
            let bytes = other.bytes();
            let room = self.room(bytes.len())?;
            let count = RecvBuf::from(room).copy_from(bytes);
            self.came(count);
            other.skip(count);
        }
        Ok(())
    }

    /// How many descriptors came with bytes and were not taken.
    pub(crate) fn descriptors(&self) -> usize {
        self.descriptors.len()
    }

    /// Takes out the first `most` descriptors.
    pub(crate) fn take_descriptors(&mut self, most: usize) -> Vec<OwnedFd> {
        if most >= self.descriptors.len() {
            return std::mem::take(&mut self.descriptors);
        }
        let rest = self.descriptors.split_off(most);
        std::mem::replace(&mut self.descriptors, rest)
    }

    /// Keeps descriptors that came with bytes.
    pub(crate) fn keep(&mut self, descriptors: Vec<OwnedFd>) -> Result<(), Kind> {
        memory::reserve(&mut self.descriptors, descriptors.len())?;
        self.descriptors.extend(descriptors);
        Ok(())
    }

    /// Room for at least one more byte; at least `missing` are expected.
    pub(crate) fn room(&mut self, missing: usize) -> Result<&mut [u8], Kind> {
        if self.is_empty() {
            self.start = FIRST_PLACE;
            self.end = FIRST_PLACE;
            if self.memory.len() > USUAL {
                self.memory = Vec::new();
            }
        }
        let wanted = match self.memory.len() {
            0 => FIRST,
            all if self.filled && all < USUAL => all * 2,
            // `missing` may be only the least: how long a line is shows at its end.
            all if self.len() + FIRST_PLACE == all => all
                .saturating_mul(2)
                .min(all.saturating_add(missing.max(all / 2))),
            all => all,
        };
        // Few bytes are left to move, or there is no room otherwise.
        if self.start > FIRST_PLACE && (self.end == self.memory.len() || self.len() <= wanted / 8) {
            self.memory.copy_within(self.start..self.end, FIRST_PLACE);
            self.end = FIRST_PLACE + self.len();
            self.start = FIRST_PLACE;
        }
        if let Some(more) = wanted.checked_sub(self.memory.len()).filter(|more| *more > 0) {
            memory::reserve(&mut self.memory, more)?;
            self.memory.resize(wanted, 0);
            self.filled = false;
        }
        Ok(self.memory.get_mut(self.end..).unwrap_or_default())
    }

    /// Whether it has no more memory than it should after there were at most this many bytes in it.
    #[cfg(any(test, fuzzing))]
    pub(super) fn memory_is_bounded_by(&self, bytes: usize) -> bool {
        self.memory.len() <= 2 * (bytes + FIRST_PLACE).max(USUAL)
    }

    /// Records that `count` bytes have arrived in the room.
    pub(crate) fn came(&mut self, count: usize) {
        self.end += count;
        self.incomplete &= count == 0;
        self.filled = self.end == self.memory.len();
    }
}

impl Default for ReadAhead {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(ahead: &mut ReadAhead, bytes: &[u8]) {
        let room = ahead.room(bytes.len()).unwrap();
        room[..bytes.len()].copy_from_slice(bytes);
        ahead.came(bytes.len());
    }

    #[test]
    fn what_came_is_taken_in_order() {
        let mut ahead = ReadAhead::default();
        put(&mut ahead, b"one,");
        put(&mut ahead, b"two");
        assert_eq!(ahead.take(Found { body: 0..3, next: 4 }), b"one");
        assert_eq!(ahead.bytes(), b"two");
        put(&mut ahead, b"!");
        assert_eq!(ahead.take_all(), b"two!");
        assert_eq!(ahead.len(), 0);
    }

    /// Regression: beyond 256 KiB a line was received byte by byte, since at least one byte of it is known to be missing.
    #[test]
    fn a_message_of_unknown_length_takes_few_receives() {
        let mut ahead = ReadAhead::default();
        let (mut received, mut receives) = (0, 0);
        while received < 10 << 20 && receives < 1000 {
            let room = ahead.room(1).unwrap().len();
            ahead.came(room);
            received += room;
            receives += 1;
        }
        assert!(receives < 40, "{receives} receives for {received} bytes");
    }

    /// A peer that announces much and sends little costs what it sends.
    #[test]
    fn memory_grows_with_what_came_and_not_with_what_is_missing() {
        let mut ahead = ReadAhead::default();
        put(&mut ahead, b"x");
        ahead.room(usize::MAX).unwrap();
        assert_eq!(ahead.memory.len(), FIRST);
        let mut sent = 1;
        while sent < 10 << 20 {
            let room = ahead.room(usize::MAX - sent).unwrap().len();
            assert!(
                room > 0 && ahead.memory.len() <= (2 * (sent + FIRST_PLACE)).max(USUAL),
                "{sent}"
            );
            ahead.came(room);
            sent += room;
        }
        ahead.skip(sent);
        ahead.room(1).unwrap();
        assert!(ahead.memory.len() <= USUAL);
    }
}
