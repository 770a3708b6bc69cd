//! How a stream is divided into messages, as C describes it.

use crate::error::Failure;
use crate::pointer;
use libc::{c_int, c_void};
use polysock::{ByteOrder, Framing, PrefixWidth};
use std::mem::offset_of;

/// A framing: each message follows its length, a number of `bits` bits in `byte_order`.
/// @ingroup polysock_frames
pub const POLYSOCK_FRAMING_LENGTH: c_int = 0;
/// A framing: each message follows its length as a varint, as in protobuf's delimited streams.
/// @ingroup polysock_frames
pub const POLYSOCK_FRAMING_VARINT: c_int = 1;
/// A framing: each message ends with the `delimiter`, which is not part of it and must not occur in it.
/// @ingroup polysock_frames
pub const POLYSOCK_FRAMING_DELIMITER: c_int = 2;
/// A framing: each message is a line, which ends with "\\n" or "\\r\\n". A last line without one is a message too.
/// @ingroup polysock_frames
pub const POLYSOCK_FRAMING_LINES: c_int = 3;
/// A framing: every message has exactly `fixed_size` bytes.
/// @ingroup polysock_frames
pub const POLYSOCK_FRAMING_FIXED: c_int = 4;

/// A byte order: the most significant byte first, which is network byte order.
/// @ingroup polysock_frames
pub const POLYSOCK_BIG_ENDIAN: c_int = 0;
/// A byte order: the least significant byte first.
/// @ingroup polysock_frames
pub const POLYSOCK_LITTLE_ENDIAN: c_int = 1;

/// The longest delimiter, in bytes.
/// @ingroup polysock_frames
pub const POLYSOCK_DELIMITER_MAX: usize = 16;

/// How a stream is divided into messages, and how long one may be.
///
/// BSD: none. Python: polysock.Framing. Java: DataOutputStream.writeInt and write, for the default.
/// Start from POLYSOCK_FRAMING_INITIALIZER, all zero. That, or NULL in place of a pointer to one, is the default: before each
/// message its length, 32 bits in network byte order, and at most 16 MiB in a message. Fields that the kind does not use
/// must be zero, or the call fails with POLYSOCK_EINVAL. Its layout is frozen.
/// @code
/// polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER, records = POLYSOCK_FRAMING_INITIALIZER;
/// lines.kind = POLYSOCK_FRAMING_LINES;
/// lines.limit = 1024;
/// records.kind = POLYSOCK_FRAMING_FIXED;
/// records.fixed_size = sizeof (struct record);
/// @endcode
/// @ingroup polysock_frames
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_framing {
    /// POLYSOCK_FRAMING_LENGTH, POLYSOCK_FRAMING_VARINT, ...
    pub kind: c_int,
    /// POLYSOCK_FRAMING_LENGTH: the width of the length in bits, 8, 16, 32 or 64; 0: 32.
    pub bits: c_int,
    /// POLYSOCK_FRAMING_LENGTH: POLYSOCK_BIG_ENDIAN or POLYSOCK_LITTLE_ENDIAN.
    pub byte_order: c_int,
    /// POLYSOCK_FRAMING_DELIMITER: how many bytes of `delimiter` are used, 1 to POLYSOCK_DELIMITER_MAX.
    pub delimiter_len: c_int,
    /// POLYSOCK_FRAMING_DELIMITER: the bytes that end a message.
    pub delimiter: [u8; POLYSOCK_DELIMITER_MAX],
    /// POLYSOCK_FRAMING_FIXED: the number of bytes in each message.
    pub fixed_size: usize,
    /// The longest message, in bytes without length and delimiter, for the receiver and the sender. 0: 16 MiB, or `fixed_size`
    /// if that is more.
    pub limit: usize,
    /// Must be zero.
    pub reserved: [usize; 2],
}

/// A message to send, or one that was received and is valid until the reader's next call.
///
/// BSD: struct iovec, with the same layout. Python: bytes. Java: byte[].
/// Its layout is frozen.
/// @ingroup polysock_frames
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_frame {
    /// Where it begins; may be NULL when `len` is 0.
    pub data: *const c_void,
    /// How many bytes it has.
    pub len: usize,
}

