//! The text of one record: a JSON object on a line.

use crate::error::{errno_name, Error, Kind};
use crate::memory;
use std::fmt::{self, Write};

/// A JSON object that is being written. Without memory for it, it stays incomplete and is not recorded.
#[derive(Default)]
pub(crate) struct Line {
    text: Vec<u8>,
    incomplete: bool,
}

impl Line {
    pub(super) fn begin() -> Self {
        let mut line = Self {
            text: memory::list(512).unwrap_or_default(),
            incomplete: false,
        };
        line.push(b"{");
        line
    }

    /// The record as written to the file; `None` when there was no memory for it.
    pub(super) fn end(&mut self) -> Option<&[u8]> {
        self.push(b"}\n");
        (!self.incomplete).then_some(&self.text)
    }

    /// The same object again, to be continued differently.
    pub(super) fn copy(&self) -> Self {
        let mut copy = Self {
            text: Vec::new(),
            incomplete: self.incomplete,
        };
        copy.push(&self.text);
        copy
    }

    fn push(&mut self, bytes: &[u8]) {
        if !self.incomplete && memory::extend(&mut self.text, bytes).is_err() {
            self.incomplete = true;
        }
    }

    fn name(&mut self, name: &'static str) {
        if !matches!(self.text.last(), Some(b'{' | b'[') | None) {
            self.push(b",");
        }
        self.push(b"\"");
        self.push(name.as_bytes());
        self.push(b"\":");
    }

    pub(crate) fn number(&mut self, name: &'static str, value: impl TryInto<i64>) {
        self.name(name);
        let value = value.try_into().unwrap_or(i64::MAX);
        let _ = write!(Unescaped(self), "{value}");
    }

    /// A number unless it is zero, which need not be said.
    pub(crate) fn count(&mut self, name: &'static str, value: usize) {
        if value > 0 {
            self.number(name, value);
        }
    }

    pub(crate) fn yes(&mut self, name: &'static str) {
        self.name(name);
        self.push(b"true");
    }

    pub(crate) fn text(&mut self, name: &'static str, value: impl fmt::Display) {
        self.name(name);
        self.push(b"\"");
        let _ = write!(Escaped(self), "{value}");
        self.push(b"\"");
    }

    /// The name of a kernel number, whose `Debug` is `Type(NAME)`.
    pub(crate) fn kernel_name(&mut self, name: &'static str, value: impl fmt::Debug) {
        self.name(name);
        self.push(b"\"");
        let _ = write!(BetweenParentheses(self, false), "{value:?}");
        self.push(b"\"");
    }

    /// Why a call failed: an errno name, or the name of the kind, and what else is known.
    pub(crate) fn error(&mut self, error: &Error) {
        self.name("error");
        self.push(b"\"");
        let kind = error.kind();
        match (kind_name(kind), kind.errno()) {
            (Some(name), _) => self.push(name.as_bytes()),
            (None, errno) => match errno.and_then(errno_name) {
                Some(name) => self.push(name.as_bytes()),
                None => drop(write!(Unescaped(self), "errno {}", errno.unwrap_or(0))),
            },
        }
        self.push(b"\"");
        if let Some(detail) = error.detail() {
            self.text("detail", detail);
        }
    }

    /// Begins a field of payload, in which each byte is the character of that number.
    pub(super) fn begin_payload(&mut self, name: &'static str) {
        self.name(name);
        self.push(b"\"");
    }

    pub(super) fn add_payload(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'"' => self.push(b"\\\""),
                b'\\' => self.push(b"\\\\"),
                b'\n' => self.push(b"\\n"),
                b'\r' => self.push(b"\\r"),
                0x20..=0x7e => self.push(&[byte]),
                _ => {
                    let digit = |value: u8| {
                        b"0123456789abcdef"
                            .get(usize::from(value))
                            .copied()
                            .unwrap_or(b'0')
                    };
                    self.push(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                }
            }
        }
    }

    pub(super) fn end_payload(&mut self) {
        self.push(b"\"");
    }

    /// A list of objects.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.name(name);
        self.push(b"[");
        for (index, item) in items.enumerate() {
            self.push(if index == 0 { b"{" } else { b",{" });
            write(self, item);
            self.push(b"}");
        }
        self.push(b"]");
    }
}

/// The name of a kind that is not a system error.
fn kind_name(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::TimedOut => "TimedOut",
        Kind::WouldBlock => "EAGAIN",
        Kind::InProgress => "EINPROGRESS",
        Kind::Interrupted => "EINTR",
        Kind::Closed => "Closed",
        Kind::EndOfStream => "EndOfStream",
        Kind::Truncated { .. } => "Truncated",
        Kind::Busy => "Busy",
        Kind::MessageTooLarge { .. } => "MessageTooLarge",
        Kind::Resolve(_) => "Resolve",
        Kind::InvalidInput(_) => "InvalidInput",
        Kind::Unsupported => "Unsupported",
        Kind::OutOfMemory => "OutOfMemory",
        Kind::Os(_) => return None,
    })
}

/// Text that needs no escapes.
struct Unescaped<'a>(&'a mut Line);

impl Write for Unescaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push(text.as_bytes());
        Ok(())
    }
}

struct Escaped<'a>(&'a mut Line);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '"' | '\\' => {
                    self.0.push(b"\\");
                    self.0.push(&[character as u8]);
                }
                '\0'..='\x1f' | '\x7f'..='\u{9f}' => {
                    write!(Unescaped(self.0), "\\u{:04x}", u32::from(character))?
                }
                _ => self.0.push(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        Ok(())
    }
}

/// Writes what is between the first parenthesis and the last character, which is the other one.
struct BetweenParentheses<'a>(&'a mut Line, bool);

impl Write for BetweenParentheses<'_> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        if !self.1 {
            match text.split_once('(') {
                None => return Ok(()),
                Some((_, rest)) => text = rest,
            }
            self.1 = true;
        }
        Escaped(self.0).write_str(text.strip_suffix(')').unwrap_or(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Family;
    use crate::error::Operation;
    use crate::flags::Flags;

    fn written(write: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::begin();
        write(&mut line);
        String::from_utf8(line.end().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn fields_make_an_object() {
        let text = written(|line| {
            line.number("fd", 3);
            line.count("nothing", 0);
            line.text("to", "a\"b\\\n\u{1b}é");
            line.yes("begun");
            line.list("all", 1..3, |line, number| line.number("n", number));
            line.begin_payload("data");
            line.add_payload(b"a\"\x00");
            line.add_payload(b"\xff\n");
            line.end_payload();
        });
        assert_eq!(
            text,
            concat!(
                r#"{"fd":3,"to":"a\"b\\\u000a\u001bé","begun":true,"all":[{"n":1},{"n":2}],"#,
                r#""data":"a\"\u0000\u00ff\n"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn kernel_numbers_and_errors_have_their_names() {
        let text = written(|line| {
            line.kernel_name("family", Family::IPV4);
            line.kernel_name("other", Family(99));
            line.kernel_name("flags", Flags::PEEK | Flags::DONT_WAIT);
            line.error(&Error::new(Operation::Recv, Kind::Os(libc::ECONNRESET)));
        });
        assert_eq!(
            text,
            "{\"family\":\"AF_INET\",\"other\":\"99\",\"flags\":\"MSG_PEEK | MSG_DONTWAIT\",\"error\":\"ECONNRESET\"}\n"
        );
    }
}
