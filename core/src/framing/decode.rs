//! Finds the next message in bytes that have arrived: a pure function, independent of the pieces in which they arrived.

use super::format::{ByteOrder, Format, Framing, PrefixWidth};
use crate::error::{Counted, Error, Kind, Operation};
use std::ops::Range;

/// What the bytes begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// A whole message.
    Message(Found),
    /// The beginning of one: at least this many bytes, more than 0, are still missing.
    Missing(usize),
}

/// Where a message is in the bytes, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) body: Range<usize>,
    pub(crate) next: usize,
}

/// Why there can't be a message, however many more bytes arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is longer than the limit: this long, as far as is known.
    TooLong(u64),
    /// A varint that has more than 64 bits.
    Overlong,
}

impl Refusal {
    pub(crate) fn kind(self) -> Kind {
        Kind::Os(match self {
            Self::TooLong(_) => libc::EMSGSIZE,
            Self::Overlong => libc::EBADMSG,
        })
    }

    /// Adds what was refused.
    pub(crate) fn explain(self, error: Error, framing: &Framing) -> Error {
        match self {
            Self::TooLong(length) => error.with_detail(format_args!(
                "the message has {} or more, and the limit is {}",
                Counted(length, "bytes"),
                framing.limit()
            )),
            Self::Overlong => error.with_detail("the length of the message has more than 64 bits"),
        }
    }

    /// The error of a call that receives messages.
    pub(crate) fn error(self, framing: &Framing) -> Error {
        self.explain(Error::new(Operation::RecvFrame, self.kind()), framing)
    }
}

/// The most bytes of a varint of 64 bits.
const LONGEST_VARINT: usize = 10;

impl Framing {
    /// The message that `bytes` begins with. The first `searched` bytes are known from an earlier call to hold no delimiter.
    // Small where there is a prefix, and made for every message.
    #[inline(always)]
    pub(crate) fn decode(&self, bytes: &[u8], searched: usize) -> Result<Decoded, Refusal> {
        match &self.format {
            Format::Length { width, order } => match length(bytes, *width, *order) {
                Some(length) => self.after_prefix(bytes, width.bytes(), length),
                None => Ok(Decoded::Missing(width.bytes() - bytes.len())),
            },
            Format::Varint => self.after_varint(bytes),
            Format::Fixed(size) => self.after_prefix(bytes, 0, *size as u64),
            Format::Delimiter(delimiter) => self.up_to(bytes, delimiter.as_bytes(), searched),
            Format::Lines => self.line(bytes, searched),
        }
    }

    /// How many bytes of an unfinished message don't need to be searched again.
    pub(super) fn searched(&self, length: usize) -> usize {
        match &self.format {
            Format::Delimiter(delimiter) => length.saturating_sub(delimiter.as_bytes().len() - 1),
            Format::Lines => length,
            Format::Length { .. } | Format::Varint | Format::Fixed(_) => 0,
        }
    }

    /// The last message of a stream that has ended, if it does not need a terminator.
    pub(crate) fn decode_last(&self, bytes: &[u8]) -> Result<Option<Found>, Refusal> {
        if self.format != Format::Lines || bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() > self.limit {
            return Err(Refusal::TooLong(bytes.len() as u64));
        }
        Ok(Some(Found {
            body: 0..bytes.len(),
            next: bytes.len(),
        }))
    }