const _: () = assert!(size_of::<polysock_frame>() == size_of::<libc::iovec>());
const _: () = assert!(offset_of!(polysock_frame, len) == offset_of!(libc::iovec, iov_len));
const _: () = assert!(POLYSOCK_DELIMITER_MAX == Framing::LONGEST_DELIMITER);
const _: () = assert!(size_of::<polysock_framing>() == 32 + 4 * size_of::<usize>());
const _: () = assert!(offset_of!(polysock_framing, fixed_size) == 32);

impl From<&[u8]> for polysock_frame {
    #[inline]
    fn from(message: &[u8]) -> Self {
        Self {
            data: message.as_ptr().cast(),
            len: message.len(),
        }
    }
}

/// The framing that C describes; the default for NULL.
pub(crate) fn framing(described: *const polysock_framing) -> Result<Framing, Failure> {
    if described.is_null() {
        return Ok(Framing::default());
    }
    let described = pointer::value(described, "f")?;
    described.check_unused()?;
    let framing = described.format()?;
    Ok(match described.limit {
        0 => framing,
        limit => framing.with_limit(limit),
    })
}

impl polysock_framing {
    fn format(&self) -> Result<Framing, Failure> {
        Ok(match self.kind {
            POLYSOCK_FRAMING_LENGTH => Framing::length_prefix(self.width()?, self.order()?),
            POLYSOCK_FRAMING_VARINT => Framing::varint(),
            POLYSOCK_FRAMING_DELIMITER => {
                let length = usize::try_from(self.delimiter_len).ok();
                let delimiter = length.and_then(|length| self.delimiter.get(..length));
                Framing::delimiter(delimiter.unwrap_or_default())?
            }
            POLYSOCK_FRAMING_LINES => Framing::lines(),
            POLYSOCK_FRAMING_FIXED if self.fixed_size == 0 => {
                return Err(Failure::argument("f->fixed_size", "is 0"));
            }
            POLYSOCK_FRAMING_FIXED => Framing::fixed(self.fixed_size)?,
            _ => {
                let problem = "is not a POLYSOCK_FRAMING_ number";
                return Err(Failure::argument("f->kind", problem));
            }
        })
    }

    fn width(&self) -> Result<PrefixWidth, Failure> {
        match self.bits {
            8 => Ok(PrefixWidth::Bits8),
            16 => Ok(PrefixWidth::Bits16),
            0 | 32 => Ok(PrefixWidth::Bits32),
            64 => Ok(PrefixWidth::Bits64),
            _ => Err(Failure::argument("f->bits", "is not 8, 16, 32 or 64")),
        }
    }

    fn order(&self) -> Result<ByteOrder, Failure> {
        match self.byte_order {
            POLYSOCK_BIG_ENDIAN => Ok(ByteOrder::Big),
            POLYSOCK_LITTLE_ENDIAN => Ok(ByteOrder::Little),
            _ => {
                let problem = "is not POLYSOCK_BIG_ENDIAN or POLYSOCK_LITTLE_ENDIAN";
                Err(Failure::argument("f->byte_order", problem))
            }
        }
    }

    /// What a kind does not use is zero: a caller that sets it expects an effect.
    fn check_unused(&self) -> Result<(), Failure> {
        let kind = self.kind;
        let delimiter = self.delimiter.iter().any(|byte| *byte != 0);
        let fields = [
            ("f->bits", POLYSOCK_FRAMING_LENGTH, self.bits != 0),
            ("f->byte_order", POLYSOCK_FRAMING_LENGTH, self.byte_order != 0),
            (
                "f->delimiter_len",
                POLYSOCK_FRAMING_DELIMITER,
                self.delimiter_len != 0,
            ),
            ("f->delimiter", POLYSOCK_FRAMING_DELIMITER, delimiter),
            ("f->fixed_size", POLYSOCK_FRAMING_FIXED, self.fixed_size != 0),
        ];
        if let Some((name, ..)) = fields.iter().find(|(_, user, set)| *set && *user != kind) {
            return Err(Failure::argument(name, "is set, but not used by this kind"));
        }
        match self.reserved {
            [0, 0] => Ok(()),
            _ => Err(Failure::argument("f->reserved", "is not zero")),
        }
    }
}
