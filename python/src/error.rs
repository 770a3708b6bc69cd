//! The one conversion of the core's errors into Python's exceptions.

use polysock_core::{Error, Kind, Operation};
use pyo3::exceptions::{PyEOFError, PyKeyboardInterrupt, PyOSError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use pyo3::IntoPyObjectExt;

pyo3::create_exception!(
    polysock,
    TruncatedError,
    PyEOFError,
    "The peer ended the stream in the middle of what recv_exact was to receive.\n\n\
     `done` bytes came, they are in `partial`; `missing` did not."
);

/// The exception for a core error.
pub fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let raised = match error.kind() {
        Kind::TimedOut => PyTimeoutError::new_err("timed out"),
        Kind::EndOfStream => PyEOFError::new_err("end of stream"),
        Kind::Truncated { missing } => truncated(py, error, missing),
        Kind::Resolve(code) => gaierror(py, code, &error.kind().to_string()),
        Kind::InvalidInput(_) => PyValueError::new_err(error.kind().to_string()),
        // Ended by a signal handler, whose exception is raised in place of this one.
        Kind::Interrupted => PyKeyboardInterrupt::new_err(()),
        Kind::WouldBlock | Kind::InProgress | Kind::Closed | Kind::Busy | Kind::Unsupported | Kind::Os(_) => {
            numbered(py, error)
        }
        _ => numbered(py, error),
    };
    if matches!(
        error.operation(),
        Operation::SendAll | Operation::RecvExact | Operation::SendFile
    ) {
        note(py, &raised, "done", error.done());
    }
    raised
}

/// The exception of `polysock.net` for a core error: a class with Java's name that is Python's own as well.
pub fn java_exception(py: Python<'_>, error: &Error) -> PyErr {
    let (class, arguments) = match error.kind() {
        Kind::TimedOut => {
            // Only these three have a time limit in Java.
            let what = if error.operation() == Operation::Accept {
                "Accept timed out"
            } else if error.operation() == Operation::CreateConnection {
                "Connect timed out"
            } else {
                "Read timed out"
            };
            ("SocketTimeoutException", (what.to_owned(),).into_py_any(py))
        }
        Kind::Resolve(code) => (
            "UnknownHostException",
            (code, error.kind().to_string()).into_py_any(py),
        ),
        Kind::Closed => ("SocketException", (libc::EBADF, "Socket closed").into_py_any(py)),
        Kind::InvalidInput(_) => return PyValueError::new_err(error.kind().to_string()),
        Kind::EndOfStream | Kind::Truncated { .. } => return exception(py, error),
        Kind::Os(errno) => (java_class(errno), numbers(py, errno)),
        Kind::WouldBlock | Kind::InProgress | Kind::Interrupted | Kind::Busy | Kind::Unsupported => {
            ("SocketException", numbers(py, error.errno().unwrap_or(0)))
        }
        _ => ("SocketException", numbers(py, error.errno().unwrap_or(0))),
    };
    let made = py.import("polysock.net").and_then(|module| {
        let class = module.getattr(class)?.cast_into::<PyType>()?;
        Ok(PyErr::from_type(class, arguments?))
    });
    let raised = made.unwrap_or_else(|failed| failed);
    if matches!(error.operation(), Operation::SendAll | Operation::RecvExact) {
        note(py, &raised, "done", error.done());
    }
    raised
}

/// Whether the peer ended the stream.
pub fn is_end_of_stream(error: &Error) -> bool {
    matches!(error.kind(), Kind::EndOfStream | Kind::Truncated { .. })
}

fn java_class(errno: i32) -> &'static str {
    match errno {
        libc::ECONNREFUSED | libc::ETIMEDOUT => "ConnectException",
        libc::EADDRINUSE | libc::EADDRNOTAVAIL | libc::EACCES => "BindException",
        libc::EHOSTUNREACH | libc::ENETUNREACH => "NoRouteToHostException",
        _ => "SocketException",
    }
}

fn numbers(py: Python<'_>, errno: i32) -> PyResult<Py<PyAny>> {
    (errno, strerror(py, errno)?).into_py_any(py)
}

/// `OSError(errno, text)`, which makes an instance of the subclass that belongs to the number.
pub fn os_error(py: Python<'_>, errno: i32) -> PyErr {
    match strerror(py, errno) {
        Ok(text) => PyOSError::new_err((errno, text)),
        Err(error) => error,
    }
}

/// The error of a socket that has no descriptor.
pub fn bad_descriptor(py: Python<'_>) -> PyErr {
    os_error(py, libc::EBADF)
}

/// Hangs an attribute on an exception.
pub fn note<'py>(py: Python<'py>, raised: &PyErr, name: &str, value: impl IntoPyObject<'py>) {
    // Our exceptions take any attribute. Where memory ran out the attribute is missing, which tells the same.
    let _ = raised.value(py).setattr(name, value);
}

fn numbered(py: Python<'_>, error: &Error) -> PyErr {
    match error.errno() {
        Some(errno) => os_error(py, errno),
        None => PyOSError::new_err(error.to_string()),
    }
}

fn truncated(py: Python<'_>, error: &Error, missing: usize) -> PyErr {
    let text = format!("{} bytes, {missing} missing", error.done());
    let raised = TruncatedError::new_err(text);
    note(py, &raised, "missing", missing);
    raised
}

/// The standard module's `gaierror`, so that programs which catch that catch ours.
fn gaierror(py: Python<'_>, code: i32, text: &str) -> PyErr {
    static GAIERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match GAIERROR.import(py, "_socket", "gaierror") {
        Ok(class) => PyErr::from_type(class.clone(), (code, text.to_owned())),
        Err(error) => error,
    }
}

fn strerror(py: Python<'_>, errno: i32) -> PyResult<Py<PyAny>> {
    static STRERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(STRERROR.import(py, "os", "strerror")?.call1((errno,))?.unbind())
}