    #[inline(always)]
    fn after_prefix(&self, bytes: &[u8], prefix: usize, length: u64) -> Result<Decoded, Refusal> {
        let Some(length) = usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.limit)
        else {
            return Err(Refusal::TooLong(length));
        };
        let there = bytes.len() - prefix;
        if there >= length {
            let next = prefix + length;
            return Ok(Decoded::Message(Found {
                body: prefix..next,
                next,
            }));
        }
        Ok(Decoded::Missing(length - there))
    }

    #[inline(never)]
    fn after_varint(&self, bytes: &[u8]) -> Result<Decoded, Refusal> {
        match varint(bytes)? {
            Some((prefix, length)) => self.after_prefix(bytes, prefix, length),
            None => Ok(Decoded::Missing(1)),
        }
    }

    #[inline(never)]
    fn up_to(&self, bytes: &[u8], delimiter: &[u8], searched: usize) -> Result<Decoded, Refusal> {
        let from = searched.min(bytes.len());
        let rest = bytes.get(from..).unwrap_or_default();
        match find(rest, delimiter).map(|at| from + at) {
            Some(at) if at > self.limit => Err(Refusal::TooLong(at as u64)),
            Some(at) => Ok(Decoded::Message(Found {
                body: 0..at,
                next: at + delimiter.len(),
            })),
            // A delimiter may begin no later than at the limit.
            None if bytes.len() >= self.limit.saturating_add(delimiter.len()) => {
                Err(Refusal::TooLong(bytes.len() as u64))
            }
            None => Ok(Decoded::Missing(1)),
        }
    }

    #[inline(never)]
    fn line(&self, bytes: &[u8], searched: usize) -> Result<Decoded, Refusal> {
        let from = searched.min(bytes.len());
        let rest = bytes.get(from..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n').map(|at| from + at);
        let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let body = 0..line.strip_suffix(b"\r").unwrap_or(line).len();
        if body.len() > self.limit {
            return Err(Refusal::TooLong(body.len() as u64));
        }
        Ok(match end {
            Some(at) => Decoded::Message(Found { body, next: at + 1 }),
            None => Decoded::Missing(1),
        })
    }
}

/// The number that the bytes begin with; `None` while its last byte is missing.
#[inline(always)]
fn length(bytes: &[u8], width: PrefixWidth, order: ByteOrder) -> Option<u64> {
    let first = match bytes.first_chunk() {
        Some(first) => *first,
        None => padded(bytes, width)?,
    };
    let unused = 64 - width as u8;
    Some(match order {
        ByteOrder::Big => u64::from_be_bytes(first) >> unused,
        ByteOrder::Little => u64::from_le_bytes(first) & (u64::MAX >> unused),
    })
}

/// Fewer than eight bytes, followed by zeros, if they contain a prefix of this width.
#[cold]
fn padded(bytes: &[u8], width: PrefixWidth) -> Option<[u8; 8]> {
    if bytes.len() < width.bytes() {
        return None;
    }
    let mut padded = [0; 8];
    for (to, from) in padded.iter_mut().zip(bytes) {
        *to = *from;
    }
    Some(padded)
}

/// The number that the bytes begin with, and how many of them it takes; `None` while its last byte is missing. A number
/// may be padded with zeros, as protobuf allows, up to ten bytes.
fn varint(bytes: &[u8]) -> Result<Option<(usize, u64)>, Refusal> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().take(LONGEST_VARINT).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * at;
        if at == LONGEST_VARINT - 1 && *byte > 1 {
            return Err(Refusal::Overlong);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(Some((at + 1, number)));
        }
    }
    Ok(None)
}

