//! Results of the C library's functions, for records.

use libc::{c_int, ssize_t};
use polysock::bare::Outcome;
pub(crate) use polysock::bare::{errno, set_errno};

fn failed() -> Outcome {
    Outcome::Failed(errno())
}

/// Of a call that returns -1 or succeeds.
pub(crate) fn done(result: c_int) -> Outcome {
    if result < 0 {
        failed()
    } else {
        Outcome::Done
    }
}

/// Of a call that returns -1 or how much it has sent.
pub(crate) fn sent(result: ssize_t) -> Outcome {
    usize::try_from(result).map_or_else(|_| failed(), Outcome::Sent)
}

/// Of a call that returns -1 or how much it has received.
pub(crate) fn received(result: ssize_t) -> Outcome {
    usize::try_from(result).map_or_else(|_| failed(), Outcome::Received)
}
