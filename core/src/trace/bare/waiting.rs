//! Whether a call on a descriptor will wait, and for how long.

use crate::sys::unix;
use crate::sys::wakeable_poll::events_now;
use crate::time::Timeout;
use std::os::fd::BorrowedFd;

/// What a call may wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// It never waits.
    Never,
    /// It must not wait (`MSG_DONTWAIT`).
    MustNot,
    /// For something to receive or accept.
    ToReceive,
    /// For room for this many bytes.
    ToSend(usize),
    /// For the answer to a connect.
    ToConnect,
}

/// The time limit of a call, and whether it will probably wait.
pub(super) struct Wait {
    pub(super) timeout: Option<Timeout>,
    pub(super) expected: bool,
}

/// A send of this many bytes may find room for some of them and wait for the rest.
const LARGE_SEND: usize = 16 << 10;

impl Waits {
    pub(super) fn on(self, fd: BorrowedFd<'_>) -> Wait {
        let socket = unix::sock(&fd);
        let (events, limit) = match self {
            Self::Never => return Wait::never(None),
            Self::MustNot => return Wait::never(Some(Timeout::NonBlocking)),
            Self::ToReceive => (libc::POLLIN, socket.read_timeout()),
            Self::ToSend(_) | Self::ToConnect => (libc::POLLOUT, socket.write_timeout()),
        };
        if unix::is_nonblocking(fd).unwrap_or(false) {
            return Wait::never(Some(Timeout::NonBlocking));
        }
        let expected = match self {
            Self::ToConnect => true,
            Self::ToSend(asked) if asked >= LARGE_SEND => true,
            Self::ToSend(_) | Self::ToReceive | Self::Never | Self::MustNot => {
                events_now(fd, events).is_ok_and(|now| now == 0)
            }
        };
        Wait {
            timeout: limit.ok().flatten().map(Timeout::After),
            expected,
        }
    }
}

impl Wait {
    fn never(timeout: Option<Timeout>) -> Self {
        Self {
            timeout,
            expected: false,
        }
    }
}
