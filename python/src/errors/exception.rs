//! The one conversion of the core's errors into Python's exceptions.

use crate::errors::notes::{self, About};
use crate::raw::bytes;
use polysock::{Error, Kind, Operation};
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
    "The peer ended the stream in the middle of what recv_exact was to receive.\n\n\
     `done` bytes came, they are in `partial`; `missing` did not."
);

/// The exception for a core error.
pub fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let raised = settled(
        py,
        match error.kind() {
            Kind::TimedOut => PyTimeoutError::new_err("timed out"),
            Kind::EndOfStream => PyEOFError::new_err("end of stream"),
            Kind::Truncated { missing } => truncated(py, error, missing),
            Kind::Resolve(code) => gaierror(py, code, &error.kind().to_string()),
            Kind::InvalidInput(_) => PyValueError::new_err(error.kind().to_string()),
            Kind::OutOfMemory => no_memory(error.kind()),
            // Ended by a signal handler, whose exception is raised in place of this one.
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
        note_done(py, &raised, error);
    }
    raised
}

/// The exception made here and now. One that is made when it is first looked at asks the standard library who the thread is, which
/// ends the process where there is no memory for that.
pub fn settled(py: Python<'_>, raised: PyErr) -> PyErr {
    raised.restore(py);
    PyErr::fetch(py)
}

/// Whether an operation goes on until everything has moved, so that `done` is looked for on its every exception.
const fn moves_everything(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::SendAll | Operation::RecvExact | Operation::SendFile
    )
}

/// Says on an exception how many bytes a transfer had moved when it was raised.
pub fn note_done(py: Python<'_>, raised: &PyErr, error: &Error) {
    let once = matches!(
        error.operation(),
        Operation::Send | Operation::SendMsg | Operation::Recv | Operation::RecvMsg
    );
    if once || moves_everything(error.operation()) {
        note(py, raised, "done", error.done());
    }
}

/// Says on an exception which bytes had come when it was raised, if there is memory for them.
pub fn note_partial(py: Python<'_>, raised: &PyErr, came: &[u8]) {
    if let Ok(partial) = bytes::copy(py, came) {
        note(py, raised, "partial", partial);
    }
}

/// The value, or the exception for the error.
pub fn raise<T>(py: Python<'_>, result: polysock::Result<T>) -> PyResult<T> {
    result.map_err(|error| notes::exception(py, &error, About::default()))
}

/// `OSError(errno, text)`, which makes an instance of the subclass that belongs to the number.
pub fn os_error(py: Python<'_>, errno: i32) -> PyErr {
    // Made here and now: of one that is made when it is first looked at, extension modules see the type `OSError` only
    // (CPython 3.11), and their `except BlockingIOError` passes it by.
    match strerror(py, errno).and_then(|text| py.get_type::<PyOSError>().call1((errno, text))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// The error for memory that is not there, as the interpreter itself has it.
pub fn no_memory(_: Kind) -> PyErr {
    PyMemoryError::new_err(())
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
    let raised = settled(py, TruncatedError::new_err(text));
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

/// The words for an error number. The first call imports, which nobody can at shutdown: so the module makes it.
pub fn strerror(py: Python<'_>, errno: i32) -> PyResult<Py<PyAny>> {
    static STRERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(STRERROR.import(py, "os", "strerror")?.call1((errno,))?.unbind())
}
