//! The one error type: what kind, in which operation, how many bytes had moved, and the system's number.

mod errno_name;
mod kind;
mod operation;
mod text;

pub(crate) use errno_name::errno_name;
pub use kind::Kind;
pub use operation::Operation;
pub(crate) use text::legible;
pub use text::Counted;

use crate::memory;
use crate::time::Timeout;
use std::fmt;
use std::io;
use std::time::Duration;
use text::Milliseconds;

/// The result of every call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

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
    /// What the argument must be, or what to do about the failure.
    Rule(&'static str),
    /// The range of the argument, and its value; `i64::MAX` also stands for all larger values.
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

    /// Adds what to do about the failure.
    pub(crate) const fn with_remedy(mut self, remedy: &'static str) -> Self {
        self.measure = Measure::Rule(remedy);
        self
    }

    /// A number that lies outside its range. The unit is empty or starts with a space.
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

    pub(crate) const fn with_operation(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// Adds a description, if there is memory for it.
    pub(crate) fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = memory::text(&detail).filter(|detail| !detail.is_empty());
        self
    }

    /// Adds the time limit, if that is why the call failed.
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

    /// How many bytes, in a batch how many datagrams, had been sent or received when the call failed.
    pub const fn done(&self) -> usize {
        self.done
    }

    /// Further detail, if there is any, such as the address that refused.
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

    /// What to do about the failure, if the call that failed knows it.
    pub(crate) const fn remedy(&self) -> Option<&'static str> {
        match self.measure {
            Measure::Rule(remedy) => Some(remedy),
            Measure::None | Measure::TimeLimit(_) | Measure::Range { .. } => None,
        }
    }

    /// What is shown after the name of the call.
    pub fn without_operation(&self) -> impl fmt::Display + '_ {
        WithoutOperation(self)
    }

    /// The errno number that corresponds to this error: [`Kind::errno`] of its kind.
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
            Kind::MessageTooLarge { .. } => io::Error::from_raw_os_error(libc::EMSGSIZE).kind(),
            Kind::OutOfMemory => io::ErrorKind::OutOfMemory,
            Kind::Os(errno) => io::Error::from_raw_os_error(errno).kind(),
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
            ) => {
                let or_more = if given == i64::MAX { " or more" } else { "" };
                write!(f, ": {argument} must be {least}")?;
                if most != least {
                    write!(f, " to {most}")?;
                }
                write!(f, "{unit}, not {given}{or_more}")?;
            }
            (kind, Measure::Rule(remedy)) => write!(f, ": {kind}: {remedy}")?,
            (kind, Measure::Range { .. }) => write!(f, ": {kind}")?,
        }
        if error.done > 0 {
            write!(f, " ({} done)", Counted(error.done, error.operation.counts()))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    /// The result has the error's [`io_kind`](Error::io_kind) and contains the whole error.
    fn from(error: Error) -> Self {
        io::Error::new(error.io_kind(), error)
    }
}
