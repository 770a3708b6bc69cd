//! Why polysock-run runs nothing, and its exit status then.

use std::io;
use std::path::Path;

pub(crate) const FAILED: u8 = 125;
pub(crate) const CANNOT_RUN: u8 = 126;
pub(crate) const NOT_FOUND: u8 = 127;

/// Why nothing was run: what to print, and the exit status.
pub(crate) type Refusal = (String, u8);

pub(crate) fn failed(path: &Path, error: &io::Error) -> Refusal {
    (format!("{}: {}", path.display(), text_of(error)), FAILED)
}

/// The system's text for an error, without the number that the standard library appends.
pub(crate) fn text_of(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => polysock::Kind::Os(errno).to_string(),
        None => error.to_string(),
    }
}
