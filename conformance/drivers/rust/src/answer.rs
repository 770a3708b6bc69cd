//! Answers, and what refusals are called in the protocol.

use polysock::{Error, Kind, Operation};
use std::fmt;
use std::io;

/// An answer that says `ok`.
pub enum Answer {
    /// `key=value …`
    Fields(String),
    /// The whole answer of a joined command.
    Joined(String),
}

/// Every other answer.
pub enum Refusal {
    Unsupported,
    /// The request makes no sense.
    Protocol(String),
    /// The library or the system refused.
    Error {
        name: String,
        /// The call that the error names.
        call: Option<&'static str>,
        done: Option<usize>,
        /// What else it says.
        more: Option<(&'static str, usize)>,
    },
}

impl Refusal {
    pub fn named(name: &str) -> Self {
        Self::Error {
            name: name.to_owned(),
            call: None,
            done: None,
            more: None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => write!(f, "unsupported"),
            Self::Protocol(reason) => write!(f, "error PROTOCOL {reason}"),
            Self::Error {
                name,
                call,
                done,
                more,
            } => {
                write!(f, "error {name}")?;
                call.map_or(Ok(()), |call| write!(f, " call={call}"))?;
                done.map_or(Ok(()), |done| write!(f, " done={done}"))?;
                more.map_or(Ok(()), |(key, value)| write!(f, " {key}={value}"))
            }
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let counts = matches!(
            error.operation(),
            Operation::SendAll | Operation::RecvExact | Operation::SendFrame
        );
        Self::Error {
            name: name(&error),
            call: Some(error.operation().name()),
            done: counts.then(|| error.done()),
            more: if let Kind::Truncated { missing } = error.kind() {
                Some(("missing", missing))
            } else if let Kind::MessageTooLarge { needed } = error.kind() {
                Some(("needed", needed))
            } else {
                None
            },
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::named(&errno_name(error.raw_os_error().unwrap_or(0)))
    }
}

/// The protocol's name for an error.
pub fn name(error: &Error) -> String {
    name_of(error.kind())
}

/// The protocol's name for a kind of error.
pub fn name_of(kind: Kind) -> String {
    let fixed = match kind {
        Kind::TimedOut => "TIMEDOUT",
        Kind::WouldBlock => "AGAIN",
        Kind::InProgress => "INPROGRESS",
        Kind::Interrupted => "INTR",
        Kind::Closed => "CLOSED",
        Kind::EndOfStream => "EOF",
        Kind::Truncated { .. } => "TRUNCATED",
        Kind::Busy => "BUSY",
        Kind::MessageTooLarge { .. } => "MSGSIZE",
        Kind::InvalidInput(_) => "INVAL",
        Kind::Unsupported => "OPNOTSUPP",
        Kind::OutOfMemory => "NOMEM",
        Kind::Resolve(code) => return format!("RESOLVE{code}"),
        Kind::Os(errno) => return errno_name(errno),
        _ => "UNKNOWN",
    };
    fixed.to_owned()
}

/// The C library's names with their numbers on Linux, negative: the list its checks keep.
const CODES: &str = include_str!("../../../../ffi/codes.txt");

fn errno_name(errno: i32) -> String {
    match errno {
        // The README joins these.
        libc::EALREADY => return "INPROGRESS".to_owned(),
        libc::EAGAIN => return "AGAIN".to_owned(),
        // The kernel's, not a time limit's.
        libc::ETIMEDOUT => return "CONNTIMEDOUT".to_owned(),
        _ => {}
    }
    let mut codes = CODES.lines().filter_map(|line| line.split_once(' '));
    let found = codes.find(|(_, number)| number.parse() == Ok(-errno));
    found
        .and_then(|(name, _)| name.strip_prefix('E'))
        .map_or_else(|| format!("ERRNO{errno}"), str::to_owned)
}
