//! The one conversion of the core's errors into Python's exceptions.

use super::attributes::{moves_everything, set, set_done};
use polysock::{Counted, Error, Kind, Operation};
use pyo3::exceptions::{
    PyEOFError, PyKeyboardInterrupt, PyMemoryError, PyOSError, PyTimeoutError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

pyo3::create_exception!(
    polysock,
    TruncatedError,
    PyEOFError,
    "The peer ended the stream in the middle of what should have been received: bytes or a message.\n\n\
     `done` bytes arrived and are in `partial`; at least `missing` did not. What arrived of a message, its prefix \
     included, is also still in the buffer: take_buffered() takes it out."
);

/// The exception for a core error.
pub fn of(py: Python<'_>, error: &Error) -> PyErr {
    let raised = settled(
        py,
        match error.kind() {
            Kind::TimedOut => PyTimeoutError::new_err("timed out"),
            Kind::EndOfStream => PyEOFError::new_err("end of stream"),
            Kind::Truncated { missing } => truncated(py, error, missing),
            Kind::MessageTooLarge { needed } => too_large(py, error, needed),
            Kind::Resolve(code) => gaierror(py, code, &error.kind().to_string()),
            Kind::InvalidInput(_) => PyValueError::new_err(rule(error)),
            Kind::OutOfMemory => no_memory(error.kind()),
            // Ended by a signal handler, whose exception is raised instead of this one.
            Kind::Interrupted => PyKeyboardInterrupt::new_err(()),
            Kind::WouldBlock
            | Kind::InProgress
            | Kind::Closed
            | Kind::Busy
            | Kind::Unsupported
            | Kind::Os(_) => numbered(py, error),
            _ => numbered(py, error),
        },
    );
    if error.done() > 0 || moves_everything(error.operation()) {
        set_done(py, &raised, error);
    }
    raised
}

/// The exception, made immediately. A lazily made one asks the standard library which thread this is, which ends the
/// process when there is no memory for that.
pub fn settled(py: Python<'_>, raised: PyErr) -> PyErr {
    raised.restore(py);
    PyErr::fetch(py)
}

/// `OSError(errno, text)`, which makes an instance of the subclass that belongs to the number.
pub fn os_error(py: Python<'_>, errno: i32) -> PyErr {
    // Made immediately: of a lazily made one, extension modules see only the type `OSError` (CPython 3.11), so their
    // `except BlockingIOError` does not catch it.
    match strerror(py, errno).and_then(|text| py.get_type::<PyOSError>().call1((errno, text))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// The error of a socket that has no descriptor.
pub fn bad_descriptor(py: Python<'_>) -> PyErr {
    os_error(py, libc::EBADF)
}

/// The error raised when memory runs out, the same as the interpreter's own.
pub fn no_memory(_: Kind) -> PyErr {
    PyMemoryError::new_err(())
}

/// The text for an error number. The first call imports a module, which is impossible at shutdown, so the module calls
/// it when it is loaded.
pub fn strerror(py: Python<'_>, errno: i32) -> PyResult<Py<PyAny>> {
    static STRERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(STRERROR.import(py, "os", "strerror")?.call1((errno,))?.unbind())
}

fn numbered(py: Python<'_>, error: &Error) -> PyErr {
    match error.errno() {
        Some(errno) => os_error(py, errno),
        None => PyOSError::new_err(error.to_string()),
    }
}

/// What the argument must be.
fn rule(error: &Error) -> String {
    let text = error.without_operation().to_string();
    text.trim_start_matches([':', ' ']).to_owned()
}

fn truncated(py: Python<'_>, error: &Error, missing: usize) -> PyErr {
    let text = if error.operation() == Operation::RecvFrame {
        format!(
            "the stream ended inside a message, {} missing",
            Counted(missing, "bytes")
        )
    } else {
        format!("{}, {missing} missing", Counted(error.done(), "bytes"))
    };
    let raised = settled(py, TruncatedError::new_err(text));
    set(py, &raised, "missing", missing);
    raised
}

fn too_large(py: Python<'_>, error: &Error, needed: usize) -> PyErr {
    let raised = numbered(py, error);
    set(py, &raised, "needed", needed);
    raised
}

/// The standard module's `gaierror`, so that programs which catch that class catch ours.
fn gaierror(py: Python<'_>, code: i32, text: &str) -> PyErr {
    static GAIERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match GAIERROR.import(py, "_socket", "gaierror") {
        Ok(class) => PyErr::from_type(class.clone(), (code, text.to_owned())),
        Err(error) => error,
    }
}
