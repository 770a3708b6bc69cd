//! Messages of a stream, sent and received whole.

use super::ancillary::items_of;
use super::decoding::Decoding;
use super::message::readable;
use super::transfer::{buffer_of, Using};
use crate::arguments::{CInt, Size};
use crate::core_call::CoreCall;
use crate::errors::{self, no_memory, TruncatedError};
use crate::lock::LockPolicy;
use crate::raw::buffer::Readable;
use crate::raw::bytes::{self, Unfinished};
use polysock::{memory, Flags, Framing, Socket, Timeout};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// Sends one message.
pub fn send_frame(
    py: Python<'_>,
    (native, socket): Using<'_>,
    message: &Readable<'_, '_>,
    framing: &Framing,
) -> PyResult<()> {
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
    let all = items_of(
        messages,
        "send_frames() argument 1 must be an iterable of bytes-like objects",
    )?;
    let parts = readable(&all)?;
    let are_plain = parts.iter().all(Readable::is_plain);
    let policy = native.lock_policy(socket, LockPolicy::KeepToSend, CInt(0), are_plain);
    let data = memory::collect(parts.iter().map(Readable::all)).map_err(no_memory)?;
    CoreCall::on(py, socket)
        .keeping_lock(policy)
        .run(|caller| socket.on(caller).send_frames(&data, framing))
}

/// Receives one message; None at the end of the stream.
pub fn recv_frame<'py>(
    py: Python<'py>,
    using: Using<'_>,
    framing: &Framing,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let (native, socket) = using;
    let policy = native.lock_policy(socket, LockPolicy::KeepToReceive, CInt(0), true);
    let mut failed = None;
    let received = CoreCall::on(py, socket).keeping_lock(policy).run(|caller| {
        socket.on(caller).recv_frame_with(framing, |message| {
            let copy = bytes::copy(py, message);
            copy.map_err(|raised| failed = Some(raised)).ok()
        })
    });
    outcome(py, socket, received, failed)
}

/// Receives one message or line, as bytes or as text; None at the end of the stream.
pub fn recv_decoded<'py>(
    py: Python<'py>,
    using: Using<'_>,
    framing: &Framing,
    decoding: Option<&Decoding>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let message = recv_frame(py, using, framing)?;
    message
        .map(|message| Decoding::apply(decoding, message))
        .transpose()
}

/// Receives one message into a buffer and returns its length; None at the end of the stream.
pub fn recv_frame_into(
    py: Python<'_>,
    (native, socket): Using<'_>,
    buffer: &Bound<'_, PyAny>,
    framing: &Framing,
) -> PyResult<Option<usize>> {
    let (mut buffer, length) = buffer_of("recv_frame_into", buffer, Size::ZERO, "")?;
    let policy = native.lock_policy(socket, LockPolicy::KeepToReceive, CInt(0), buffer.is_plain());
    let received = CoreCall::on(py, socket)
        .keeping_lock(policy)
        .run(|caller| socket.on(caller).recv_frame_into(buffer.first(length), framing));
    received.map_err(|raised| with_what_arrived(py, socket, raised))
}

/// Receives at least one message and those that arrived with it, at most `most`; none at the end of the stream.
pub fn recv_frames<'py>(
    py: Python<'py>,
    using: Using<'_>,
    most: Option<Size>,
    framing: &Framing,
) -> PyResult<Bound<'py, PyList>> {
    let most = match most.map(|most| most.count("negative max")).transpose()? {
        Some(0) => return Err(PyValueError::new_err("max must be at least 1")),
        most => most.unwrap_or(usize::MAX),
    };
    // Made first: making a list may run the garbage collector, and this adds only bytes to it.
    let messages = PyList::empty(py);
    let mut count = 0;
    receive(py, using, framing, |received| {
        if count == most {
            return Ok(false);
        }
        match bytes::copy(py, received).and_then(|message| messages.append(message)) {
            Ok(()) => count += 1,
            // What was taken before is not lost: the next call reports it again.
            Err(_) if count > 0 => return Ok(false),
            Err(raised) => return Err(raised),
        }
        Ok(true)
    })?;
    Ok(messages)
}

/// Takes out the bytes that no call has returned yet.
pub fn take_buffered<'py>(py: Python<'py>, socket: &Socket) -> PyResult<Bound<'py, PyBytes>> {
    // Made first, so that nothing is lost when there is no memory for it.
    let mut taken = Unfinished::new(py, socket.pending())?;
    let count = CoreCall::on(py, socket).run_attached(|| socket.take_buffered_into(taken.buffer()))?;
    taken.finish(count)
}

/// Receives a message and those that arrived with it, as long as `take` takes them. `take` should not run code of the
/// program, which could not receive from the same socket meanwhile.
fn receive(
    py: Python<'_>,
    (native, socket): Using<'_>,
    framing: &Framing,
    mut take: impl FnMut(&[u8]) -> PyResult<bool>,
) -> PyResult<()> {
    let policy = native.lock_policy(socket, LockPolicy::KeepToReceive, CInt(0), true);
    let mut failed = None;
    let received = CoreCall::on(py, socket).keeping_lock(policy).run(|caller| {
        socket.on(caller).recv_each_frame(framing, |message| {
            take(message).unwrap_or_else(|raised| {
                failed = Some(raised);
                false
            })
        })
    });
    outcome(py, socket, received, failed).map(|_| ())
}

/// What a receive returns whose messages were taken where they are; `failed` if that could not be done.
fn outcome<T>(py: Python<'_>, socket: &Socket, received: PyResult<T>, failed: Option<PyErr>) -> PyResult<T> {
    match failed {
        Some(raised) => Err(raised),
        None => received.map_err(|raised| with_what_arrived(py, socket, raised)),
    }
}

/// Adds what had arrived of a message that the end of the stream cuts off. It also stays in the socket's buffer.
#[cold]
fn with_what_arrived(py: Python<'_>, socket: &Socket, raised: PyErr) -> PyErr {
    if raised.is_instance_of::<TruncatedError>(py) {
        let peeked = memory::zeros(socket.pending()).ok().and_then(|mut arrived| {
            let call = socket.within(Timeout::NonBlocking);
            let count = { call }.recv_with(&mut arrived, Flags::PEEK).ok()?;
            arrived.truncate(count);
            Some(arrived)
        });
        let arrived = peeked.unwrap_or_default();
        errors::set(py, &raised, "done", arrived.len());
        errors::set_partial(py, &raised, &arrived);
    }
    raised
}
