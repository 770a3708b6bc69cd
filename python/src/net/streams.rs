//! The streams of a connection. They hold no bytes of their own: what a read returns is what there was.

use super::arguments::{low_byte, range};
use super::exceptions as error;
use super::shared::Shared;
use super::{about, call, call_about};
use crate::errors::exception::{no_memory, note, note_partial};
use crate::errors::notes::About;
use crate::lock::caller::{self as gil, Tries};
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes;
use polysock::{memory, Kind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

/// How much is read at once where the program does not say.
const CHUNK: usize = 64 * 1024;

/// What a connection receives.
#[pyclass(module = "polysock.net", frozen)]
pub struct SocketInputStream(Shared);

/// What a connection sends; every write is sent at once.
#[pyclass(module = "polysock.net", frozen)]
pub struct SocketOutputStream(Shared);

impl SocketInputStream {
    pub(super) fn about(&self) -> About<'_> {
        About::open(self.0.open())
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Receives up to `limit` bytes, fewer only at the end of the stream. An exception has what came in `partial`, and
    /// their number in `bytesTransferred`.
    fn all<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
        let mut received = Vec::new();
        while received.len() < limit {
            let before = received.len();
            let wanted = CHUNK.min(limit - before);
            if received.try_reserve(wanted).is_err() {
                return Err(with_partial(py, no_memory(Kind::OutOfMemory), &received));
            }
            received.resize(before + wanted, 0);
            let room = received.get_mut(before..).unwrap_or_default();
            let result = call_about(py, || self.about(), |host| self.0.read(host, room));
            received.truncate(before + result.as_ref().map_or(0, |&count| count));
            match result {
                Ok(0) => break,
                Ok(_) => {}
                Err(raised) => return Err(with_partial(py, raised, &received)),
            }
        }
        bytes::copy(py, &received).map_err(|raised| with_partial(py, raised, &received))
    }
}

impl SocketOutputStream {
    pub(super) fn about(&self) -> About<'_> {
        About::open(self.0.open())
    }
}

/// Hangs what came on an exception: as much as there is memory for.
fn with_partial(py: Python<'_>, raised: PyErr, received: &[u8]) -> PyErr {
    note_partial(py, &raised, received);
    note(py, &raised, "bytesTransferred", received.len());
    raised
}

fn tries(direction: Tries, plain: bool) -> Tries {
    gil::allowed(if plain { direction } else { Tries::Alone })
}

fn count(length: i64, py: Python<'_>) -> PyResult<usize> {
    usize::try_from(length).map_err(|_| error::illegal_argument(py, "len < 0"))
}

#[pymethods]
impl SocketInputStream {
    /// Receives one byte as a number, or at least one into (a part of) a buffer and says how many; -1 is the end of
    /// the stream.
    #[pyo3(signature = (buffer = None, off = 0, length = None, /))]
    fn read(
        &self,
        py: Python<'_>,
        buffer: Option<&Bound<'_, PyAny>>,
        off: i64,
        length: Option<i64>,
    ) -> PyResult<i64> {
        let Some(buffer) = buffer else {
            if off != 0 || length.is_some() {
                return Err(error::null_pointer(py, "b is null"));
            }
            let mut byte = [0_u8; 1];
            let count = about(
                py,
                || self.about(),
                tries(Tries::Receive, true),
                |host| self.0.read(host, &mut byte),
            )?;
            let [byte] = byte;
            return Ok(if count == 0 { -1 } else { byte.into() });
        };
        let mut buffer = Writable::of(buffer)?;
        let (offset, length) = range(py, off, length, buffer.len())?;
        let tries = tries(Tries::Receive, buffer.is_plain());
        let count = about(
            py,
            || self.about(),
            tries,
            |host| self.0.read(host, buffer.room_at(offset, length)),
        )?;
        gil::received(count);
        Ok(match i64::try_from(count) {
            Ok(0) if length > 0 => -1,
            count => count.unwrap_or(i64::MAX),
        })
    }

