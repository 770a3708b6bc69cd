//! A socket together with its framing.

use crate::arguments::{CInt, Size};
use crate::framing::{framing_of, Framing};
use crate::socket::{frames, transfer, Decoding, Messages, NativeSocket};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use pyo3::{PyTraverseError, PyVisit};

/// Receives messages, lines and bytes from a stream socket: `Reader(sock, framing)`.
///
/// The calls are the socket's own under short names, with a framing given once: `frame()` is `sock.recv_frame(framing)`,
/// with the socket's timeout. What is received ahead is in the socket's buffer, so calls on the socket, on this reader
/// and on other readers of the socket may be mixed, also by several threads, which take turns. Iterating over a reader
/// gives the messages up to the end of the stream.
#[pyclass(frozen, module = "polysock")]
pub struct Reader {
    socket: Py<NativeSocket>,
    framing: Py<Framing>,
}

impl Reader {
    fn native(&self) -> &NativeSocket {
        self.socket.get()
    }

    fn core_framing(&self, py: Python<'_>) -> polysock::Framing {
        framing_of(Some(self.framing.bind(py)))
    }

    /// Lines, no longer than a message may be.
    fn lines_framing(&self, py: Python<'_>) -> polysock::Framing {
        polysock::Framing::lines().with_limit(self.core_framing(py).limit())
    }
}

#[pymethods]
impl Reader {
    #[new]
    #[pyo3(signature = (sock, framing = None))]
    fn new(sock: Bound<'_, NativeSocket>, framing: Option<Bound<'_, Framing>>) -> PyResult<Self> {
        let framing = match framing {
            Some(framing) => framing.unbind(),
            None => Py::new(sock.py(), Framing::default())?,
        };
        Ok(Self {
            socket: sock.unbind(),
            framing,
        })
    }

    /// The socket that it reads from.
    #[getter]
    fn socket(&self, py: Python<'_>) -> Py<NativeSocket> {
        self.socket.clone_ref(py)
    }

    /// How the stream is divided into messages.
    #[getter]
    fn framing(&self, py: Python<'_>) -> Py<Framing> {
        self.framing.clone_ref(py)
    }

    /// Receives a message; None at the end of the stream. See recv_frame() of sockets.
    fn frame<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let socket = self.native().socket(py)?;
        frames::recv_frame(py, (self.native(), &socket), &self.core_framing(py))
    }

    /// Receives a message into a buffer and returns its length; None at the end. See recv_frame_into() of sockets.
    #[pyo3(signature = (buffer, /))]
    fn frame_into(&self, py: Python<'_>, buffer: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
        let socket = self.native().socket(py)?;
        frames::recv_frame_into(py, (self.native(), &socket), buffer, &self.core_framing(py))
    }

    /// Receives at least one message and all others that have arrived, at most `max`; an empty list at the end. See
    /// recv_frames() of sockets.
    #[pyo3(signature = (max = None))]
    fn frames<'py>(&self, py: Python<'py>, max: Option<Size>) -> PyResult<Bound<'py, PyList>> {
        let socket = self.native().socket(py)?;
        frames::recv_frames(py, (self.native(), &socket), max, &self.core_framing(py))
    }

    /// Receives a line without its end, as bytes, or as text if there is an encoding; None at the end of the stream.
    #[pyo3(signature = (encoding = None, errors = None))]
    fn line<'py>(
        &self,
        py: Python<'py>,
        encoding: Option<String>,
        errors: Option<String>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let decoding = Decoding::new(py, encoding, errors)?;
        let socket = self.native().socket(py)?;
        let using = (self.native(), &*socket);
        frames::recv_decoded(py, using, &self.lines_framing(py), decoding.as_ref())
    }

    /// An iterator over the lines, as line() returns them, up to the end of the stream.
    #[pyo3(signature = (encoding = None, errors = None))]
    fn lines(&self, py: Python<'_>, encoding: Option<String>, errors: Option<String>) -> PyResult<Messages> {
        let decoding = Decoding::new(py, encoding, errors)?;
        let socket = self.socket.clone_ref(py);
        Ok(Messages::new(socket, self.lines_framing(py), decoding))
    }

    /// Receives at least one and at most `n` bytes, regardless of messages; an empty result means the end of the stream.
    #[pyo3(signature = (n, /))]
    fn read<'py>(&self, py: Python<'py>, n: Size) -> PyResult<Bound<'py, PyBytes>> {
        let capacity = n.count("negative size in read")?;
        if capacity == 0 {
            return Ok(PyBytes::new(py, b""));
        }
        let socket = self.native().socket(py)?;
        transfer::recv(py, (self.native(), &socket), capacity, CInt(0))
    }

    /// Receives exactly `n` bytes, regardless of messages. See recv_exact() of sockets.
    #[pyo3(signature = (n, /))]
    fn read_exact<'py>(&self, py: Python<'py>, n: Size) -> PyResult<Bound<'py, PyBytes>> {
        transfer::recv_exact(py, self.native(), n)
    }

    /// Receives into a buffer, at least one byte and at most what fits, and returns how many; 0 at the end of the stream.
    #[pyo3(signature = (buffer, /))]
    fn readinto(&self, py: Python<'_>, buffer: &Bound<'_, PyAny>) -> PyResult<usize> {
        transfer::recv_into(py, self.native(), buffer, Size::ZERO, CInt(0))
    }

    /// How many received bytes no call has returned yet. See pending() of sockets.
    fn pending(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.native().socket(py)?.pending())
    }

    /// Takes out the bytes that pending() counts. See take_buffered() of sockets.
    fn take_buffered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        frames::take_buffered(py, &*self.native().socket(py)?)
    }

    const fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        self.frame(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (socket, framing) = (self.socket.bind(py).repr()?, self.framing.bind(py).repr()?);
        Ok(format!("<Reader of {socket}, {framing}>"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.socket)
    }
}
