//! The streams of a connection. They buffer nothing: a read returns what the socket had.

use super::arguments::{low_byte, range};
use super::connection::Connection;
use super::exceptions::{illegal_argument, make, null_pointer};
use super::shared_methods::closing_methods;
use crate::core_call::CoreCall;
use crate::errors::{self, no_memory, set, set_partial, Failure};
use crate::lock::LockPolicy;
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes;
use polysock::{memory, Error, Kind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

/// How much is read at once unless the program gives a size.
const CHUNK: usize = 64 * 1024;

/// The stream of bytes that a connection receives.
#[pyclass(module = "polysock.net", frozen)]
pub struct SocketInputStream {
    core: Connection,
}

/// The stream of bytes that a connection sends; every write is sent at once.
#[pyclass(module = "polysock.net", frozen)]
pub struct SocketOutputStream {
    core: Connection,
}

impl SocketInputStream {
    fn call<'py>(&self, py: Python<'py>) -> CoreCall<'_, 'py> {
        CoreCall::on(py, &*self.core)
    }

    /// Receives at least one byte, or none at the end of the stream, into a part of a buffer.
    pub fn read_into(
        &self,
        py: Python<'_>,
        buffer: &mut Writable<'_>,
        offset: usize,
        length: usize,
    ) -> PyResult<usize> {
        let policy = LockPolicy::KeepToReceive.for_memory(buffer.is_plain());
        self.call(py)
            .keeping_lock(policy.unless_off())
            .run(|caller| self.core.read(caller, buffer.part(offset, length)))
    }

    /// Receives up to `limit` bytes, fewer only at the end of the stream. An exception has the bytes that had arrived
    /// in `partial`, and their number in `bytesTransferred`.
    fn all<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
        let mut received = Vec::new();
        while received.len() < limit {
            let before = received.len();
            let wanted = CHUNK.min(limit - before);
            if received.try_reserve(wanted).is_err() {
                return Err(with_partial(py, no_memory(Kind::OutOfMemory), &received));
            }
            received.resize(before + wanted, 0);
            let buffer = received.get_mut(before..).unwrap_or_default();
            let result = self.call(py).run(|caller| self.core.read(caller, buffer));
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
    /// Sends a part of the data, completely; if it fails, `done` is how much was sent.
    pub fn write_from(
        &self,
        py: Python<'_>,
        data: &Readable<'_, '_>,
        offset: usize,
        length: usize,
        done: &mut usize,
    ) -> PyResult<()> {
        let policy = LockPolicy::KeepToSend.for_memory(data.is_plain());
        CoreCall::on(py, &*self.core)
            .keeping_lock(policy.unless_off())
            .run(|caller| {
                let sent = self.core.write(caller, data.part(offset, length));
                sent.inspect_err(|refused| *done = refused.error().map_or(0, Error::done))
            })
    }
}

/// Sets `partial` on an exception: the bytes that had arrived, if there is memory for them.
fn with_partial(py: Python<'_>, raised: PyErr, received: &[u8]) -> PyErr {
    set_partial(py, &raised, received);
    set(py, &raised, "bytesTransferred", received.len());
    raised
}

fn count(length: i64, py: Python<'_>) -> PyResult<usize> {
    usize::try_from(length).map_err(|_| illegal_argument(py, "len < 0"))
}

#[pymethods]
impl SocketInputStream {
    /// Receives one byte as a number, or at least one into (a part of) a buffer and returns how many; -1 means the end
    /// of the stream.
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
                return Err(null_pointer(py, "b is null"));
            }
            let mut byte = [0_u8; 1];
            let policy = LockPolicy::KeepToReceive.unless_off();
            let count = self
                .call(py)
                .keeping_lock(policy)
                .run(|caller| self.core.read(caller, &mut byte))?;
            let [byte] = byte;
            return Ok(if count == 0 { -1 } else { byte.into() });
        };
        let mut buffer = Writable::of(buffer)?;
        let (offset, length) = range(py, off, length, buffer.len())?;
        let count = self.read_into(py, &mut buffer, offset, length)?;
        Ok(match i64::try_from(count) {
            Ok(0) if length > 0 => -1,
            count => count.unwrap_or(i64::MAX),
        })
    }

    /// Receives this many bytes, fewer only at the end of the stream: `readNBytes(length)` returns them,
    /// `readNBytes(buffer, off, length)` fills a part of a buffer and returns their number. An exception has the bytes
    /// that had arrived in `partial`.
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
            let part = buffer.part(offset + done, length - done);
            let result = self.call(py).run(|caller| self.core.read(caller, part));
            match result {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(raised) => {
                    set(py, &raised, "bytesTransferred", done);
                    return Err(raised);
                }
            }
        }
        Ok(done.into_pyobject(py)?.into_any())
    }

    /// Receives to the end of the stream. An exception has the bytes that had arrived in `partial`.
    #[pyo3(name = "readAllBytes")]
    fn read_all_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.all(py, usize::MAX)
    }

    /// Receives `n` bytes and drops them; returns how many, fewer only at the end of the stream.
    #[pyo3(signature = (n, /))]
    fn skip(&self, py: Python<'_>, n: i64) -> PyResult<i64> {
        let mut chunk = [0_u8; 4096];
        let mut left = n.max(0);
        while let (1.., Ok(wanted)) = (left, usize::try_from(left)) {
            let wanted = wanted.min(chunk.len());
            let (buffer, _) = chunk.split_at_mut(wanted);
            match self.call(py).run(|caller| self.core.read(caller, buffer))? {
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
            return Err(make(py, "EOFException", ()));
        }
        Ok(())
    }

    /// Receives to the end of the stream and writes everything to an output stream; returns how many bytes.
    #[pyo3(name = "transferTo", signature = (out, /))]
    fn transfer_to(&self, py: Python<'_>, out: &Bound<'_, PyAny>) -> PyResult<u64> {
        if out.is_none() {
            return Err(null_pointer(py, "out is null"));
        }
        // Looked up first: bytes read before this fails would be lost.
        let write = out.getattr("write")?;
        let mut chunk = memory::zeros(CHUNK).map_err(no_memory)?;
        let mut total = 0;
        loop {
            let count = self.call(py).run(|caller| self.core.read(caller, &mut chunk))?;
            let Some(received @ [_, ..]) = chunk.get(..count) else {
                return Ok(total);
            };
            write.call1((bytes::copy(py, received)?,))?;
            total += u64::try_from(count).unwrap_or(0);
        }
    }

    /// How many bytes a read would find without waiting; 0 may also mean the end of the stream.
    fn available(&self, py: Python<'_>) -> PyResult<usize> {
        errors::raise(py, self.core.available())
    }

    /// Whether the stream can go back: never.
    #[pyo3(name = "markSupported")]
    #[allow(clippy::unused_self)]
    fn mark_supported(&self) -> bool {
        false
    }
}

