//! The one error type: what kind, in which operation, how many bytes had moved, and the system's number.

use crate::memory;
use crate::time::Timeout;
use std::fmt::{self, Write};
use std::io;
use std::time::Duration;

/// The result of every call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
///
/// Bindings name every kind; the text of an [`Error`] is made when it is shown and never parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The deadline of the call passed.
    TimedOut,
    /// The call was not allowed to wait and there was nothing to do.
    WouldBlock,
    /// A connect that was not allowed to wait has begun; poll for writability to learn its end.
    InProgress,
    /// The [`Caller`](crate::Caller) ended the call after a signal.
    Interrupted,
    /// The handle is closed or detached, or was closed while the call waited.
    Closed,
    /// The peer ended the stream before the first byte of what was asked for.
    EndOfStream,
    /// The peer ended the stream in the middle; `missing` bytes had not come.
    Truncated {
        /// How many bytes were still to come.
        missing: usize,
    },
    /// Calls are inside the handle, so it can't be given up now.
    Busy,
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

/// The call an error belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // each is named after its call
pub enum Operation {
    Socket,
    SocketPair,
    Dup,
    FromFd,
    Fileno,
    Detach,
    Bind,
    Listen,
    Accept,
    Connect,
    Send,
    SendAll,
    Recv,
    RecvExact,
    Available,
    SendMsg,
    RecvMsg,
    SendFile,
    Shutdown,
    Close,
    Abort,
    GetSockName,
    GetPeerName,
    SetOption,
    GetOption,
    State,
    Resolve,
    GetNameInfo,
    HostName,
    InterfaceName,
    CreateConnection,
    CreateServer,
    Poll,
    Poller,
    Server,
}

impl Operation {
    /// The name of the call as the manual pages and the bindings have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::SocketPair => "socketpair",
            Self::Dup => "dup",
            Self::FromFd => "from_fd",
            Self::Fileno => "fileno",
            Self::Detach => "detach",
            Self::Bind => "bind",
            Self::Listen => "listen",
            Self::Accept => "accept",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::SendAll => "sendall",
            Self::Recv => "recv",
            Self::RecvExact => "recv_exact",
            Self::Available => "available",
            Self::SendMsg => "sendmsg",
            Self::RecvMsg => "recvmsg",
            Self::SendFile => "sendfile",
            Self::Shutdown => "shutdown",
            Self::Close => "close",
            Self::Abort => "abort",
            Self::GetSockName => "getsockname",
            Self::GetPeerName => "getpeername",
            Self::SetOption => "setsockopt",
            Self::GetOption => "getsockopt",
            Self::State => "state",
            Self::Resolve => "getaddrinfo",
            Self::GetNameInfo => "getnameinfo",
            Self::HostName => "hostname",
            Self::InterfaceName => "if_nameindex",
            Self::CreateConnection => "create_connection",
            Self::CreateServer => "create_server",
            Self::Poll => "poll",
            Self::Poller => "poller",
            Self::Server => "server",
        }
    }
}

/// A failed call: [`kind`](Error::kind), [`operation`](Error::operation), [`done`](Error::done) bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    operation: Operation,
    done: usize,
    detail: Option<Box<str>>,
    measure: Measure,
}

/// The limit that a failed call exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    None,
    /// The time limit that passed.
    TimeLimit(Duration),
    /// What the argument must be.
    Rule(&'static str),
    /// The range of the argument, and its value.
    Range {
        least: i64,
        most: i64,
        unit: &'static str,
        given: i64,
    },
}

impl Error {
    pub(crate) const fn new(operation: Operation, kind: Kind) -> Self {
        Self {
            kind,
            operation,
            done: 0,
            detail: None,
            measure: Measure::None,
        }
    }

    /// An argument that breaks its rule, as in "must not be empty".
    pub(crate) const fn invalid(operation: Operation, argument: &'static str, rule: &'static str) -> Self {
        let mut error = Self::new(operation, Kind::InvalidInput(argument));
        error.measure = Measure::Rule(rule);
        error
    }

    /// A number that lies outside its range. The unit is empty, or comes with a blank before it.
    pub(crate) const fn out_of_range(
        operation: Operation,
        argument: &'static str,
        (least, most): (i64, i64),
        unit: &'static str,
        given: i64,
    ) -> Self {
        let mut error = Self::new(operation, Kind::InvalidInput(argument));
        error.measure = Measure::Range {
            least,
            most,
            unit,
            given,
        };
        error
    }

    pub(crate) fn os(operation: Operation, error: &io::Error) -> Self {
        Self::new(operation, Kind::from_io(error))
    }

    pub(crate) const fn with_done(mut self, done: usize) -> Self {
        self.done = done;
        self
    }

