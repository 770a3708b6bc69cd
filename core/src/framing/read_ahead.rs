//! Bytes that were received ahead of what was asked for.

use super::format::Framing;
use crate::error::Kind;
use crate::memory;

/// How much one receive may return at first; a stream that fills it gets more.
const FIRST: usize = 8 << 10;

/// Beyond this, memory grows only for a message that needs it, and shrinks again when it is empty.
const USUAL: usize = 256 << 10;

/// Bytes in the order in which they arrived. What a peer announces costs no memory: the buffer grows only with the
/// bytes that have arrived.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    memory: Vec<u8>,
    start: usize,
    end: usize,
    /// How many of the bytes are known to contain no end of a message, and of which framing.
    searched: Option<(Framing, usize)>,
    /// The last receive filled all the room it had.
    filled: bool,
}

impl ReadAhead {
    /// The bytes.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..self.end).unwrap_or_default()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Removes the first bytes, and returns the part of them that is wanted.
    #[inline]
    pub(super) fn take(&mut self, wanted: std::ops::Range<usize>, count: usize) -> &[u8] {
        let from = self.start;
        self.skip(count);
        self.memory
            .get(from + wanted.start..from + wanted.end)
            .unwrap_or_default()
    }

    /// Moves as many of the first bytes as there is room for, and returns how many.
    pub(super) fn give(&mut self, room: &mut [u8]) -> usize {
        let count = room.len().min(self.len());
        let bytes = self.take(0..count, count);
        if let Some(to) = room.get_mut(..count) {
            to.copy_from_slice(bytes);
        }
        count
    }

    #[inline]
    pub(super) fn skip(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        self.searched = None;
    }

    /// The bytes, and the counter of how many of them have been taken.
    #[inline]
    pub(super) fn split(&mut self) -> (&[u8], &mut usize) {
        self.searched = None;
        let bytes = self.memory.get(..self.end).unwrap_or_default();
        (bytes, &mut self.start)
    }

    /// How many of the bytes need not be searched again for the end of a message.
    #[inline]
    pub(super) fn searched(&self, framing: &Framing) -> usize {
        match &self.searched {
            Some((searched_for, count)) if searched_for == framing => *count,
            _ => 0,
        }
    }

    /// Records that the bytes contain no whole message.
    pub(super) fn note_searched(&mut self, framing: &Framing) {
        self.searched = Some((*framing, framing.searched(self.len())));
    }

    /// Takes all bytes out.
    pub(super) fn take_all(&mut self) -> Vec<u8> {
        let mut memory = std::mem::take(&mut self.memory);
        memory.truncate(self.end);
        memory.drain(..self.start);
        *self = Self::default();
        memory
    }

    /// Room for at least one more byte; at least `missing` are expected.
    pub(super) fn room(&mut self, missing: usize) -> Result<&mut [u8], Kind> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            if self.memory.len() > USUAL {
                self.memory = Vec::new();
            }
        }
        let wanted = match self.memory.len() {
            0 => FIRST,
            all if self.filled && all < USUAL => all * 2,
            all if self.len() == all => all.saturating_mul(2).min(all.saturating_add(missing)),
            all => all,
        };
        // Few bytes are left to move, or there is no room otherwise.
        if self.start > 0 && (self.end == self.memory.len() || self.len() <= wanted / 8) {
            self.memory.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if let Some(more) = wanted.checked_sub(self.memory.len()).filter(|more| *more > 0) {
            memory::reserve(&mut self.memory, more)?;
            self.memory.resize(wanted, 0);
        }
        Ok(self.memory.get_mut(self.end..).unwrap_or_default())
    }

    /// Whether it has no more memory than it should after there were at most this many bytes in it.
    #[cfg(any(test, fuzzing))]
    pub(super) fn memory_is_bounded_by(&self, bytes: usize) -> bool {
        self.memory.len() <= 2 * bytes.max(USUAL)
    }

    /// Records that `count` bytes have arrived in the room.
    pub(super) fn came(&mut self, count: usize) {
        self.end += count;
        self.filled = self.end == self.memory.len();
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
        assert_eq!(ahead.take(0..3, 4), b"one");
        assert_eq!(ahead.bytes(), b"two");
        put(&mut ahead, b"!");
        assert_eq!(ahead.take_all(), b"two!");
        assert_eq!(ahead.len(), 0);
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
            assert!(room > 0 && ahead.memory.len() <= (2 * sent).max(USUAL), "{sent}");
            ahead.came(room);
            sent += room;
        }
        ahead.skip(sent);
        ahead.room(1).unwrap();
        assert!(ahead.memory.len() <= USUAL);
    }
}
