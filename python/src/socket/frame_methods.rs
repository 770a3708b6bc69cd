//! The methods for messages and lines, with their signatures.

use super::transfer::data_of;
use super::{frames, Decoding, Messages, NativeSocket};
use crate::arguments::Size;
use crate::core_call::CoreCall;
use crate::framing::{framing_of, lines_within, Framing};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use std::os::fd::{AsRawFd, IntoRawFd};

#[pymethods]
impl NativeSocket {
    /// Sends a message, with the length or delimiter that `framing` puts with it; None is a 32-bit length.
    ///
    /// Messages from several threads never interleave. If the call ends in the middle (TimeoutError, BlockingIOError, the
    /// exception of a signal handler), the receiver waits for the rest: sending the same message again sends what is
    /// missing, and any other message is refused with OSError (EBUSY) until then.
    #[pyo3(signature = (data, framing = None))]
    fn send_frame(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        framing: Option<&Bound<'_, Framing>>,
    ) -> PyResult<()> {
        let (data, socket) = (data_of(data)?, self.socket(py)?);
        frames::send_frame(py, (self, &socket), &data, &framing_of(framing))
    }

    /// Sends the messages of an iterable, many with one system call.
    ///
    /// An exception has the attribute `done`: how many messages were sent completely. Sending the rest, from that one
    /// on, continues the stream. A message that `framing` refuses is found before anything is sent.
    #[pyo3(signature = (messages, framing = None))]
    fn send_frames(
        &self,
        py: Python<'_>,
        messages: &Bound<'_, PyAny>,
        framing: Option<&Bound<'_, Framing>>,
    ) -> PyResult<()> {
        let socket = self.socket(py)?;
        frames::send_frames(py, (self, &socket), messages, &framing_of(framing))
    }

    /// Receives a message without its length or delimiter; None when the peer has ended the stream between two messages.
    ///
    /// TruncatedError when the stream ends inside a message, OSError for one beyond the limit (EMSGSIZE) or with a
    /// malformed length (EBADMSG). Any exception loses nothing: after TimeoutError or BlockingIOError the next call goes on
    /// with what has arrived. What arrived with the message stays in the socket's buffer, where every other receive
    /// finds it first.
    #[pyo3(signature = (framing = None))]
    fn recv_frame<'py>(
        &self,
        py: Python<'py>,
        framing: Option<&Bound<'_, Framing>>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let socket = self.socket(py)?;
        frames::recv_frame(py, (self, &socket), &framing_of(framing))
    }

    /// Receives a message into a buffer and returns its length; None at the end of the stream, as in recv_frame().
    ///
    /// A message that does not fit is kept for the next call: OSError (EMSGSIZE), whose attribute `needed` is its length.
    #[pyo3(signature = (buffer, framing = None))]
    fn recv_frame_into(
        &self,
        py: Python<'_>,
        buffer: &Bound<'_, PyAny>,
        framing: Option<&Bound<'_, Framing>>,
    ) -> PyResult<Option<usize>> {
        let socket = self.socket(py)?;
        frames::recv_frame_into(py, (self, &socket), buffer, &framing_of(framing))
    }

    /// Receives at least one message and all others that have arrived, at most `max`, as a list; an empty list at the end
    /// of the stream, as in recv_frame().
    #[pyo3(signature = (max = None, framing = None))]
    fn recv_frames<'py>(
        &self,
        py: Python<'py>,
        max: Option<Size>,
        framing: Option<&Bound<'_, Framing>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let socket = self.socket(py)?;
        frames::recv_frames(py, (self, &socket), max, &framing_of(framing))
    }

    /// An iterator over the messages, as recv_frame() returns them, up to the end of the stream.
    ///
    /// It may be continued after an exception, and other calls may receive in between.
    #[pyo3(signature = (framing = None))]
    fn frames(slf: Bound<'_, Self>, framing: Option<&Bound<'_, Framing>>) -> Messages {
        Messages::new(slf.unbind(), framing_of(framing), None)
    }

    /// Receives a line without its end, a newline or a carriage return and a newline; None at the end of the stream. The
    /// last line need not have an end.
    ///
    /// Bytes, or text if there is an encoding. OSError (EMSGSIZE) for a line of more than `limit` bytes, 16 MiB unless
    /// given.
    #[pyo3(signature = (encoding = None, errors = None, *, limit = None))]
    fn recv_line<'py>(
        &self,
        py: Python<'py>,
        encoding: Option<String>,
        errors: Option<String>,
        limit: Option<Size>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (framing, decoding) = (lines_within(limit)?, Decoding::new(py, encoding, errors)?);
        let socket = self.socket(py)?;
        frames::recv_decoded(py, (self, &socket), &framing, decoding.as_ref())
    }

    /// An iterator over the lines, as recv_line() returns them, up to the end of the stream.
    #[pyo3(signature = (encoding = None, errors = None, *, limit = None))]
    fn lines(
        slf: Bound<'_, Self>,
        encoding: Option<String>,
        errors: Option<String>,
        limit: Option<Size>,
    ) -> PyResult<Messages> {
        let decoding = Decoding::new(slf.py(), encoding, errors)?;
        Ok(Messages::new(slf.unbind(), lines_within(limit)?, decoding))
    }

    /// How many bytes came with a message and have not been returned yet. select() on the descriptor does not see them;
    /// recv_frames() without `max` leaves no whole message among them.
    fn pending(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.socket(py)?.pending())
    }

    /// Takes out the bytes that pending() counts, before the descriptor is given to other code: detach(), dup() and TLS
    /// refuse a socket that has some.
    fn take_buffered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        frames::take_buffered(py, &*self.socket(py)?)
    }

    /// Takes out the descriptors that came with the bytes of messages on a Unix socket: a list of numbers, which the
    /// program owns. recvmsg() hands them out too.
    fn take_descriptors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let socket = self.socket(py)?;
        let taken = CoreCall::on(py, &*socket).run_attached(|| socket.take_descriptors())?;
        let numbers = PyList::empty(py);
        for descriptor in &taken {
            numbers.append(descriptor.as_raw_fd())?;
        }
        // They are closed here if that failed: the program would never learn of them.
        for descriptor in taken {
            let _ = descriptor.into_raw_fd();
        }
        Ok(numbers)
    }
}
