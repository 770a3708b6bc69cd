//! Datagrams and messages: recvfrom, sendto, recvmsg, sendmsg and their kin; the room for control messages.

use crate::address;
use crate::arguments as convert;
use crate::arguments::{since, Argument, CInt, Object, Size};
use crate::audit;
use crate::errors::exception::{no_memory, raise};
use crate::errors::notes::{self, About};
use crate::lock::caller as gil;
use crate::lock::caller::Tries;
use crate::raw::buffer::is_sequence;
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes;
use crate::socket::{waiting_flags, NativeSocket, Using};
use polysock::{memory, Address, Ancillary, Control, Family, Received, Socket};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyRuntimeWarning, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyString, PyTuple};
use std::os::fd::IntoRawFd;

/// The longest a control message may be: what a `socklen_t` takes in every system call.
const LONGEST: usize = 0x7fff_ffff;

/// The cryptography's level, the control messages it takes, and how a program sets them.
const SOL_ALG: i32 = 279;
const ALG_SET_IV: i32 = 2;
const ALG_SET_OP: i32 = 3;
const ALG_SET_AEAD_ASSOCLEN: i32 = 4;

/// What recvmsg returns beside the bytes: control messages, flags, address.
type Beside<'py> = (Bound<'py, PyList>, i32, Bound<'py, PyAny>);

/// The length of a control message with so many bytes of data, without padding.
#[pyfunction(name = "CMSG_LEN")]
#[pyo3(signature = (length, /))]
pub fn cmsg_len(length: Size) -> PyResult<usize> {
    let fits = |length: &usize| *length <= LONGEST;
    let length = length.count("").ok().filter(fits).and_then(Ancillary::length);
    length
        .filter(fits)
        .ok_or_else(|| PyOverflowError::new_err("CMSG_LEN() argument out of range"))
}

/// The room that a control message with so many bytes of data takes, padding included.
#[pyfunction(name = "CMSG_SPACE")]
#[pyo3(signature = (length, /))]
pub fn cmsg_space(length: Size) -> PyResult<usize> {
    // CPython refuses what one more byte of data would bring beyond the limit.
    let fits = |length: &usize| Ancillary::space(1).is_some_and(|one| *length <= LONGEST - one);
    let space = length.count("").ok().filter(fits).and_then(Ancillary::space);
    space.ok_or_else(|| PyOverflowError::new_err("CMSG_SPACE() argument out of range"))
}

/// Receives a datagram of at most `capacity` bytes and the sender's address.
pub fn received_from<'py>(
    py: Python<'py>,
    (native, socket): Using<'_>,
    capacity: usize,
    flags: CInt,
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyAny>)> {
    let mut from = Address::EMPTY;
    let tries = native.tries(socket, Tries::Receive, flags, true);
    let data = bytes::received(py, About::socket(socket), capacity, flags, |room| {
        let received = gil::attempt_with(py, tries, |host| {
            socket.on(host).recv_from_with(room, waiting_flags(socket, flags))
        })?;
        gil::received(received.count);
        from = received.address;
        Ok(received.count)
    })?;
    Ok((data, address::to_python(py, socket.protocol(), &from)?))
}

pub fn recvfrom_into<'py>(
    py: Python<'py>,
    socket: &Socket,
    buffer: &Bound<'py, PyAny>,
    nbytes: Size,
    flags: CInt,
) -> PyResult<(usize, Bound<'py, PyAny>)> {
    let wanted = "recvfrom_into() argument 1 must be read-write bytes-like object";
    let mut buffer =
        Writable::of(buffer).map_err(|_| notes::of_data(convert::wrong_argument(wanted, buffer), buffer))?;
    let wanted = match nbytes.count("negative buffersize in recvfrom_into")? {
        0 => buffer.len(),
        wanted if wanted <= buffer.len() => wanted,
        _ => {
            let text = "nbytes is greater than the length of the buffer";
            return Err(PyValueError::new_err(text));
        }
    };
    let received = gil::call(py, About::socket(socket), |host| {
        socket
            .on(host)
            .recv_from_with(buffer.room(wanted), waiting_flags(socket, flags))
    })?;
    let from = address::to_python(py, socket.protocol(), &received.address)?;
    Ok((received.count, from))
}

