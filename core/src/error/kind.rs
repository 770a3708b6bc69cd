//! What can go wrong, the same in every language.

use super::text::{system_words, Counted};
use crate::sys::error_text;
use std::fmt;
use std::io;

/// What went wrong.
///
/// Bindings have a name for every kind; the text of an [`Error`](crate::Error) is made only when it is shown, and never
/// parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The deadline of the call passed.
    TimedOut,
    /// The call was not allowed to wait and there was nothing to do.
    WouldBlock,
    /// A connect that was not allowed to wait has begun; poll for writability to learn how it ends.
    InProgress,
    /// The [`Caller`](crate::Caller) ended the call after a signal.
    Interrupted,
    /// The handle is closed or detached, or was closed while the call waited.
    Closed,
    /// The peer ended the stream before the first byte that was asked for.
    EndOfStream,
    /// The peer ended the stream in the middle; `missing` bytes had not arrived.
    Truncated {
        /// How many bytes had not arrived.
        missing: usize,
    },
    /// Another call is in the way, such as one inside a handle that should be given up, or one that a signal handler has
    /// interrupted; or something has to be finished first.
    Busy,
    /// The next message does not fit into the buffer of the call. It is kept for a call with more room.
    MessageTooLarge {
        /// How many bytes the message has.
        needed: usize,
    },
    /// Name resolution failed with this `EAI_` code.
    Resolve(i32),
    /// The argument of this name is out of range or malformed.
    InvalidInput(&'static str),
    /// The system, or the kind of socket, has no such thing.
    Unsupported,
    /// There is not enough memory for what the call needs.
    OutOfMemory,
    /// The system refused with this errno number.
    Os(i32),
}

impl Kind {
    /// The errno number that corresponds to this kind, if there is one.
    ///
    /// A deadline that passed has none: only the kernel's own give-up is `ETIMEDOUT`.
    pub const fn errno(self) -> Option<i32> {
        match self {
            Self::Os(errno) => Some(errno),
            Self::WouldBlock => Some(libc::EAGAIN),
            Self::InProgress => Some(libc::EINPROGRESS),
            Self::Interrupted => Some(libc::EINTR),
            Self::Closed => Some(libc::EBADF),
            Self::Busy => Some(libc::EBUSY),
            Self::MessageTooLarge { .. } => Some(libc::EMSGSIZE),
            Self::InvalidInput(_) => Some(libc::EINVAL),
            Self::Unsupported => Some(libc::EOPNOTSUPP),
            Self::OutOfMemory => Some(libc::ENOMEM),
            Self::TimedOut | Self::EndOfStream | Self::Truncated { .. } | Self::Resolve(_) => None,
        }
    }

    /// The kind of a system call's error.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(errno) if errno == libc::EAGAIN || errno == libc::EWOULDBLOCK => Self::WouldBlock,
            Some(libc::EINPROGRESS) => Self::InProgress,
            Some(errno) => Self::Os(errno),
            None if error.kind() == io::ErrorKind::OutOfMemory => Self::OutOfMemory,
            None => Self::InvalidInput("address"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TimedOut => f.write_str("timed out"),
            Self::WouldBlock => f.write_str("would block"),
            Self::InProgress => f.write_str("in progress"),
            Self::Interrupted => f.write_str("interrupted by a signal"),
            Self::Closed => f.write_str("the socket is closed"),
            Self::EndOfStream => f.write_str("end of stream"),
            Self::Truncated { missing } => {
                write!(f, "stream ended with {} missing", Counted(missing, "bytes"))
            }
            Self::Busy => f.write_str("the socket is busy"),
            Self::MessageTooLarge { needed } => write!(f, "the message has {}", Counted(needed, "bytes")),
            Self::Resolve(code) => f.write_str(&error_text::of_resolver(code)),
            Self::InvalidInput(argument) => write!(f, "invalid {argument}"),
            Self::Unsupported => f.write_str("not supported"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::Os(errno) => f.write_str(&system_words(errno)),
        }
    }
}
