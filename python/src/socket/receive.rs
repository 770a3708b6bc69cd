//! `bytes` objects made from received data.

use crate::arguments::CInt;
use crate::core_call::CoreCall;
use crate::errors;
use crate::lock::PythonCaller;
use crate::raw::bytes::{Scratch, Unfinished, SCRATCH};
use polysock::{RecvBuf, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Makes a `bytes` of at most `capacity` bytes, or with `MSG_TRUNC` of as many as the datagram has. `receive` fills the
/// buffer and returns how many bytes there are. An exception has the bytes that had arrived in `partial`, if there were
/// any.
#[allow(clippy::inline_always)] // nearly all receives take the short way
#[inline(always)]
pub fn receive_bytes<'py>(
    py: Python<'py>,
    call: CoreCall<'_, 'py>,
    capacity: usize,
    CInt(flags): CInt,
    receive: impl FnOnce(&mut PythonCaller<'py>, RecvBuf<'_>) -> Result<usize>,
) -> PyResult<Bound<'py, PyBytes>> {
    if flags & libc::MSG_TRUNC != 0 {
        return receive_whole(py, call, capacity, receive);
    }
    if capacity > SCRATCH {
        return receive_much(py, call, capacity, receive);
    }
    let mut partial = 0;
    let mut scratch = Scratch::new();
    let received = call.run_receive(&mut partial, |caller| receive(caller, scratch.buffer(capacity)));
    match received {
        Ok(length) => scratch.finish(py, length.min(capacity)),
        Err(raised) => Err(with_partial(py, raised, partial, || {
            scratch.finish(py, partial.min(capacity))
        })),
    }
}

/// Makes a `bytes` and receives into it.
#[inline(never)]
fn receive_much<'py>(
    py: Python<'py>,
    call: CoreCall<'_, 'py>,
    capacity: usize,
    receive: impl FnOnce(&mut PythonCaller<'py>, RecvBuf<'_>) -> Result<usize>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut partial = 0;
    let mut bytes = Unfinished::new(py, capacity)?;
    match call.run_receive(&mut partial, |caller| receive(caller, bytes.buffer())) {
        Ok(length) => bytes.finish(length),
        Err(raised) => Err(with_partial(py, raised, partial, || bytes.finish(partial))),
    }
}

/// Makes a `bytes` of a datagram's whole length, which `MSG_TRUNC` requests: beyond the capacity there are zeros. On a
/// TCP stream the flag drops the received bytes, so the whole buffer holds zeros.
#[inline(never)]
fn receive_whole<'py>(
    py: Python<'py>,
    call: CoreCall<'_, 'py>,
    capacity: usize,
    receive: impl FnOnce(&mut PythonCaller<'py>, RecvBuf<'_>) -> Result<usize>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut partial = 0;
    let mut received = Ok(0);
    let bytes = PyBytes::new_with(py, capacity, |buffer| {
        received = call.run_receive(&mut partial, |caller| receive(caller, buffer.into()));
        Ok(())
    })?;
    let stored = |length: usize| bytes.as_bytes().get(..length.min(capacity)).unwrap_or(&[]);
    let make = |length: usize| {
        PyBytes::new_with(py, length, |whole| {
            whole
                .iter_mut()
                .zip(stored(length))
                .for_each(|(to, from)| *to = *from);
            Ok(())
        })
    };
    match received {
        Ok(length) => make(length),
        Err(raised) => Err(with_partial(py, raised, partial, || make(partial))),
    }
}

#[cold]
fn with_partial<'py>(
    py: Python<'py>,
    raised: PyErr,
    length: usize,
    partial: impl FnOnce() -> PyResult<Bound<'py, PyBytes>>,
) -> PyErr {
    if length > 0 {
        if let Ok(partial) = partial() {
            errors::set(py, &raised, "partial", partial);
        }
    }
    raised
}
