//! For systems where the other holders of a socket can't be found.

use super::Holders;
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// Unknown, so waiting is never left to the kernel alone.
pub fn holders(_: BorrowedFd<'_>, _: bool, _: Instant) -> Holders {
    Holders::Lasting
}

/// Whether [`holders`] can know.
pub fn knows_holders() -> bool {
    false
}