/// `sendto(data, address)` or `sendto(data, flags, address)`.
pub fn sendto(slf: &Bound<'_, NativeSocket>, arguments: &Bound<'_, PyTuple>) -> PyResult<usize> {
    let (data, flags, address) = match arguments.len() {
        2 => (arguments.get_item(0)?, None, arguments.get_item(1)?),
        3 => (
            arguments.get_item(0)?,
            Some(arguments.get_item(1)?),
            arguments.get_item(2)?,
        ),
        count => {
            let text = format!("sendto() takes 2 or 3 arguments ({count} given)");
            return Err(PyTypeError::new_err(text));
        }
    };
    let data = to_send(&data)?;
    let flags = flags.map_or(Ok(CInt(0)), |flags| flags.extract())?;
    sent_to(slf, &data, flags, &address)
}

/// Sends a datagram to an address.
pub fn sent_to(
    slf: &Bound<'_, NativeSocket>,
    data: &Readable<'_, '_>,
    flags: CInt,
    address: &Bound<'_, PyAny>,
) -> PyResult<usize> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let to = address::from_python("sendto", &socket, address)?;
    audit::tell_address(c"socket.sendto", slf, address)?;
    // A path is looked up, which may have to wait for a disk.
    let looked_up = socket.family() == Family::UNIX;
    let tries = slf
        .get()
        .tries(&socket, Tries::Send, flags, data.is_plain() && !looked_up);
    gil::transfer(py, About::socket(&socket).to(&to), tries, |host| {
        socket
            .on(host)
            .send_to_with(data.data(), &to, waiting_flags(&socket, flags))
    })
}

pub fn recvmsg<'py>(
    py: Python<'py>,
    socket: &Socket,
    bufsize: Size,
    ancbufsize: Size,
    flags: CInt,
) -> PyResult<Bound<'py, PyTuple>> {
    let capacity = bufsize.count("negative buffer size in recvmsg()")?;
    let control = control_room(ancbufsize)?;
    received_message(py, socket, capacity, control, flags)
}

/// Receives a message of at most `capacity` bytes, and at most `control` bytes beside it.
pub fn received_message<'py>(
    py: Python<'py>,
    socket: &Socket,
    capacity: usize,
    control: usize,
    flags: CInt,
) -> PyResult<Bound<'py, PyTuple>> {
    let mut beside = None;
    let data = bytes::received(py, About::socket(socket), capacity, flags, |room| {
        let received = gil::attempt(py, |host| {
            socket
                .on(host)
                .recv_message(&[room], control, waiting_flags(socket, flags))
        })?;
        let count = received.count.min(capacity); // unlike recv(), also with MSG_TRUNC, as CPython has it
        beside = Some(received);
        Ok(count)
    })?;
    let Some(received) = beside else {
        return Err(PyOSError::new_err("nothing was received")); // `received` always calls
    };
    let (ancillary, flags, from) = shown(py, socket, received)?;
    (data, ancillary, flags, from).into_pyobject(py)
}