#[pymethods]
impl SocketOutputStream {
    /// Sends all of (a part of) a bytes-like object, or the low 8 bits of a number. An exception has in `done` how many
    /// bytes left this process.
    #[pyo3(signature = (data, off = 0, length = None, /))]
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>, off: i64, length: Option<i64>) -> PyResult<()> {
        if let Ok(number) = data.cast::<PyInt>() {
            let low = [low_byte(number)?];
            return self.write_from(py, &Readable::Bytes(&low), 0, 1, &mut 0);
        }
        if data.is_none() {
            return Err(null_pointer(py, "b is null"));
        }
        let Ok(data) = Readable::of(data) else {
            let name = data.get_type().name()?;
            let text = format!("a number or a bytes-like object is required, not {name}");
            return Err(PyTypeError::new_err(text));
        };
        let (offset, length) = range(py, off, length, data.len())?;
        self.write_from(py, &data, offset, length, &mut 0)
    }

    /// Does nothing: every write is sent at once.
    #[allow(clippy::unused_self)]
    fn flush(&self) {}
}

closing_methods! { SocketInputStream { "Closes the socket." } }
closing_methods! { SocketOutputStream { "Closes the socket." } }

/// The stream to read from.
pub fn input(py: Python<'_>, socket: &Connection) -> PyResult<Py<SocketInputStream>> {
    Py::new(py, SocketInputStream { core: socket.clone() })
}

/// The stream to write to.
pub fn output(py: Python<'_>, socket: &Connection) -> PyResult<Py<SocketOutputStream>> {
    Py::new(py, SocketOutputStream { core: socket.clone() })
}
