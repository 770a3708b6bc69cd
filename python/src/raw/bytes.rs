//! `bytes` objects that are filled after they were made, without a copy where that pays off.

use polysock::{memory, Kind, RecvBuf};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::mem::{transmute, MaybeUninit};
use std::ops::Range;
use std::os::raw::c_int;
use std::sync::OnceLock;

/// Up to this many bytes are received onto the stack, then copied into a `bytes` of the right size. It must fit into the
/// smallest stacks that Python programs give their threads (32 KiB).
pub const SCRATCH: usize = 4096;

/// Memory on the stack to receive into.
pub struct Scratch([MaybeUninit<u8>; SCRATCH]);

impl Scratch {
    #[inline]
    pub fn new() -> Self {
        Self([MaybeUninit::uninit(); SCRATCH])
    }

    /// The first `capacity` bytes of it, to receive into.
    #[inline]
    pub fn buffer(&mut self, capacity: usize) -> RecvBuf<'_> {
        let (buffer, _) = self.0.split_at_mut(capacity.min(SCRATCH));
        RecvBuf::uninit(buffer)
    }

    /// A `bytes` of the first `length` bytes, which have been filled.
    #[inline]
    pub fn finish<'py>(&self, py: Python<'py>, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        // SAFETY: the caller says that `length` bytes were filled, and the slice is no longer than that.
        let filled = unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), length.min(SCRATCH)) };
        copy(py, filled)
    }
}

/// Makes a `bytes` of these; MemoryError when there is no memory for it.
pub fn copy<'py>(py: Python<'py>, from: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let size = ffi::Py_ssize_t::try_from(from.len()).unwrap_or(ffi::Py_ssize_t::MAX);
    // SAFETY: attached; the bytes are readable for their length.
    let object = unsafe { ffi::PyBytes_FromStringAndSize(from.as_ptr().cast(), size) };
    // SAFETY: a new reference, or null with an exception set.
    let object = unsafe { Bound::from_owned_ptr_or_err(py, object) }?;
    // SAFETY: PyBytes_FromStringAndSize makes exactly bytes.
    Ok(unsafe { object.cast_into_unchecked() })
}

/// Memory for several datagrams, of at most so many bytes each.
pub struct Slots {
    /// Its spare capacity is that memory.
    memory: Vec<u8>,
    count: usize,
    size: usize,
}

impl Slots {
    /// Allocates the memory, uninitialised.
    pub fn new(count: usize, size: usize) -> Result<Self, Kind> {
        let size = size.max(1);
        let total = count.checked_mul(size).ok_or(Kind::OutOfMemory)?;
        Ok(Self {
            memory: memory::list(total)?,
            count,
            size,
        })
    }

    /// To receive into, one for each datagram; of at most `length` bytes.
    pub fn rooms(&mut self, length: usize) -> impl Iterator<Item = RecvBuf<'_>> {
        let slots = self.memory.spare_capacity_mut().chunks_exact_mut(self.size);
        slots.take(self.count).map(move |slot| {
            let (room, _) = slot.split_at_mut(length.min(slot.len()));
            RecvBuf::uninit(room)
        })
    }

    /// A `bytes` of a part of a datagram, which has been filled.
    pub fn bytes<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        part: Range<usize>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if index >= self.count || part.start > part.end || part.end > self.size {
            return copy(py, &[]); // not reached: a receive fills no more than it is given
        }
        let start = self.memory.as_ptr().wrapping_add(index * self.size + part.start);
        // SAFETY: the part lies within a slot, which lies within the capacity, and the caller says that it was filled.
        copy(py, unsafe { std::slice::from_raw_parts(start, part.len()) })
    }
}

/// A `bytes` object that no other code has seen yet, so that it may still be written to.
pub struct Unfinished<'py>(Bound<'py, PyBytes>, usize);

impl<'py> Unfinished<'py> {
    /// Allocates `capacity` uninitialised bytes.
    pub fn new(py: Python<'py>, capacity: usize) -> PyResult<Self> {
        let size = ffi::Py_ssize_t::try_from(capacity).unwrap_or(ffi::Py_ssize_t::MAX);
        // SAFETY: attached; a null pointer requests uninitialised memory.
        let object = unsafe { ffi::PyBytes_FromStringAndSize(std::ptr::null(), size) };
        // SAFETY: a new reference, or null with an exception set.
        let object = unsafe { Bound::from_owned_ptr_or_err(py, object) }?;
        // SAFETY: PyBytes_FromStringAndSize makes exactly bytes.
        Ok(Self(unsafe { object.cast_into_unchecked() }, capacity))
    }

    /// The whole of it, to receive into.
    pub fn buffer(&mut self) -> RecvBuf<'_> {
        // SAFETY: the object is bytes and alive.
        let start = unsafe { ffi::PyBytes_AsString(self.0.as_ptr()) };
        // SAFETY: it has `capacity` bytes, and no other code has the object.
        unsafe { RecvBuf::from_raw_parts(start.cast(), self.1) }
    }

    /// Shrinks it to the `length` bytes that were filled.
    pub fn finish(self, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        let py = self.0.py();
        let length = length.min(self.1);
        if length == self.1 && length > 1 {
            return Ok(self.0);
        }
        // The interpreter has only one object for the empty `bytes` and for each single byte; and copying a little
        // costs less than giving back most of a large block.
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
        // SAFETY: the first `length` bytes were filled, and nothing writes to them any more.
        copy(py, unsafe { std::slice::from_raw_parts(start.cast(), length) })
    }
}

type Resize = unsafe extern "C" fn(*mut *mut ffi::PyObject, ffi::Py_ssize_t) -> c_int;

/// `_PyBytes_Resize`: exported by every CPython, but not part of its stable ABI.
fn resize() -> Option<Resize> {
    static FOUND: OnceLock<Option<Resize>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let address = super::threads::symbol(c"_PyBytes_Resize");
        // SAFETY: null becomes None, and CPython's function of this name has this signature.
        unsafe { transmute::<*mut libc::c_void, Option<Resize>>(address) }
    })
}
