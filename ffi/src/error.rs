//! The one place where errors of core become codes.

use crate::code::{
    of_errno, of_resolver, POLYSOCK_EAGAIN, POLYSOCK_EBUSY, POLYSOCK_ECLOSED, POLYSOCK_ECONNTIMEDOUT,
    POLYSOCK_EEOF, POLYSOCK_EINPROGRESS, POLYSOCK_EINTR, POLYSOCK_EINVAL, POLYSOCK_ENOMEM, POLYSOCK_EOTHER,
    POLYSOCK_ETIMEDOUT, POLYSOCK_ETRUNCATED, POLYSOCK_EUNSUPPORTED,
};
use libc::c_int;
use polysock::{Error, Kind};

/// Why a call failed: its code, and what polysock_last_detail() reports.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: c_int,
    pub(crate) description: Description,
}

/// What is known of a failure.
#[derive(Debug)]
pub(crate) enum Description {
    /// Core's error.
    Core(Error),
    /// The argument of this name, and what is wrong with it.
    Argument(&'static str, &'static str),
    /// Anything else.
    Text(&'static str),
    /// The report of a panic.
    Panic(String),
}

impl Failure {
    /// An argument that is NULL or out of range.
    pub(crate) const fn argument(name: &'static str, problem: &'static str) -> Self {
        Self {
            code: POLYSOCK_EINVAL,
            description: Description::Argument(name, problem),
        }
    }

    pub(crate) const fn new(code: c_int, text: &'static str) -> Self {
        Self {
            code,
            description: Description::Text(text),
        }
    }

    /// The system has no memory for what a call needs.
    pub(crate) const fn no_memory(_: Kind) -> Self {
        Self::new(POLYSOCK_ENOMEM, "out of memory")
    }

    /// The handle is closed.
    pub(crate) const fn closed() -> Self {
        Self::new(POLYSOCK_ECLOSED, "the socket is closed")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            code: of_kind(error.kind()),
            description: Description::Core(error),
        }
    }
}

/// The code of a kind of failure.
pub(crate) fn of_kind(kind: Kind) -> c_int {
    match kind {
        Kind::TimedOut => POLYSOCK_ETIMEDOUT,
        Kind::WouldBlock => POLYSOCK_EAGAIN,
        Kind::InProgress => POLYSOCK_EINPROGRESS,
        Kind::Interrupted => POLYSOCK_EINTR,
        Kind::Closed => POLYSOCK_ECLOSED,
        Kind::EndOfStream => POLYSOCK_EEOF,
        Kind::Truncated { .. } => POLYSOCK_ETRUNCATED,
        Kind::Busy => POLYSOCK_EBUSY,
        Kind::MessageTooLarge { .. } => of_errno(libc::EMSGSIZE),
        Kind::Resolve(code) => of_resolver(code),
        Kind::InvalidInput(_) => POLYSOCK_EINVAL,
        Kind::Unsupported => POLYSOCK_EUNSUPPORTED,
        Kind::OutOfMemory => POLYSOCK_ENOMEM,
        // The kernel gave the connection up: not the time limit of a call.
        Kind::Os(libc::ETIMEDOUT) => POLYSOCK_ECONNTIMEDOUT,
        Kind::Os(errno) => of_errno(errno),
        // The enum is non-exhaustive. All of today's kinds are above; clippy reports one that is missing.
        _ => POLYSOCK_EOTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{POLYSOCK_EAI_NONAME, POLYSOCK_ECONNREFUSED};

    #[test]
    fn every_kind_has_its_code() {
        let pairs = [
            (Kind::TimedOut, POLYSOCK_ETIMEDOUT),
            (Kind::WouldBlock, POLYSOCK_EAGAIN),
            (Kind::InProgress, POLYSOCK_EINPROGRESS),
            (Kind::Interrupted, POLYSOCK_EINTR),
            (Kind::Closed, POLYSOCK_ECLOSED),
            (Kind::EndOfStream, POLYSOCK_EEOF),
            (Kind::Truncated { missing: 1 }, POLYSOCK_ETRUNCATED),
            (Kind::Busy, POLYSOCK_EBUSY),
            (
                Kind::MessageTooLarge { needed: 1 },
                crate::code::POLYSOCK_EMSGSIZE,
            ),
            (Kind::Resolve(libc::EAI_NONAME), POLYSOCK_EAI_NONAME),
            (Kind::InvalidInput("linger"), POLYSOCK_EINVAL),
            (Kind::Unsupported, POLYSOCK_EUNSUPPORTED),
            (Kind::OutOfMemory, POLYSOCK_ENOMEM),
            (Kind::Os(libc::ECONNREFUSED), POLYSOCK_ECONNREFUSED),
            (Kind::Os(libc::ETIMEDOUT), POLYSOCK_ECONNTIMEDOUT),
        ];
        for (kind, code) in pairs {
            assert_eq!(of_kind(kind), code, "{kind:?}");
        }
    }
}
