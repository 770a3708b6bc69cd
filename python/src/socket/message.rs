//! Messages: recvmsg, recvmsg_into, sendmsg.

use super::receive::receive_bytes;
use super::transfer::{data_of, waiting_flags};
use super::{ancillary, NativeSocket};
use crate::arguments::{Argument, CInt, Object, Size};
use crate::core_call::CoreCall;
use crate::errors::no_memory;
use crate::raw::buffer::{Readable, Writable};
use crate::{address, audit};
use polysock::{memory, Received, SendBuf, Socket};
use pyo3::exceptions::{PyOSError, PyRuntimeWarning, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// What recvmsg returns besides the bytes: control messages, flags, address.
type Beside<'py> = (Bound<'py, PyList>, i32, Bound<'py, PyAny>);

/// Receives a message: the bytes, the control messages, flags, the sender's address.
pub fn recvmsg<'py>(
    py: Python<'py>,
    socket: &Socket,
    bufsize: Size,
    ancbufsize: Size,
    flags: CInt,
) -> PyResult<Bound<'py, PyTuple>> {
    let capacity = bufsize.count("negative buffer size in recvmsg()")?;
    let control = ancillary::capacity(ancbufsize)?;
    recv_message(py, socket, capacity, control, flags)
}

/// Receives a message of at most `capacity` bytes, and at most `control` bytes of control messages.
pub fn recv_message<'py>(
    py: Python<'py>,
    socket: &Socket,
    capacity: usize,
    control: usize,
    flags: CInt,
) -> PyResult<Bound<'py, PyTuple>> {
    let mut beside = None;
    let data = receive_bytes(py, CoreCall::on(py, socket), capacity, flags, |caller, buffer| {
        let received = socket
            .on(caller)
            .recv_message(&[buffer], control, waiting_flags(socket, flags))?;
        let count = received.count.min(capacity); // unlike recv(), also with MSG_TRUNC, as in CPython
        beside = Some(received);
        Ok(count)
    })?;
    let Some(received) = beside else {
        return Err(PyOSError::new_err("nothing was received")); // not reached: `receive` is always called
    };
    let (messages, flags, from) = beside_bytes(py, socket, received)?;
    (data, messages, flags, from).into_pyobject(py)
}

/// Receives a message into buffers, one after the other: returns the number of bytes, and the rest as in recvmsg.
pub fn recvmsg_into<'py>(
    py: Python<'py>,
    socket: &Socket,
    buffers: &Bound<'py, PyAny>,
    ancbufsize: Size,
    flags: CInt,
) -> PyResult<Bound<'py, PyTuple>> {
    let items = ancillary::items_of(buffers, "recvmsg_into() argument 1 must be an iterable")?;
    if items.len() > ancillary::LONGEST {
        return Err(PyOSError::new_err("recvmsg_into() argument 1 is too long"));
    }
    let mut parts = memory::list(items.len()).map_err(no_memory)?;
    for item in &items {
        parts.push(Writable::of(item).map_err(|_| {
            PyTypeError::new_err(
                "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers",
            )
        })?);
    }
    let control = ancillary::capacity(ancbufsize)?;
    let memory = memory::collect(parts.iter_mut().map(|part| part.first(usize::MAX))).map_err(no_memory)?;
    let received = CoreCall::on(py, socket).run(|caller| {
        socket
            .on(caller)
            .recv_message(&memory, control, waiting_flags(socket, flags))
    })?;
    let count = received.count;
    let (messages, flags, from) = beside_bytes(py, socket, received)?;
    (count, messages, flags, from).into_pyobject(py)
}

/// Sends buffers as one message, with control messages, perhaps to an address.
pub fn sendmsg(
    slf: &Bound<'_, NativeSocket>,
    buffers: &Bound<'_, PyAny>,
    ancdata: Argument<Object<'_>>,
    flags: CInt,
    address: Option<&Bound<'_, PyAny>>,
) -> PyResult<usize> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let address = address.filter(|address| !address.is_none());
    let to = address
        .map(|address| address::from_python("sendmsg", &socket, address))
        .transpose()?;
    audit::report_address(
        c"socket.sendmsg",
        slf.as_any(),
        address.unwrap_or(&py.None().into_bound(py)),
    )?;
    let send = |data: &[SendBuf<'_>]| {
        let control = match ancdata {
            Argument::Given(items) => ancillary::to_send(&items.0)?,
            Argument::Missing => Vec::new(),
        };
        CoreCall::on(py, &*socket).to(to.as_ref()).run(|caller| {
            socket
                .on(caller)
                .send_message(data, &control, to.as_ref(), waiting_flags(&socket, flags))
        })
    };
    if let Some(list) = buffers
        .cast_exact::<PyList>()
        .ok()
        .filter(|list| list.len() <= FEW)
    {
        return with_few(list, send);
    }
    let items = buffers_of(buffers)?;
    let parts = readable(&items)?;
    send(&memory::collect(parts.iter().map(Readable::all)).map_err(no_memory)?)
}

/// So many buffers are sent without allocating memory for a list of them.
const FEW: usize = 4;

/// Passes on the bytes of the objects in a list of at most [`FEW`], all held meanwhile.
fn with_few<T>(list: &Bound<'_, PyList>, send: impl FnOnce(&[SendBuf<'_>]) -> PyResult<T>) -> PyResult<T> {
    let mut items = [const { None }; FEW];
    for (place, item) in items.iter_mut().zip(list.iter()) {
        *place = Some(item);
    }
    let mut parts = [const { None }; FEW];
    for (place, item) in parts.iter_mut().zip(items.iter().flatten()) {
        *place = Some(data_of(item)?);
    }
    let mut data = [SendBuf::from(&[][..]); FEW];
    let mut count = 0;
    for (place, part) in data.iter_mut().zip(parts.iter().flatten()) {
        *place = part.all();
        count += 1;
    }
    send(data.get(..count).unwrap_or_default())
}

/// The objects whose bytes a message sends, one after the other.
pub fn buffers_of<'py>(buffers: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let items = ancillary::items_of(buffers, "sendmsg() argument 1 must be an iterable")?;
    if items.len() > ancillary::LONGEST {
        return Err(PyOSError::new_err("sendmsg() argument 1 is too long"));
    }
    Ok(items)
}

/// The bytes of these objects.
pub fn readable<'a, 'py>(items: &'a [Bound<'py, PyAny>]) -> PyResult<Vec<Readable<'a, 'py>>> {
    let mut all = memory::list(items.len()).map_err(no_memory)?;
    for item in items {
        all.push(data_of(item)?);
    }
    Ok(all)
}

/// What came along with the bytes.
fn beside_bytes<'py>(py: Python<'py>, socket: &Socket, received: Received) -> PyResult<Beside<'py>> {
    let from = address::to_python(py, socket.protocol(), &received.address)?;
    if received.malformed {
        let text = c"received malformed or improperly-truncated ancillary data";
        PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), text, 1)?;
    }
    let messages = ancillary::to_python(py, received.ancillary)?;
    Ok((messages, received.flags.0, from))
}