    /// Adds a description, if there is memory for it.
    pub(crate) fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = memory::text(&detail).filter(|detail| !detail.is_empty());
        self
    }

    /// Adds the time limit, if that is what the call failed of.
    #[must_use]
    pub fn within(mut self, limit: Timeout) -> Self {
        if let (Kind::TimedOut, Timeout::After(limit)) = (self.kind, limit) {
            self.measure = Measure::TimeLimit(limit);
        }
        self
    }

    /// What went wrong.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The call that failed.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// How many bytes had been sent or received when the call failed.
    pub const fn done(&self) -> usize {
        self.done
    }

    /// More words where there are some, such as the address that refused.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The time limit that passed, if the kind is [`Kind::TimedOut`].
    pub const fn time_limit(&self) -> Option<Duration> {
        match self.measure {
            Measure::TimeLimit(limit) => Some(limit),
            Measure::None | Measure::Rule(_) | Measure::Range { .. } => None,
        }
    }

    /// What is shown after the name of the call.
    pub fn without_operation(&self) -> impl fmt::Display + '_ {
        WithoutOperation(self)
    }

    /// The errno number that stands for this error: [`Kind::errno`] of its kind.
    pub const fn errno(&self) -> Option<i32> {
        self.kind.errno()
    }

    /// What the standard library calls an error of this kind: `BrokenPipe`, `ConnectionReset`, `AddrInUse`, …
    pub fn io_kind(&self) -> io::ErrorKind {
        match self.kind {
            Kind::TimedOut => io::ErrorKind::TimedOut,
            Kind::EndOfStream | Kind::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            Kind::Closed => io::ErrorKind::NotConnected,
            Kind::Resolve(_) => io::ErrorKind::NotFound,
            Kind::Unsupported => io::ErrorKind::Unsupported,
            Kind::InvalidInput(_) => io::ErrorKind::InvalidInput,
            Kind::WouldBlock | Kind::InProgress => io::ErrorKind::WouldBlock,
            Kind::Interrupted => io::ErrorKind::Interrupted,
            Kind::Busy => io::ErrorKind::ResourceBusy,
            Kind::OutOfMemory => io::ErrorKind::OutOfMemory,
            Kind::Os(errno) => io::Error::from_raw_os_error(errno).kind(),
        }
    }
}

impl Kind {
    /// The errno number that stands for this kind, where the system has one.
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
            Self::Truncated { missing } => write!(f, "stream ended with {missing} bytes missing"),
            Self::Busy => f.write_str("calls are inside the socket"),
            Self::Resolve(code) => f.write_str(&crate::sys::resolve::explain(code)),
            Self::InvalidInput(argument) => write!(f, "invalid {argument}"),
            Self::Unsupported => f.write_str("not supported"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::Os(errno) => f.write_str(&system_words(errno)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operation.name(), self.without_operation())
    }
}

struct WithoutOperation<'e>(&'e Error);

impl fmt::Display for WithoutOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        if let Some(detail) = error.detail() {
            write!(f, " {detail}")?;
        }
        match (error.kind, error.measure) {
            (kind, Measure::None) => write!(f, ": {kind}")?,
            (kind, Measure::TimeLimit(limit)) => write!(f, ": {kind} after {}", Milliseconds(limit))?,
            (Kind::InvalidInput(argument), Measure::Rule(rule)) => write!(f, ": {argument} {rule}")?,
            (
                Kind::InvalidInput(argument),
                Measure::Range {
                    least,
                    most,
                    unit,
                    given,
                },
            ) => write!(f, ": {argument} must be {least} to {most}{unit}, not {given}")?,
            (kind, Measure::Rule(_) | Measure::Range { .. }) => write!(f, ": {kind}")?,
        }
        if error.done > 0 {
            write!(f, " ({} bytes done)", error.done)?;
        }
        Ok(())
    }
}

/// A time in milliseconds, with the decimals it has: `1500 ms`, `0.25 ms`.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.as_nanos();
        let (whole, rest) = (nanoseconds / 1_000_000, nanoseconds % 1_000_000);
        if rest == 0 {
            return write!(f, "{whole} ms");
        }
        let decimals = format!("{rest:06}");
        write!(f, "{whole}.{} ms", decimals.trim_end_matches('0'))
    }
}

/// The system's words for an errno number, without the number that the standard library puts behind them.
pub(crate) fn system_words(errno: i32) -> String {
    let mut text = io::Error::from_raw_os_error(errno).to_string();
    text.truncate(text.find(" (os error").unwrap_or(text.len()));
    text
}

/// Longer than every host name (253 bytes) and path of a Unix address (108).
const LONGEST_SHOWN: usize = 256;

/// A caller's text for a message: shortened, and without characters that a terminal or a log would act on. Bytes that are
/// not UTF-8 are shown as U+FFFD.
pub(crate) fn legible(text: &(impl AsRef<[u8]> + ?Sized)) -> Legible<'_> {
    Legible(text.as_ref())
}

pub(crate) struct Legible<'a>(&'a [u8]);

impl fmt::Display for Legible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = self.0.utf8_chunks().flat_map(|chunk| {
            let invalid = !chunk.invalid().is_empty();
            chunk
                .valid()
                .chars()
                .chain(invalid.then_some(char::REPLACEMENT_CHARACTER))
        });
        for (count, character) in characters.enumerate() {
            if count == LONGEST_SHOWN {
                return f.write_str("...");
            }
            match u32::from(character) {
                code @ (0..=0x1f | 0x7f..=0x9f) => write!(f, "\\x{code:02x}")?,
                // Line and paragraph separators, and what turns the direction of writing.
                code @ (0x2028..=0x202e | 0x2066..=0x2069) => write!(f, "\\u{code:04x}")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    /// Has the error's [`io_kind`](Error::io_kind); the whole error stays inside.
    fn from(error: Error) -> Self {
        io::Error::new(error.io_kind(), error)
    }
}
