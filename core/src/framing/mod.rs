//! Messages and lines on a stream: where each one ends, and the bytes that were received ahead.
//!
//! A stream has no messages: what one send wrote may arrive in pieces, or together with the next. [`Framing`] says how
//! messages are delimited, [`decode`] finds the next one in bytes that have arrived (a pure function of them), and
//! [`ReadAhead`] keeps what arrived with a message and belongs to the next.

pub(crate) mod decode;
mod encode;
mod format;
#[cfg(any(test, fuzzing))]
pub(crate) mod mixed_calls;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
pub(crate) mod read_ahead;
mod reader;
mod unfinished;

pub use encode::Header;
pub use format::{ByteOrder, Framing, PrefixWidth};
pub use reader::{Frames, Reader, ReaderCall};
pub(crate) use unfinished::Unfinished;
