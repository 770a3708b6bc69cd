//! `bytes` objects made of what is received, without a copy where it pays.

use crate::arguments::CInt;
use crate::errors::exception as error;
use crate::errors::notes::About;
use crate::lock::caller::Failure;
use polysock::RecvBuf;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::mem::{transmute, MaybeUninit};
use std::os::raw::c_int;
use std::sync::OnceLock;

/// Up to so much is received into the stack, then copied into a `bytes` of the right size. It must fit into the
/// smallest stacks that Python programs give their threads (32 KiB).
const SCRATCH: usize = 4096;

/// Makes a `bytes` of at most `capacity` bytes, or with `MSG_TRUNC` of as many as the datagram has: `receive` fills the
/// room and says how much there is.
pub fn received<'py>(
    py: Python<'py>,
    about: About<'_>,
    capacity: usize,
    CInt(flags): CInt,
    receive: impl FnOnce(RecvBuf<'_>) -> Result<usize, Box<Failure>>,
) -> PyResult<Bound<'py, PyBytes>> {
    if flags & libc::MSG_TRUNC != 0 {
        return received_whole(py, about, capacity, receive);
    }
    if capacity > SCRATCH {
        let mut bytes = Unfinished::new(py, capacity)?;
        return match receive(bytes.room()) {
            Ok(length) => bytes.finish(length),
            Err(failure) => {
                let came = bytes.finish(failure.error.done())?;
                Err(ended(py, *failure, about, came.as_bytes()))
            }
        };
    }
    let mut scratch = [MaybeUninit::<u8>::uninit(); SCRATCH];
    let (room, _) = scratch.split_at_mut(capacity);
    let result = receive(RecvBuf::uninit(room));
    let length = match &result {
        Ok(length) => *length,
        Err(failure) => failure.error.done(),
    };
    // SAFETY: `receive` says that it filled `length` bytes, and there are no more than `capacity`.
    let filled = unsafe { std::slice::from_raw_parts(scratch.as_ptr().cast(), length.min(capacity)) };
    match result {
        Ok(_) => copy(py, filled),
        Err(failure) => Err(ended(py, *failure, about, filled)),
    }
}

/// The exception for a receive that was ended after some bytes had come.
#[cold]
fn ended(py: Python<'_>, failure: Failure, about: About<'_>, came: &[u8]) -> PyErr {
    let raised = failure.into_exception(py, about);
    if !came.is_empty() {
        error::note_partial(py, &raised, came);
    }
    raised
}

/// Makes a `bytes` of a datagram's whole length, as `MSG_TRUNC` asks for: beyond the room there are zeros. Of a TCP
/// stream the flag drops what is received, so the room holds zeros from the beginning.
fn received_whole<'py>(
    py: Python<'py>,
    about: About<'_>,
    capacity: usize,
    receive: impl FnOnce(RecvBuf<'_>) -> Result<usize, Box<Failure>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut result = Ok(0);
    let bytes = PyBytes::new_with(py, capacity, |room| {
        result = receive(room.into());
        Ok(())
    })?;
    let stored = |length: usize| bytes.as_bytes().get(..length.min(capacity)).unwrap_or(&[]);
    let length = result.map_err(|failure| {
        let came = stored(failure.error.done());
        ended(py, *failure, about, came)
    })?;
    let stored = stored(length);
    PyBytes::new_with(py, length, |whole| {
        whole.iter_mut().zip(stored).for_each(|(to, from)| *to = *from);
        Ok(())
    })
}

/// Makes a `bytes` of these; MemoryError where there is no room for it.
pub fn copy<'py>(py: Python<'py>, from: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let size = ffi::Py_ssize_t::try_from(from.len()).unwrap_or(ffi::Py_ssize_t::MAX);
    // SAFETY: attached; the bytes are readable for their length.
    let object = unsafe { ffi::PyBytes_FromStringAndSize(from.as_ptr().cast(), size) };
    // SAFETY: a new reference, or null with an exception set.
    let object = unsafe { Bound::from_owned_ptr_or_err(py, object) }?;
    // SAFETY: PyBytes_FromStringAndSize makes exactly bytes.
    Ok(unsafe { object.cast_into_unchecked() })
}

/// A `bytes` object that nobody else has seen yet, so that it may still be written to.
pub struct Unfinished<'py>(Bound<'py, PyBytes>, usize);

impl<'py> Unfinished<'py> {
    /// Allocates room for `capacity` bytes that hold nothing yet.
    pub fn new(py: Python<'py>, capacity: usize) -> PyResult<Self> {
        let size = ffi::Py_ssize_t::try_from(capacity).unwrap_or(ffi::Py_ssize_t::MAX);
        // SAFETY: attached; a null pointer asks for memory that is not filled.
        let object = unsafe { ffi::PyBytes_FromStringAndSize(std::ptr::null(), size) };
        // SAFETY: a new reference, or null with an exception set.
        let object = unsafe { Bound::from_owned_ptr_or_err(py, object) }?;
        // SAFETY: PyBytes_FromStringAndSize makes exactly bytes.
        Ok(Self(unsafe { object.cast_into_unchecked() }, capacity))
    }

    /// The whole of it, to receive into.
    pub fn room(&mut self) -> RecvBuf<'_> {
        // SAFETY: the object is bytes and alive.
        let start = unsafe { ffi::PyBytes_AsString(self.0.as_ptr()) };
        // SAFETY: it has `capacity` bytes, and nobody else knows the object.
        unsafe { RecvBuf::from_raw_parts(start.cast(), self.1) }
    }

    /// Shrinks it to the `length` bytes that were filled.
    pub fn finish(self, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        let py = self.0.py();
        let length = length.min(self.1);
        if length == self.1 && length > 1 {
            return Ok(self.0);
        }
        // The empty bytes and those of one byte exist once each in the interpreter; and a copy of a little costs
        // less than to give the most of a large block back.
        if length <= SCRATCH {
            return self.copy(py, length);
        }
        let (Some(resize), Ok(size)) = (resize(), ffi::Py_ssize_t::try_from(length)) else {
            return self.copy(py, length);
        };
        let mut object = self.0.into_ptr();
        // SAFETY: ours is the only reference to the object. On failure the object is gone and an exception is set.
        if unsafe { resize(&raw mut object, size) } != 0 {
            return Err(PyErr::fetch(py));
        }
        // SAFETY: a reference to the resized bytes, ours.
        let object = unsafe { Bound::from_owned_ptr(py, object) };
        // SAFETY: resizing bytes gives bytes.
        Ok(unsafe { object.cast_into_unchecked() })
    }

    fn copy(&self, py: Python<'py>, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        // SAFETY: the object is bytes and alive.
        let start = unsafe { ffi::PyBytes_AsString(self.0.as_ptr()) };
        // SAFETY: the first `length` bytes were filled, and nobody writes to them any more.
        copy(py, unsafe { std::slice::from_raw_parts(start.cast(), length) })
    }
}

type Resize = unsafe extern "C" fn(*mut *mut ffi::PyObject, ffi::Py_ssize_t) -> c_int;

/// `_PyBytes_Resize`: exported by every CPython, but no part of its stable ABI.
fn resize() -> Option<Resize> {
    static FOUND: OnceLock<Option<Resize>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let address = super::threads::symbol(c"_PyBytes_Resize");
        // SAFETY: null becomes None, and CPython's function of this name has this signature.
        unsafe { transmute::<*mut libc::c_void, Option<Resize>>(address) }
    })
}
