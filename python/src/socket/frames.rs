//! Messages of a stream: send_frame, send_frames.

use super::message::readable;
use super::transfer::{data_of, Using};
use crate::arguments::{wrong_type, CInt};
use crate::core_call::CoreCall;
use crate::errors::no_memory;
use crate::lock::LockPolicy;
use crate::raw::buffer::Readable;
use polysock::{memory, Framing};
use pyo3::prelude::*;

/// Sends one message.
pub fn send_frame(
    py: Python<'_>,
    (native, socket): Using<'_>,
    message: &Bound<'_, PyAny>,
    framing: &Framing,
) -> PyResult<()> {
    let message = data_of(message)?;
    let policy = native.lock_policy(socket, LockPolicy::KeepToSend, CInt(0), message.is_plain());
    CoreCall::on(py, socket)
        .keeping_lock(policy)
        .run(|caller| socket.on(caller).send_frame(message.all(), framing))
}

/// Sends the messages of an iterable.
pub fn send_frames(
    py: Python<'_>,
    (native, socket): Using<'_>,
    messages: &Bound<'_, PyAny>,
    framing: &Framing,
) -> PyResult<()> {
    let items = messages.try_iter().map_err(|_| {
        wrong_type(
            "send_frames() argument 1 must be an iterable of bytes-like objects",
            messages,
        )
    })?;
    let mut all = Vec::new();
    for item in items {
        memory::push(&mut all, item?).map_err(no_memory)?;
    }
    let parts = readable(&all)?;
    let are_plain = parts.iter().all(Readable::is_plain);
    let policy = native.lock_policy(socket, LockPolicy::KeepToSend, CInt(0), are_plain);
    let data = memory::collect(parts.iter().map(Readable::all)).map_err(no_memory)?;
    CoreCall::on(py, socket)
        .keeping_lock(policy)
        .run(|caller| socket.on(caller).send_frames(&data, framing))
}
