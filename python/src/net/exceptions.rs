//! The one conversion of the core's refusals and errors into Java's exceptions, with Java's texts.

use crate::errors::{add_notes, no_memory, set, settled, strerror, Context, Failure};
use polysock::java_net::Refusal;
use polysock::{Error, Kind, Operation};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

impl Failure for Refusal {
    fn error(&self) -> Option<&Error> {
        if let Self::Failed(error) = self {
            Some(error)
        } else {
            None
        }
    }

    fn exception(&self, py: Python<'_>, context: Context<'_>) -> PyErr {
        let raised = settled(py, refusal(py, self));
        if let Some(failed) = self.error() {
            add_notes(py, &raised, failed, context);
        }
        raised
    }
}

/// The value of an option of the BSD socket underneath, or Java's exception.
pub fn option<T>(py: Python<'_>, result: polysock::Result<T>) -> PyResult<T> {
    result.map_err(|failed| {
        let refused = if failed.kind() == Kind::Closed {
            Refusal::Closed
        } else {
            failed.into()
        };
        refusal(py, &refused)
    })
}

/// Java's exception for a refusal.
pub fn refusal(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let (errno, text) = match refusal {
        Refusal::Closed => (libc::EBADF, "Socket is closed"),
        Refusal::NotConnected => (libc::ENOTCONN, "Socket is not connected"),
        Refusal::AlreadyConnected => (libc::EISCONN, "already connected"),
        Refusal::NotBound => (libc::EINVAL, "Socket is not bound yet"),
        Refusal::AlreadyBound => (libc::EINVAL, "Already bound"),
        Refusal::InputShut => (libc::ESHUTDOWN, "Socket input is shutdown"),
        Refusal::OutputShut => (libc::ESHUTDOWN, "Socket output is shutdown"),
        Refusal::OtherPeer => return illegal_argument(py, "Connected and packet address differ"),
        Refusal::NoPeer => return illegal_argument(py, "Address not set"),
        Refusal::PortZero => (libc::EINVAL, "Can't send to port 0"),
        Refusal::ConnectToPortZero => (libc::EINVAL, "Can't connect to port 0"),
        Refusal::Failed(failed) => return error(py, failed),
        _ => (0, "refused"),
    };
    socket_exception(py, errno, text)
}

/// The exception for shutting down a half a second time.
pub fn already_shut(py: Python<'_>, refused: &Refusal) -> PyErr {
    if *refused == Refusal::InputShut {
        socket_exception(py, libc::ESHUTDOWN, "Socket input is already shutdown")
    } else if *refused == Refusal::OutputShut {
        socket_exception(py, libc::ESHUTDOWN, "Socket output is already shutdown")
    } else {
        refusal(py, refused)
    }
}

/// Java's exception for a core error.
pub fn error(py: Python<'_>, error: &Error) -> PyErr {
    let done = error.done();
    let raised = match error.kind() {
        Kind::TimedOut => {
            let text = timed_out(error.operation());
            make(py, "SocketTimeoutException", (libc::ETIMEDOUT, text))
        }
        // In Java the text is just the name.
        Kind::Resolve(code) => {
            let name = error.detail().unwrap_or_default().to_owned();
            make(py, "UnknownHostException", (code, name))
        }
        Kind::Closed => socket_exception(py, libc::EBADF, "Socket closed"),
        Kind::InvalidInput("host") => {
            let name = error.detail().unwrap_or_default().to_owned();
            make(py, "UnknownHostException", (libc::EAI_NONAME, name))
        }
        Kind::InvalidInput(_) => illegal_argument(py, &error.kind().to_string()),
        Kind::EndOfStream | Kind::Truncated { .. } => make(py, "EOFException", ()),
        Kind::OutOfMemory => no_memory(error.kind()),
        // Ended by a signal handler, whose exception is raised instead of this one.
        Kind::Interrupted => PyKeyboardInterrupt::new_err(()),
        Kind::Os(libc::ECONNRESET) if error.operation() == Operation::Recv => {
            make(py, "_ConnectionReset", (libc::ECONNRESET, "Connection reset"))
        }
        Kind::Os(errno) => numbered(py, class_of(errno, error.operation()), errno),
        // Java's UnsupportedOperationException is for options of another kind of socket: the system is not asked.
        Kind::WouldBlock
        | Kind::InProgress
        | Kind::Busy
        | Kind::MessageTooLarge { .. }
        | Kind::Unsupported => numbered(py, "SocketException", error.errno().unwrap_or(0)),
        _ => numbered(py, "SocketException", error.errno().unwrap_or(0)),
    };
    if error.operation() == Operation::SendAll {
        set(py, &raised, "done", done);
    }
    raised
}

/// The text of a timeout; in Java only these calls have a time limit.
fn timed_out(operation: Operation) -> &'static str {
    if operation == Operation::Accept {
        "Accept timed out"
    } else if operation == Operation::RecvFrom {
        "Receive timed out"
    } else if matches!(operation, Operation::Connect | Operation::CreateConnection) {
        "Connect timed out"
    } else if operation == Operation::Send {
        "Write timed out"
    } else {
        "Read timed out"
    }
}

fn class_of(errno: i32, operation: Operation) -> &'static str {
    match errno {
        libc::ECONNREFUSED
            if matches!(
                operation,
                Operation::RecvFrom | Operation::SendTo | Operation::Send
            ) =>
        {
            "PortUnreachableException"
        }
        libc::ECONNREFUSED => "ConnectException",
        // An established connection died.
        libc::ETIMEDOUT if matches!(operation, Operation::Connect | Operation::CreateConnection) => {
            "ConnectException"
        }
        libc::EADDRINUSE | libc::EADDRNOTAVAIL => "BindException",
        libc::EACCES if operation == Operation::Bind => "BindException",
        libc::EHOSTUNREACH | libc::ENETUNREACH => "NoRouteToHostException",
        libc::EPROTO => "ProtocolException",
        libc::EPIPE => "_BrokenPipe",
        libc::ECONNRESET => "_ConnectionReset",
        _ => "SocketException",
    }
}

fn numbered(py: Python<'_>, class: &str, errno: i32) -> PyErr {
    match strerror(py, errno) {
        Ok(text) => make(py, class, (errno, text)),
        Err(failed) => failed,
    }
}

/// `SocketException` with one of Java's texts.
pub fn socket_exception(py: Python<'_>, errno: i32, text: &str) -> PyErr {
    make(py, "SocketException", (errno, text))
}

/// `IllegalArgumentException`.
pub fn illegal_argument(py: Python<'_>, text: &str) -> PyErr {
    make(py, "IllegalArgumentException", (text,))
}

/// `NullPointerException`.
pub fn null_pointer(py: Python<'_>, text: &str) -> PyErr {
    make(py, "NullPointerException", (text,))
}

/// An exception of the class of this name in `polysock.net`.
pub fn make<'py>(py: Python<'py>, class: &str, arguments: impl PyCallArgs<'py>) -> PyErr {
    let made = py
        .import("polysock.net._errors")
        .and_then(|module| module.getattr(class)?.call1(arguments));
    made.map_or_else(|failed| failed, PyErr::from_value)
}