/// Where `needle`, which is not empty, first occurs.
pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = from + rest.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: Range<usize>, next: usize) -> Result<Decoded, Refusal> {
        Ok(Decoded::Message(Found { body, next }))
    }

    fn missing(count: usize) -> Result<Decoded, Refusal> {
        Ok(Decoded::Missing(count))
    }

    #[test]
    fn lengths_of_every_width_and_order() {
        use ByteOrder::{Big, Little};
        use PrefixWidth::{Bits16, Bits32, Bits64, Bits8};
        for (width, order, bytes) in [
            (Bits8, Big, &b"\x02hi"[..]),
            (Bits8, Little, b"\x02hi"),
            (Bits16, Big, b"\0\x02hi"),
            (Bits16, Little, b"\x02\0hi"),
            (Bits32, Big, b"\0\0\0\x02hi"),
            (Bits32, Little, b"\x02\0\0\0hi"),
            (Bits64, Big, b"\0\0\0\0\0\0\0\x02hi"),
            (Bits64, Little, b"\x02\0\0\0\0\0\0\0hi"),
        ] {
            let framing = Framing::length_prefix(width, order);
            let prefix = width.bytes();
            assert_eq!(framing.decode(bytes, 0), message(prefix..prefix + 2, prefix + 2));
            for count in 0..bytes.len() {
                let needs = if count < prefix {
                    prefix - count
                } else {
                    prefix + 2 - count
                };
                assert_eq!(
                    framing.decode(&bytes[..count], 0),
                    missing(needs),
                    "{width:?} {count}"
                );
            }
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_its_message_comes() {
        let framing = Framing::default().with_limit(10);
        assert_eq!(framing.decode(b"\0\0\0\x0a", 0), missing(10));
        assert_eq!(framing.decode(b"\0\0\0\x0b", 0), Err(Refusal::TooLong(11)));
        let longest = Framing::length_prefix(PrefixWidth::Bits64, ByteOrder::Big).with_limit(usize::MAX);
        let most = usize::try_from(u64::MAX).map_or(Err(Refusal::TooLong(u64::MAX)), missing); // more than an address of 32 bits
        assert_eq!(longest.decode(&[0xff; 8], 0), most);
    }

    #[test]
    fn varints() {
        let framing = Framing::varint();
        assert_eq!(framing.decode(b"\0", 0), message(1..1, 1));
        assert_eq!(framing.decode(b"\x02hi", 0), message(1..3, 3));
        assert_eq!(framing.decode(b"\x82\0hi", 0), message(2..4, 4));
        assert_eq!(framing.decode(b"\xac\x02", 0), missing(300));
        assert_eq!(framing.decode(b"", 0), missing(1));
        assert_eq!(framing.decode(&[0x80; 9], 0), missing(1));
        assert_eq!(framing.decode(&[0x80; 10], 0), Err(Refusal::Overlong));
        let largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(framing.decode(&largest, 0), Err(Refusal::TooLong(u64::MAX)));
    }

    #[test]
    fn delimiters_and_lines() {
        let framing = Framing::delimiter(b"\r\n.").unwrap();
        assert_eq!(framing.decode(b"a\r\nb\r\n.c", 0), message(0..4, 7));
        assert_eq!(framing.decode(b"\r\n.", 0), message(0..0, 3));
        assert_eq!(framing.decode(b"a\r\n", 0), missing(1));
        assert_eq!(framing.searched(3), 1);
        let lines = Framing::lines();
        assert_eq!(lines.decode(b"one\r\ntwo", 0), message(0..3, 5));
        assert_eq!(lines.decode(b"\n", 0), message(0..0, 1));
        assert_eq!(lines.decode(b"one\r", 0), missing(1));
        let last = Found { body: 0..3, next: 3 };
        assert_eq!(lines.decode_last(b"one"), Ok(Some(last)));
        assert_eq!(lines.decode_last(b""), Ok(None));
        assert_eq!(framing.decode_last(b"one"), Ok(None));
    }

    #[test]
    fn what_never_ends_is_refused_at_the_limit() {
        let framing = Framing::delimiter(b"--").unwrap().with_limit(3);
        assert_eq!(framing.decode(b"abc-", 0), missing(1));
        assert_eq!(framing.decode(b"abc--", 0), message(0..3, 5));
        assert_eq!(framing.decode(b"abcd-", 0), Err(Refusal::TooLong(5)));
        assert_eq!(framing.decode(b"abcd--", 0), Err(Refusal::TooLong(4)));
        let lines = Framing::lines().with_limit(3);
        assert_eq!(lines.decode(b"abc\r", 0), missing(1));
        assert_eq!(lines.decode(b"abc\r\n", 0), message(0..3, 5));
        assert_eq!(lines.decode(b"abcd\n", 0), Err(Refusal::TooLong(4)));
        assert_eq!(lines.decode(b"abcd", 0), Err(Refusal::TooLong(4)));
        assert_eq!(lines.decode_last(b"abc"), Ok(Some(Found { body: 0..3, next: 3 })));
        assert_eq!(lines.decode_last(b"abc\r"), Err(Refusal::TooLong(4)));
    }

    #[test]
    fn messages_of_a_fixed_size() {
        let framing = Framing::fixed(3).unwrap();
        assert_eq!(framing.decode(b"ab", 0), missing(1));
        assert_eq!(framing.decode(b"abcd", 0), message(0..3, 3));
        assert!(Framing::fixed(0).is_err());
    }
}
