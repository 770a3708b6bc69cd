//! Descriptor numbers that Python hands over.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Takes a descriptor over by its number; nothing for a negative one.
///
/// Whoever calls `socket(fileno=…)` says that the number is an open descriptor and the socket's from now on.
pub fn adopt(number: RawFd) -> Option<OwnedFd> {
    // SAFETY: the number is not -1, and the caller in Python gives it away.
    (number >= 0).then(|| unsafe { OwnedFd::from_raw_fd(number) })
}