    /// Receives so many bytes, fewer only at the end of the stream: `readNBytes(length)` returns them,
    /// `readNBytes(buffer, off, length)` fills a part of a buffer and returns their number. An exception has what came in
    /// `partial`.
    #[pyo3(name = "readNBytes", signature = (buffer, off = None, length = None, /))]
    fn read_n_bytes<'py>(
        &self,
        py: Python<'py>,
        buffer: &Bound<'py, PyAny>,
        off: Option<i64>,
        length: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (Some(off), Some(wanted)) = (off, length) else {
            let length = count(buffer.extract()?, py)?;
            return Ok(self.all(py, length)?.into_any());
        };
        let mut buffer = Writable::of(buffer)?;
        let (offset, length) = range(py, off, Some(wanted), buffer.len())?;
        let mut done = 0;
        while done < length {
            let result = call_about(
                py,
                || self.about(),
                |host| self.0.read(host, buffer.room_at(offset + done, length - done)),
            );
            match result {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(raised) => {
                    note(py, &raised, "bytesTransferred", done);
                    return Err(raised);
                }
            }
        }
        Ok(done.into_pyobject(py)?.into_any())
    }

    /// Receives to the end of the stream. An exception has what came in `partial`.
    #[pyo3(name = "readAllBytes")]
    fn read_all_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.all(py, usize::MAX)
    }

    /// Receives `n` bytes and drops them; how many, fewer only at the end of the stream.
    #[pyo3(signature = (n, /))]
    fn skip(&self, py: Python<'_>, n: i64) -> PyResult<i64> {
        let mut chunk = [0_u8; 4096];
        let mut left = n.max(0);
        while let (1.., Ok(wanted)) = (left, usize::try_from(left)) {
            let wanted = wanted.min(chunk.len());
            let (room, _) = chunk.split_at_mut(wanted);
            match call_about(py, || self.about(), |host| self.0.read(host, room))? {
                0 => break,
                count => left -= i64::try_from(count).unwrap_or(left),
            }
        }
        Ok(n.max(0) - left)
    }

    /// Receives exactly `n` bytes and drops them; EOFException at the end of the stream.
    #[pyo3(name = "skipNBytes", signature = (n, /))]
    fn skip_n_bytes(&self, py: Python<'_>, n: i64) -> PyResult<()> {
        if self.skip(py, n)? < n {
            return Err(error::make(py, "EOFException", ()));
        }
        Ok(())
    }

    /// Receives to the end of the stream and writes everything to an output stream; how many bytes.
    #[pyo3(name = "transferTo", signature = (out, /))]
    fn transfer_to(&self, py: Python<'_>, out: &Bound<'_, PyAny>) -> PyResult<u64> {
        if out.is_none() {
            return Err(error::null_pointer(py, "out is null"));
        }
        // Before anything is read that nobody would get.
        let write = out.getattr("write")?;
        let mut chunk = memory::zeros(CHUNK).map_err(no_memory)?;
        let mut total = 0;
        loop {
            let count = call_about(py, || self.about(), |host| self.0.read(host, &mut chunk))?;
            let Some(received @ [_, ..]) = chunk.get(..count) else {
                return Ok(total);
            };
            write.call1((bytes::copy(py, received)?,))?;
            total += u64::try_from(count).unwrap_or(0);
        }
    }

    /// How many bytes a read would find without waiting; 0 says nothing of the end of the stream.
    fn available(&self, py: Python<'_>) -> PyResult<usize> {
        super::now(py, self.0.available())
    }

    /// Whether the stream can go back: never.
    #[pyo3(name = "markSupported")]
    #[allow(clippy::unused_self)]
    fn mark_supported(&self) -> bool {
        false
    }

    /// Closes the socket.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |host| self.0.close(host))
    }

    /// Itself; leaving the with statement closes it.
    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Closes it.
    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}

#[pymethods]
impl SocketOutputStream {
    /// Sends all of (a part of) a bytes-like object, or the low 8 bits of a number. An exception says in `done` how
    /// many bytes left this process.
    #[pyo3(signature = (data, off = 0, length = None, /))]
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>, off: i64, length: Option<i64>) -> PyResult<()> {
        if let Ok(number) = data.cast::<PyInt>() {
            let low = low_byte(number)?;
            return about(
                py,
                || self.about(),
                tries(Tries::Send, true),
                |host| self.0.write(host, &[low]),
            );
        }
        if data.is_none() {
            return Err(error::null_pointer(py, "b is null"));
        }
        let Ok(data) = Readable::of(data) else {
            let name = data.get_type().name()?;
            let text = format!("a number or a bytes-like object is required, not {name}");
            return Err(PyTypeError::new_err(text));
        };
        let (offset, length) = range(py, off, length, data.len())?;
        let tries = tries(Tries::Send, data.is_plain());
        about(
            py,
            || self.about(),
            tries,
            |host| self.0.write(host, data.data_at(offset, length)),
        )
    }

    /// Does nothing: every write is sent at once.
    #[allow(clippy::unused_self)]
    fn flush(&self) {}

    /// Closes the socket.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |host| self.0.close(host))
    }

    /// Itself; leaving the with statement closes it.
    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Closes it.
    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}

impl SocketOutputStream {
    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }
}

/// The stream to read from, if there is one.
pub fn input(py: Python<'_>, socket: &Shared) -> PyResult<Py<SocketInputStream>> {
    Py::new(py, SocketInputStream(socket.clone()))
}

/// The stream to write to, if there is one.
pub fn output(py: Python<'_>, socket: &Shared) -> PyResult<Py<SocketOutputStream>> {
    Py::new(py, SocketOutputStream(socket.clone()))
}
