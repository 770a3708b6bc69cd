//! Control messages: what is sent and received along with the bytes of a message.

use crate::arguments::{since, wrong_argument, CInt, Size};
use crate::errors::{no_memory, raise};
use crate::raw::buffer::{is_sequence, Readable};
use crate::raw::bytes;
use polysock::{memory, Ancillary, Control};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyString, PyTuple};
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

/// The longest a control message may be, and the longest list of buffers: what fits into a `socklen_t` in every system
/// call.
pub const LONGEST: usize = 0x7fff_ffff;

/// The length of a control message with `length` bytes of data, without padding.
#[pyfunction(name = "CMSG_LEN")]
#[pyo3(signature = (length, /))]
pub fn cmsg_len(length: Size) -> PyResult<usize> {
    let fits = |length: &usize| *length <= LONGEST;
    let length = length.count("").ok().filter(fits).and_then(Ancillary::length);
    length
        .filter(fits)
        .ok_or_else(|| PyOverflowError::new_err("CMSG_LEN() argument out of range"))
}

/// How many bytes a control message with `length` bytes of data takes, padding included.
#[pyfunction(name = "CMSG_SPACE")]
#[pyo3(signature = (length, /))]
pub fn cmsg_space(length: Size) -> PyResult<usize> {
    // CPython refuses a length at which one more byte of data would exceed the limit.
    let fits = |length: &usize| Ancillary::space(1).is_some_and(|one| *length <= LONGEST - one);
    let space = length.count("").ok().filter(fits).and_then(Ancillary::space);
    space.ok_or_else(|| PyOverflowError::new_err("CMSG_SPACE() argument out of range"))
}

/// The control messages that a program sends.
pub fn to_send(ancdata: &Bound<'_, PyAny>) -> PyResult<Vec<Control<'static>>> {
    let items = items_of(ancdata, "sendmsg() argument 2 must be an iterable")?;
    let mut total = 0_usize;
    let mut messages = memory::list(items.len()).map_err(no_memory)?;
    for item in &items {
        let (level, kind, data) = control(item)?;
        let Some(space) = Ancillary::space(data.len()).filter(|space| *space <= LONGEST) else {
            return Err(PyOSError::new_err("ancillary data item too large"));
        };
        total += space;
        if total > LONGEST {
            return Err(PyOSError::new_err("too much ancillary data"));
        }
        messages.push(raise(ancdata.py(), Control::new(level, kind, &data))?);
    }
    Ok(messages)
}

fn control(item: &Bound<'_, PyAny>) -> PyResult<(i32, i32, Vec<u8>)> {
    let caller = "[sendmsg() ancillary data items]() argument must be";
    // Since CPython 3.14 text is not accepted as a sequence of control data, and the error text asks for tuples.
    let newer = since(item.py(), 14);
    let text = newer && (item.is_instance_of::<PyString>() || item.is_instance_of::<PyByteArray>());
    if text || !is_sequence(item) || item.is_instance_of::<PyBytes>() {
        let kind = if newer { "tuple" } else { "sequence" };
        return Err(wrong_argument(&format!("{caller} 3-item {kind}"), item));
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

/// The items of an iterable, all held, so that none is freed while its memory is in use.
pub fn items_of<'py>(
    object: &Bound<'py, PyAny>,
    otherwise: &'static str,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
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
    // Not `collect`ed: asking for the length would call a Python function.
    let mut items = Vec::with_capacity(4);
    for item in found {
        memory::push(&mut items, item?).map_err(no_memory)?;
    }
    Ok(items)
}

/// The most bytes of control messages that a program wants to receive.
pub fn capacity(ancbufsize: Size) -> PyResult<usize> {
    let invalid = "invalid ancillary data buffer length";
    let capacity = ancbufsize.count(invalid)?;
    if capacity > LONGEST {
        return Err(PyValueError::new_err(invalid));
    }
    Ok(capacity)
}

/// Control messages as Python's list of `(level, type, data)`. The program gets ownership of descriptors only once
/// everything else has been made.
pub fn to_python(py: Python<'_>, received: Vec<Ancillary>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    let mut descriptors: Vec<OwnedFd> = Vec::new();
    for item in received {
        let (level, kind) = (item.level(), item.kind());
        let data = match item {
            Ancillary::Rights(rights) => {
                let numbers = rights.iter().flat_map(|fd| fd.as_raw_fd().to_ne_bytes());
                let numbers = memory::collect(numbers).map_err(no_memory)?;
                memory::reserve(&mut descriptors, rights.len()).map_err(no_memory)?;
                descriptors.extend(rights);
                numbers
            }
            Ancillary::Other { data, .. } => data,
            _ => Vec::new(),
        };
        list.append((level, kind, bytes::copy(py, &data)?))?;
    }
    for descriptor in descriptors {
        let _ = descriptor.into_raw_fd();
    }
    Ok(list)
}
