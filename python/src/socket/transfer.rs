//! Bytes of a connection: recv, recv_into, recv_exact, send, sendall.

use super::NativeSocket;
use crate::arguments::{self as convert, CInt, Size};
use crate::errors::exception as error;
use crate::errors::notes::{self, About};
use crate::lock::caller as gil;
use crate::lock::caller::Tries;
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes;
use polysock::{Flags, Socket, Timeout};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// An object, and the core's socket that it has for this call.
pub type Using<'a> = (&'a NativeSocket, &'a Socket);

/// Flags as the core takes them. In CPython a timeout is kept to, whatever `MSG_DONTWAIT` says: it polls first.
pub fn waiting_flags(socket: &Socket, flags: CInt) -> Flags {
    let has_timeout = matches!(socket.recv_timeout(), Timeout::After(_));
    if has_timeout && flags.0 & libc::MSG_DONTWAIT != 0 {
        Flags(flags.0 & !libc::MSG_DONTWAIT)
    } else {
        Flags(flags.0)
    }
}

/// Receives at most `capacity` bytes.
pub fn received<'py>(
    py: Python<'py>,
    (native, socket): Using<'_>,
    capacity: usize,
    flags: CInt,
) -> PyResult<Bound<'py, PyBytes>> {
    bytes::received(py, About::socket(socket), capacity, flags, |room| {
        gil::receive(py, native.tries(socket, Tries::Receive, flags, true), |host| {
            socket.on(host).recv_with(room, waiting_flags(socket, flags))
        })
    })
}

/// Receives at most `wanted` bytes into memory of Python's.
pub fn received_into(
    py: Python<'_>,
    (native, socket): Using<'_>,
    mut buffer: Writable<'_>,
    wanted: usize,
    flags: CInt,
) -> PyResult<usize> {
    let tries = native.tries(socket, Tries::Receive, flags, buffer.is_plain());
    let received = gil::receive(py, tries, |host| {
        socket
            .on(host)
            .recv_with(buffer.room(wanted), waiting_flags(socket, flags))
    });
    received.map_err(|failure| failure.into_exception(py, About::socket(socket)))
}

/// Sends as much as there is room for.
pub fn sent(
    py: Python<'_>,
    (native, socket): Using<'_>,
    data: &Readable<'_, '_>,
    flags: CInt,
) -> PyResult<usize> {
    let tries = native.tries(socket, Tries::Send, flags, data.is_plain());
    gil::transfer(py, About::socket(socket), tries, |host| {
        socket
            .on(host)
            .send_with(data.data(), waiting_flags(socket, flags))
    })
}

/// Sends everything.
pub fn sent_all(
    py: Python<'_>,
    (native, socket): Using<'_>,
    data: &Readable<'_, '_>,
    flags: CInt,
) -> PyResult<()> {
    let tries = native.tries(socket, Tries::Send, flags, data.is_plain());
    gil::transfer(py, About::socket(socket), tries, |host| {
        socket
            .on(host)
            .send_all_with(data.data(), waiting_flags(socket, flags))
    })
}

/// Receives into a buffer, at most `nbytes`, or as many as there is room for where that is 0.
pub fn recv_into(
    py: Python<'_>,
    native: &NativeSocket,
    buffer: &Bound<'_, PyAny>,
    nbytes: Size,
    flags: CInt,
) -> PyResult<usize> {
    let wanted = "recv_into() argument 1 must be read-write bytes-like object";
    let buffer =
        Writable::of(buffer).map_err(|_| notes::of_data(convert::wrong_argument(wanted, buffer), buffer))?;
    let wanted = match nbytes.count("negative buffersize in recv_into")? {
        0 => buffer.len(),
        wanted if wanted <= buffer.len() => wanted,
        _ => return Err(PyValueError::new_err("buffer too small for requested bytes")),
    };
    if wanted == 0 {
        return Ok(0); // as in recv
    }
    received_into(py, (native, &*native.socket(py)?), buffer, wanted, flags)
}

/// Receives exactly `n` bytes; every exception that ends it has the attributes `done` and `partial`.
pub fn recv_exact<'py>(py: Python<'py>, native: &NativeSocket, n: Size) -> PyResult<Bound<'py, PyBytes>> {
    let length = n.count("negative size in recv_exact")?;
    let socket = native.socket(py)?;
    let mut bytes = bytes::Unfinished::new(py, length)?;
    let result = gil::attempt(py, |host| socket.on(host).recv_exact(bytes.room()));
    let Err(failure) = result else {
        return bytes.finish(length);
    };
    let partial = bytes.finish(failure.error.done())?;
    let raised = failure.into_exception(py, About::socket(&socket));
    error::note_partial(py, &raised, partial.as_bytes());
    Err(raised)
}