pub fn recvmsg_into<'py>(
    py: Python<'py>,
    socket: &Socket,
    buffers: &Bound<'py, PyAny>,
    ancbufsize: Size,
    flags: CInt,
) -> PyResult<Bound<'py, PyTuple>> {
    let items = iterable(buffers, "recvmsg_into() argument 1 must be an iterable")?;
    if items.len() > LONGEST {
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
    let control = control_room(ancbufsize)?;
    let room = memory::collect(parts.iter_mut().map(|part| part.room(usize::MAX))).map_err(no_memory)?;
    let received = gil::call(py, About::socket(socket), |host| {
        socket
            .on(host)
            .recv_message(&room, control, waiting_flags(socket, flags))
    })?;
    let count = received.count;
    let (ancillary, flags, from) = shown(py, socket, received)?;
    (count, ancillary, flags, from).into_pyobject(py)
}

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
    audit::tell_address(
        c"socket.sendmsg",
        slf,
        address.unwrap_or(&py.None().into_bound(py)),
    )?;
    let items = pieces(buffers)?;
    let parts = readable(&items)?;
    let control = match ancdata {
        Argument::Given(items) => controls(&items.0)?,
        Argument::Missing => Vec::new(),
    };
    let data = memory::collect(parts.iter().map(Readable::data)).map_err(no_memory)?;
    gil::call(py, About::socket(&socket).to(to.as_ref()), |host| {
        socket
            .on(host)
            .send_message(&data, &control, to.as_ref(), waiting_flags(&socket, flags))
    })
}

pub fn sendmsg_afalg(
    py: Python<'_>,
    socket: &Socket,
    msg: Option<&Bound<'_, PyAny>>,
    op: Option<&Bound<'_, PyAny>>,
    iv: Option<&Bound<'_, PyAny>>,
    assoclen: Option<&Bound<'_, PyAny>>,
    flags: CInt,
) -> PyResult<usize> {
    if socket.family() != Family::ALG {
        return Err(PyOSError::new_err("algset is only supported for AF_ALG"));
    }
    let missing = || PyTypeError::new_err("Invalid or missing argument 'op'");
    let CInt(op) = op.ok_or_else(missing)?.extract()?;
    let op = u32::try_from(op).map_err(|_| missing())?;
    let mut control = vec![raise(py, Control::new(SOL_ALG, ALG_SET_OP, &op.to_ne_bytes()))?];
    let iv = iv.map(Readable::of).transpose()?;
    if let Some(iv) = iv.map(|iv| iv.to_vec()).transpose()? {
        let length = u32::try_from(iv.len()).map_err(|_| PyOSError::new_err("iv is too long"))?;
        let value = length.to_ne_bytes().into_iter().chain(iv);
        let value = memory::collect(value).map_err(no_memory)?;
        control.push(raise(py, Control::new(SOL_ALG, ALG_SET_IV, &value))?);
    }
    if let Some(assoclen) = assoclen {
        let CInt(length) = assoclen.extract()?;
        let length = u32::try_from(length).map_err(|_| PyTypeError::new_err("assoclen must be positive"))?;
        let value = length.to_ne_bytes();
        control.push(raise(py, Control::new(SOL_ALG, ALG_SET_AEAD_ASSOCLEN, &value))?);
    }
    let items = msg.map_or(Ok(Vec::new()), pieces)?;
    let parts = readable(&items)?;
    let data = memory::collect(parts.iter().map(Readable::data)).map_err(no_memory)?;
    gil::call(py, About::socket(socket), |host| {
        socket
            .on(host)
            .send_message(&data, &control, None, waiting_flags(socket, flags))
    })
}

/// The objects whose bytes are to be sent, one after the other.
fn pieces<'py>(buffers: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let items = iterable(buffers, "sendmsg() argument 1 must be an iterable")?;
    if items.len() > LONGEST {
        return Err(PyOSError::new_err("sendmsg() argument 1 is too long"));
    }
    Ok(items)
}

fn readable<'a, 'py>(items: &'a [Bound<'py, PyAny>]) -> PyResult<Vec<Readable<'a, 'py>>> {
    let mut all = memory::list(items.len()).map_err(no_memory)?;
    for item in items {
        all.push(to_send(item)?);
    }
    Ok(all)
}

/// What is to be sent, of any object that has bytes.
pub fn to_send<'a, 'py>(data: &'a Bound<'py, PyAny>) -> PyResult<Readable<'a, 'py>> {
    Readable::of(data).map_err(|error| notes::of_data(error, data))
}

