//! The bytes before and after a message.

use super::decode::find;
use super::format::{ByteOrder, Format, Framing, PrefixWidth};
use crate::error::{Counted, Error, Kind, Operation, Result};

/// The bytes that precede a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    bytes: [u8; 10],
    length: u8,
}

impl Header {
    /// The bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// As many of the bytes as the prefix is wide.
    #[inline]
    fn first(width: PrefixWidth, bytes: [u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            bytes: [a, b, c, d, e, f, g, h, 0, 0],
            length: width as u8 / 8,
        }
    }
}

impl Framing {
    /// The header of a message of this length.
    ///
    /// # Errors
    /// `EMSGSIZE` beyond the limit, or when the prefix has too few bits; `InvalidInput` for a length other than the fixed one.
    #[inline]
    pub fn header(&self, length: usize) -> Result<Header> {
        if length > self.limit {
            return Err(too_long(length, self.limit));
        }
        match &self.format {
            Format::Length { width, order } => {
                let (number, unused) = (length as u64, 64 - *width as u8);
                let most = u64::MAX >> unused;
                if number > most {
                    return Err(too_long(length, usize::try_from(most).unwrap_or(usize::MAX)));
                }
                let bytes = match order {
                    ByteOrder::Big => (number << unused).to_be_bytes(),
                    ByteOrder::Little => number.to_le_bytes(),
                };
                Ok(Header::first(*width, bytes))
            }
            Format::Varint => Ok(varint(length as u64)),
            Format::Fixed(size) if *size != length => Err(Error::out_of_range(
                Operation::SendFrame,
                "message",
                (as_i64(*size), as_i64(*size)),
                " bytes",
                as_i64(length),
            )),
            Format::Fixed(_) | Format::Delimiter(_) | Format::Lines => Ok(Header::default()),
        }
    }

    /// Whether bytes follow a message, which it must not contain.
    pub(crate) const fn has_trailer(&self) -> bool {
        matches!(self.format, Format::Delimiter(_) | Format::Lines)
    }

    /// The bytes that follow a message.
    pub fn trailer(&self) -> &[u8] {
        match &self.format {
            Format::Delimiter(delimiter) => delimiter.as_bytes(),
            Format::Lines => b"\n",
            Format::Length { .. } | Format::Varint | Format::Fixed(_) => b"",
        }
    }

    /// Refuses a message that its receiver would take for several: one that contains the delimiter, or forms one
    /// together with the bytes that follow.
    ///
    /// # Errors
    /// `InvalidInput`.
    pub fn check(&self, message: &[u8]) -> Result<()> {
        let trailer = self.trailer();
        let ambiguous = match &self.format {
            Format::Lines => message.contains(&b'\n') || message.ends_with(b"\r"),
            Format::Delimiter(_) => {
                find(message, trailer).is_some()
                    || (1..trailer.len()).any(|count| begins_early(message, trailer, count))
            }
            Format::Length { .. } | Format::Varint | Format::Fixed(_) => false,
        };
        if ambiguous {
            return Err(Error::invalid(
                Operation::SendFrame,
                "message",
                "must not contain the bytes that end a message",
            ));
        }
        Ok(())
    }
}

/// Whether the last `count` bytes of the message, followed by the trailer, begin with the trailer: the receiver would
/// then find it too early.
fn begins_early(message: &[u8], trailer: &[u8], count: usize) -> bool {
    let (Some(start), Some(overlap)) = (message.len().checked_sub(count), trailer.len().checked_sub(count))
    else {
        return false;
    };
    let end = message.get(start..).unwrap_or_default();
    trailer.starts_with(end) && trailer.get(count..) == trailer.get(..overlap)
}

fn varint(mut number: u64) -> Header {
    let mut header = Header::default();
    for to in &mut header.bytes {
        header.length += 1;
        let bits = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            *to = bits;
            break;
        }
        *to = bits | 0x80;
    }
    header
}

#[cold]
fn too_long(length: usize, most: usize) -> Error {
    let error = Error::new(Operation::SendFrame, Kind::Os(libc::EMSGSIZE));
    error.with_detail(format_args!(
        "the message has {}, and at most {most} are allowed",
        Counted(length, "bytes")
    ))
}

fn as_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
