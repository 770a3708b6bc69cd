//! The methods for messages, with their signatures.

use super::{frames, NativeSocket};
use crate::framing::{framing_of, Framing};
use pyo3::prelude::*;

#[pymethods]
impl NativeSocket {
    /// Sends a message, with the length or delimiter that `framing` puts with it: a 32-bit length before it if that is None.
    ///
    /// Messages that several threads send never mix. If the call ends in the middle (TimeoutError, BlockingIOError, the
    /// exception of a signal handler), the receiver waits for the rest: sending the same message again sends what is
    /// missing, and any other one is refused with OSError (EBUSY) until then.
    #[pyo3(signature = (data, framing = None))]
    fn send_frame(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        framing: Option<&Bound<'_, Framing>>,
    ) -> PyResult<()> {
        let socket = self.socket(py)?;
        frames::send_frame(py, (self, &socket), data, &framing_of(framing))
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
}