fn controls(ancdata: &Bound<'_, PyAny>) -> PyResult<Vec<Control<'static>>> {
    let items = iterable(ancdata, "sendmsg() argument 2 must be an iterable")?;
    let mut room = 0_usize;
    let mut messages = memory::list(items.len()).map_err(no_memory)?;
    for item in &items {
        let (level, kind, data) = control(item)?;
        let Some(space) = Ancillary::space(data.len()).filter(|space| *space <= LONGEST) else {
            return Err(PyOSError::new_err("ancillary data item too large"));
        };
        room += space;
        if room > LONGEST {
            return Err(PyOSError::new_err("too much ancillary data"));
        }
        messages.push(raise(ancdata.py(), Control::new(level, kind, &data))?);
    }
    Ok(messages)
}

fn control(item: &Bound<'_, PyAny>) -> PyResult<(i32, i32, Vec<u8>)> {
    let caller = "[sendmsg() ancillary data items]() argument must be";
    // Since CPython 3.14 text is no sequence of control data, and tuples are what is asked for.
    let newer = since(item.py(), 14);
    let text = newer && (item.is_instance_of::<PyString>() || item.is_instance_of::<PyByteArray>());
    if text || !is_sequence(item) || item.is_instance_of::<PyBytes>() {
        let kind = if newer { "tuple" } else { "sequence" };
        return Err(convert::wrong_argument(&format!("{caller} 3-item {kind}"), item));
    }
    let length = item.len()?;
    if length != 3 {
        let tuple = newer && item.is_instance_of::<PyTuple>();
        let kind = if tuple { "tuple" } else { "sequence" };
        let text = format!("{caller} {kind} of length 3, not {length}");
        return Err(PyTypeError::new_err(text));
    }
    let (CInt(level), CInt(kind)) = (item.get_item(0)?.extract()?, item.get_item(1)?.extract()?);
    Ok((level, kind, Readable::of(&item.get_item(2)?)?.to_vec()?))
}

/// The items of an iterable, all held, so that none goes away while its memory is used.
fn iterable<'py>(object: &Bound<'py, PyAny>, otherwise: &'static str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if let Ok(list) = object.cast_exact::<PyList>() {
        return memory::collect(list.iter()).map_err(no_memory);
    }
    let found = object.try_iter().map_err(|error| {
        if error.is_instance_of::<PyTypeError>(object.py()) {
            PyTypeError::new_err(otherwise)
        } else {
            error
        }
    })?;
    // Not collected: to ask how many there are would take a call of a Python function.
    let mut items = Vec::with_capacity(4);
    for item in found {
        memory::push(&mut items, item?).map_err(no_memory)?;
    }
    Ok(items)
}

fn control_room(ancbufsize: Size) -> PyResult<usize> {
    let invalid = "invalid ancillary data buffer length";
    let room = ancbufsize.count(invalid)?;
    if room > LONGEST {
        return Err(PyValueError::new_err(invalid));
    }
    Ok(room)
}

/// What came beside the bytes. Descriptors become the program's only once everything else has been made.
fn shown<'py>(py: Python<'py>, socket: &Socket, received: Received) -> PyResult<Beside<'py>> {
    let from = address::to_python(py, socket.protocol(), &received.address)?;
    if received.malformed {
        let text = c"received malformed or improperly-truncated ancillary data";
        PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), text, 1)?;
    }
    let list = PyList::empty(py);
    let mut given = Vec::new();
    for item in received.ancillary {
        let (level, kind) = (item.level(), item.kind());
        let data = match item {
            Ancillary::Rights(descriptors) => {
                let numbers = descriptors
                    .iter()
                    .flat_map(|fd| std::os::fd::AsRawFd::as_raw_fd(fd).to_ne_bytes());
                let numbers = memory::collect(numbers).map_err(no_memory)?;
                memory::reserve(&mut given, descriptors.len()).map_err(no_memory)?;
                given.extend(descriptors);
                numbers
            }
            Ancillary::Other { data, .. } => data,
            _ => Vec::new(),
        };
        list.append((level, kind, bytes::copy(py, &data)?))?;
    }
    for descriptor in given {
        let _ = descriptor.into_raw_fd();
    }
    Ok((list, received.flags.0, from))
}
