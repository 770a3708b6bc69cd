//! Bytes of a connection: recv, recv_into, recv_exact, send, sendall.

use super::receive::receive_bytes;
use super::NativeSocket;
use crate::arguments::{wrong_argument, CInt, Size};
use crate::core_call::CoreCall;
use crate::errors;
use crate::lock::LockPolicy;
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes::Unfinished;
use polysock::{Flags, Socket, Timeout};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// An object, and the core's socket that it has for this call.
pub type Using<'a> = (&'a NativeSocket, &'a Socket);

/// Flags in the form that the core takes. In CPython the timeout applies even with `MSG_DONTWAIT`, since it polls first.
pub fn waiting_flags(socket: &Socket, flags: CInt) -> Flags {
    let has_timeout = matches!(socket.recv_timeout(), Timeout::After(_));
    if has_timeout && flags.0 & libc::MSG_DONTWAIT != 0 {
        Flags(flags.0 & !libc::MSG_DONTWAIT)
    } else {
        Flags(flags.0)
    }
}

/// Receives at most `capacity` bytes.
#[allow(clippy::inline_always)] // one call less for each of the most frequent methods
#[inline(always)]
pub fn recv<'py>(
    py: Python<'py>,
    (native, socket): Using<'_>,
    capacity: usize,
    flags: CInt,
) -> PyResult<Bound<'py, PyBytes>> {
    let policy = native.lock_policy(socket, LockPolicy::KeepToReceive, flags, true);
    let call = CoreCall::on(py, socket).keeping_lock(policy);
    receive_bytes(py, call, capacity, flags, |caller, buffer| {
        socket.on(caller).recv_with(buffer, waiting_flags(socket, flags))
    })
}

/// Receives into a buffer, at most `nbytes`, or as many as fit if that is 0.
pub fn recv_into(
    py: Python<'_>,
    native: &NativeSocket,
    buffer: &Bound<'_, PyAny>,
    nbytes: Size,
    flags: CInt,
) -> PyResult<usize> {
    let (buffer, wanted) = buffer_of(
        "recv_into",
        buffer,
        nbytes,
        "buffer too small for requested bytes",
    )?;
    if wanted == 0 {
        return Ok(0); // as in recv
    }
    recv_into_buffer(py, (native, &*native.socket(py)?), buffer, wanted, flags)
}

/// Receives at most `wanted` bytes into Python's memory.
pub fn recv_into_buffer(
    py: Python<'_>,
    (native, socket): Using<'_>,
    mut buffer: Writable<'_>,
    wanted: usize,
    flags: CInt,
) -> PyResult<usize> {
    let policy = native.lock_policy(socket, LockPolicy::KeepToReceive, flags, buffer.is_plain());
    CoreCall::on(py, socket).keeping_lock(policy).run(|caller| {
        socket
            .on(caller)
            .recv_with(buffer.first(wanted), waiting_flags(socket, flags))
    })
}

/// The memory of the buffer that `function` was given, and how much of it to fill: `nbytes`, or all if that is 0.
pub fn buffer_of<'py>(
    function: &str,
    buffer: &Bound<'py, PyAny>,
    nbytes: Size,
    too_small: &'static str,
) -> PyResult<(Writable<'py>, usize)> {
    let memory = Writable::of(buffer).map_err(|_| {
        let wanted = format!("{function}() argument 1 must be read-write bytes-like object");
        errors::hint_at_data(wrong_argument(&wanted, buffer), buffer)
    })?;
    let wanted = match nbytes.count_or(|| format!("negative buffersize in {function}"))? {
        0 => memory.len(),
        wanted if wanted <= memory.len() => wanted,
        _ => return Err(PyValueError::new_err(too_small)),
    };
    Ok((memory, wanted))
}

/// Sends as much as there is room for.
#[allow(clippy::inline_always)] // as above
#[inline(always)]
pub fn send(
    py: Python<'_>,
    (native, socket): Using<'_>,
    data: &Readable<'_, '_>,
    flags: CInt,
) -> PyResult<usize> {
    let policy = native.lock_policy(socket, LockPolicy::KeepToSend, flags, data.is_plain());
    CoreCall::on(py, socket).keeping_lock(policy).run(|caller| {
        socket
            .on(caller)
            .send_with(data.all(), waiting_flags(socket, flags))
    })
}

/// Sends everything.
pub fn sendall(
    py: Python<'_>,
    (native, socket): Using<'_>,
    data: &Readable<'_, '_>,
    flags: CInt,
) -> PyResult<()> {
    let policy = native.lock_policy(socket, LockPolicy::KeepToSend, flags, data.is_plain());
    CoreCall::on(py, socket).keeping_lock(policy).run(|caller| {
        socket
            .on(caller)
            .send_all_with(data.all(), waiting_flags(socket, flags))
    })
}

/// The bytes of the object that a program sends.
pub fn data_of<'a, 'py>(data: &'a Bound<'py, PyAny>) -> PyResult<Readable<'a, 'py>> {
    Readable::of(data).map_err(|error| errors::hint_at_data(error, data))
}

/// Receives exactly `n` bytes; every exception that ends it has the attributes `done` and `partial`.
pub fn recv_exact<'py>(py: Python<'py>, native: &NativeSocket, n: Size) -> PyResult<Bound<'py, PyBytes>> {
    let length = n.count("negative size in recv_exact")?;
    let socket = native.socket(py)?;
    let mut bytes = Unfinished::new(py, length)?;
    let mut partial = 0;
    let received = CoreCall::on(py, &*socket).run_receive(&mut partial, |caller| {
        socket.on(caller).recv_exact(bytes.buffer())
    });
    match received {
        Ok(_) => bytes.finish(length),
        Err(raised) => {
            if let Ok(partial) = bytes.finish(partial) {
                errors::set(py, &raised, "partial", partial);
            }
            Err(raised)
        }
    }
}
