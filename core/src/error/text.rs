//! The pieces that the texts of errors are made of.

use std::fmt::{self, Write};
use std::io;
use std::time::Duration;

/// A time in milliseconds, with as many decimals as it needs: `1500 ms`, `0.25 ms`.
pub(super) struct Milliseconds(pub Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.as_nanos();
        let (whole, rest) = (nanoseconds / 1_000_000, nanoseconds % 1_000_000);
        if rest == 0 {
            return write!(f, "{whole} ms");
        }
        let decimals = format!("{rest:06}");
        write!(f, "{whole}.{} ms", decimals.trim_end_matches('0'))
    }
}

/// A number and what it counts, in the plural: shown as `1 byte`, `2 bytes`.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Counted<N>(pub N, pub &'static str);

impl<N: fmt::Display + PartialEq + From<u8>> fmt::Display for Counted<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, plural) = self;
        let singular = plural.strip_suffix('s').filter(|_| *number == N::from(1));
        write!(f, "{number} {}", singular.unwrap_or(plural))
    }
}

/// The system's text for an errno number, without the number that the standard library appends.
pub(super) fn system_words(errno: i32) -> String {
    let mut text = io::Error::from_raw_os_error(errno).to_string();
    text.truncate(text.find(" (os error").unwrap_or(text.len()));
    text
}

/// Longer than every host name (253 bytes) and path of a Unix address (108).
const LONGEST_SHOWN: usize = 256;

/// Text from a caller, made safe for a message: shortened, and without characters that a terminal or a log would act
/// on. Bytes that are not UTF-8 are shown as U+FFFD.
pub(crate) fn legible(text: &(impl AsRef<[u8]> + ?Sized)) -> Legible<'_> {
    Legible(text.as_ref())
}

pub(crate) struct Legible<'a>(&'a [u8]);

impl fmt::Display for Legible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = self.0.utf8_chunks().flat_map(|chunk| {
            let invalid = !chunk.invalid().is_empty();
            chunk
                .valid()
                .chars()
                .chain(invalid.then_some(char::REPLACEMENT_CHARACTER))
        });
        for (count, character) in characters.enumerate() {
            if count == LONGEST_SHOWN {
                return f.write_str("...");
            }
            match u32::from(character) {
                code @ (0..=0x1f | 0x7f..=0x9f) => write!(f, "\\x{code:02x}")?,
                // Line and paragraph separators, and characters that change the direction of writing.
                code @ (0x2028..=0x202e | 0x2066..=0x2069) => write!(f, "\\u{code:04x}")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_in_the_singular() {
        let shown = [0, 1, 2].map(|number: usize| Counted(number, "bytes").to_string());
        assert_eq!(shown, ["0 bytes", "1 byte", "2 bytes"]);
        assert_eq!(Counted(1_u64, "datagrams").to_string(), "1 datagram");
    }
}
