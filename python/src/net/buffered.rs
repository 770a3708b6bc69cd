//! The building blocks of the buffered streams written in Python: steps that no signal handler can interrupt, so that
//! none is ever half done.
//!
//! The interpreter runs handlers after a call has returned but before its result is stored: a handler that raises there
//! would lose the result. It runs none while native code runs, nor between two assignments.

use super::exceptions::make;
use super::streams::{SocketInputStream, SocketOutputStream};
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes;
use pyo3::exceptions::PyBlockingIOError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PySlice};

/// A lock that threads take in turns: assigning True to `taken` takes it, waiting as long as necessary, and False gives it
/// back. The thread that has it can't take it again: a signal handler that calls the stream would find it half changed.
#[pyclass(module = "polysock.net", frozen)]
pub struct Turn(Py<PyAny>);

#[pymethods]
impl Turn {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        Ok(Self(py.import("_thread")?.getattr("RLock")?.call0()?.unbind()))
    }

    /// True takes the lock, False gives it back.
    #[setter]
    fn set_taken(&self, py: Python<'_>, taken: bool) -> PyResult<()> {
        let lock = self.0.bind(py);
        if taken && self.is_mine(py)? {
            let text = "this thread is inside another call of the stream, so its signal handler can't use it";
            return Err(make(py, "IllegalStateException", (text,)));
        }
        let change = if taken { "acquire" } else { "release" };
        lock.call_method0(change).map(drop)
    }

    /// The number of bytes kept; 0 while a call has the lock, which may be making room for more.
    fn length(&self, kept: &Bound<'_, PyByteArray>) -> PyResult<usize> {
        let (py, lock) = (kept.py(), self.0.bind(kept.py()));
        if self.is_mine(py)? || !lock.call_method1("acquire", (false,))?.is_truthy()? {
            return Ok(0);
        }
        let length = kept.len();
        lock.call_method0("release")?;
        Ok(length)
    }
}

impl Turn {
    /// Whether this thread has the lock.
    fn is_mine(&self, py: Python<'_>) -> PyResult<bool> {
        self.0.bind(py).call_method0("_is_owned")?.is_truthy()
    }
}

/// Reads at least one byte and at most `size` from a stream and appends them; returns how many, or -1 at the end of the stream.
#[pyfunction]
#[pyo3(signature = (kept, stream, size, /))]
pub fn take_in(
    py: Python<'_>,
    kept: &Bound<'_, PyByteArray>,
    stream: &Bound<'_, PyAny>,
    size: usize,
) -> PyResult<i64> {
    let before = kept.len();
    // Done first, so that nothing is read for which there is no memory.
    kept.resize(before.saturating_add(size))?;
    let result = read_behind(py, kept, stream, before, size);
    let came = result
        .as_ref()
        .map_or(0, |count| usize::try_from(*count).unwrap_or(0));
    kept.resize(before + came.min(size))?;
    result
}

fn read_behind(
    py: Python<'_>,
    kept: &Bound<'_, PyByteArray>,
    stream: &Bound<'_, PyAny>,
    before: usize,
    size: usize,
) -> PyResult<i64> {
    if let Ok(socket) = stream.cast_exact::<SocketInputStream>() {
        let mut memory = Writable::of(kept)?;
        let count = socket.get().read_into(py, &mut memory, before, size)?;
        return Ok(if count == 0 {
            -1
        } else {
            i64::try_from(count).unwrap_or(i64::MAX)
        });
    }
    // Not `kept` itself: the traceback of an exception keeps whatever was passed to a stream written in Python, and
    // `kept` could then not be resized.
    let part = PyByteArray::new_with(py, size, |_| Ok(()))?;
    let result = read_part(stream, part.as_any())?;
    if let Ok(count @ 1..) = usize::try_from(result) {
        let came = part.as_any().get_item(slice(py, 0, count)?)?;
        let end = before + came.len()?;
        kept.as_any().set_item(slice(py, before, end)?, came)?;
    }
    Ok(result)
}

/// `start:end`. (`PySlice::new` leaks the numbers.)
fn slice(py: Python<'_>, start: usize, end: usize) -> PyResult<Bound<'_, PyAny>> {
    py.get_type::<PySlice>().call1((start, end))
}

fn read_part(stream: &Bound<'_, PyAny>, part: &Bound<'_, PyAny>) -> PyResult<i64> {
    let Some(read_into) = stream.getattr_opt("_readinto")? else {
        return stream.call_method1("read", (part,))?.extract();
    };
    // A binary file.
    match read_into.call1((part,))?.extract::<Option<i64>>()? {
        None => Err(PyBlockingIOError::new_err((
            libc::EAGAIN,
            "Resource temporarily unavailable",
        ))),
        Some(0) => Ok(-1),
        Some(count) => Ok(count),
    }
}

/// Writes all waiting bytes to a stream, and removes those that were written; if the stream fails in the middle, as
/// many as its exception counts in `done`.
#[pyfunction]
#[pyo3(signature = (stream, waiting, /))]
pub fn send_out(py: Python<'_>, stream: &Bound<'_, PyAny>, waiting: &Bound<'_, PyByteArray>) -> PyResult<()> {
    let count = waiting.len();
    if count == 0 {
        return Ok(());
    }
    let (done, result) = if let Ok(socket) = stream.cast_exact::<SocketOutputStream>() {
        let data = Readable::of(waiting)?;
        let mut done = count;
        let result = socket.get().write_from(py, &data, 0, count, &mut done);
        (done, result)
    } else {
        // A copy: the stream may keep what it is given.
        let data = bytes::copy(py, &Readable::of(waiting)?.to_vec()?)?;
        match stream.call_method1("write", (data,)) {
            Ok(_) => (count, Ok(())),
            Err(raised) => {
                let done = raised.value(py).getattr_opt("done")?;
                let done = done.and_then(|done| done.extract().ok()).unwrap_or(0);
                (done, Err(raised))
            }
        }
    };
    waiting.as_any().del_item(slice(py, 0, done.min(count))?)?;
    result
}
