//! How messages are delimited.

use crate::error::{Error, Operation, Result};

/// How a stream is divided into messages, and how long one may be.
///
/// The default is a 32-bit length in network byte order before each message, as written by Python's multiprocessing
/// connections and `struct.pack("!I")`, Java's `DataOutputStream.writeInt` and Go's `binary.BigEndian`.
///
/// ```
/// use polysock::{ByteOrder, Framing, PrefixWidth};
///
/// let default = Framing::default();
/// assert_eq!(default, Framing::length_prefix(PrefixWidth::Bits32, ByteOrder::Big));
/// let lines_of_at_most_a_kilobyte = Framing::lines().with_limit(1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    pub(super) format: Format,
    pub(super) limit: usize,
}

/// The width in bits of the length before each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say what they mean
pub enum PrefixWidth {
    Bits8 = 8,
    Bits16 = 16,
    Bits32 = 32,
    Bits64 = 64,
}

/// The byte order of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The most significant byte first: network byte order.
    Big,
    /// The least significant byte first.
    Little,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Length { width: PrefixWidth, order: ByteOrder },
    Varint,
    Delimiter(Delimiter),
    Lines,
    Fixed(usize),
}

/// The bytes that end a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiter {
    bytes: [u8; Framing::LONGEST_DELIMITER],
    length: u8,
}

impl Delimiter {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl Default for Framing {
    fn default() -> Self {
        Self::length_prefix(PrefixWidth::Bits32, ByteOrder::Big)
    }
}

impl Framing {
    /// The longest message accepted unless [`with_limit`](Self::with_limit) says otherwise: 16 MiB.
    pub const DEFAULT_LIMIT: usize = 16 << 20;

    /// The longest delimiter.
    pub const LONGEST_DELIMITER: usize = 16;

    const fn of(format: Format) -> Self {
        Self {
            format,
            limit: Self::DEFAULT_LIMIT,
        }
    }

    /// Each message is preceded by its length in bytes.
    pub const fn length_prefix(width: PrefixWidth, order: ByteOrder) -> Self {
        Self::of(Format::Length { width, order })
    }

    /// Each message is preceded by its length as a varint of up to ten bytes, seven bits each, the least significant
    /// first: protobuf's delimited format.
    pub const fn varint() -> Self {
        Self::of(Format::Varint)
    }

    /// Each message ends with these bytes, which are not part of it and must not occur in it.
    ///
    /// # Errors
    /// `InvalidInput` for a delimiter that is empty or longer than [`LONGEST_DELIMITER`](Self::LONGEST_DELIMITER).
    pub fn delimiter(delimiter: &[u8]) -> Result<Self> {
        let mut bytes = [0; Self::LONGEST_DELIMITER];
        match (bytes.get_mut(..delimiter.len()), u8::try_from(delimiter.len())) {
            (Some(start), Ok(length @ 1..)) => {
                start.copy_from_slice(delimiter);
                Ok(Self::of(Format::Delimiter(Delimiter { bytes, length })))
            }
            _ => Err(Error::invalid(
                Operation::RecvFrame,
                "delimiter",
                "must have 1 to 16 bytes",
            )),
        }
    }

    /// Each message is a line: it ends with `\n` or `\r\n`, which is not part of it. The last line need not have one.
    pub const fn lines() -> Self {
        Self::of(Format::Lines)
    }

    /// Every message has exactly this many bytes.
    ///
    /// # Errors
    /// `InvalidInput` for 0.
    pub const fn fixed(size: usize) -> Result<Self> {
        if size == 0 {
            return Err(Error::invalid(Operation::RecvFrame, "size", "must not be 0"));
        }
        let mut framing = Self::of(Format::Fixed(size));
        if size > framing.limit {
            framing.limit = size;
        }
        Ok(framing)
    }

    /// Sets the longest message accepted, in bytes without prefix and delimiter. A longer one is an error on both
    /// sides: a peer can't make the receiver reserve memory, and a sender fails before it has sent a byte.
    #[must_use]
    pub const fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The longest message accepted.
    pub const fn limit(&self) -> usize {
        self.limit
    }
}

impl PrefixWidth {
    pub(super) const fn bytes(self) -> usize {
        self as usize / 8
    }
}
