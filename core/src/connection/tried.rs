//! What became of several addresses, for the detail of an error.

use crate::address::Address;
use crate::error::Kind;
use std::fmt::{self, Write};

/// Each address that was tried, with its error: `2 addresses tried: [::1]:80 refused, 127.0.0.1:80 no answer`.
/// An error that all of them had is already the kind of the error itself, so it is not repeated.
pub(super) struct Tried<'a> {
    /// The host whose addresses they are; may be empty.
    pub(super) host: &'a dyn fmt::Display,
    pub(super) tried: &'a [(Address, Option<Kind>)],
    pub(super) all: usize,
    /// The kind of the error to which this is the detail.
    pub(super) kind: Kind,
}

impl fmt::Display for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alike = self
            .tried
            .iter()
            .all(|(_, end)| end.unwrap_or(Kind::TimedOut) == self.kind);
        let alone = alike && self.tried.len() == 1 && self.all == 1;
        let mut host = Counted { to: f, written: 0 };
        write!(host, "{}", self.host)?;
        if host.written > 0 {
            f.write_str(", ")?;
        }
        match self.tried.len() {
            1 if alone => {}
            1 if self.all == 1 => f.write_str("1 address tried")?,
            count if count == self.all => write!(f, "{count} addresses tried")?,
            count => write!(f, "{count} of {} addresses tried", self.all)?,
        }
        for (at, (address, end)) in self.tried.iter().enumerate() {
            let before = match at {
                0 if alone => "",
                0 => ": ",
                _ => ", ",
            };
            match end {
                _ if alike => write!(f, "{before}{address}")?,
                None | Some(Kind::TimedOut) => write!(f, "{before}{address} no answer")?,
                Some(Kind::Os(libc::ECONNREFUSED)) => write!(f, "{before}{address} refused")?,
                Some(kind) => write!(f, "{before}{address} {}", kind.to_string().to_lowercase())?,
            }
        }
        Ok(())
    }
}

/// Counts what is written.
struct Counted<'a, 'f> {
    to: &'a mut fmt::Formatter<'f>,
    written: usize,
}

impl fmt::Write for Counted<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.written += text.len();
        self.to.write_str(text)
    }
}
