//! Memory of Python objects, exported for the length of a call.
//!
//! The exporter keeps the memory where it is, but while this thread is detached, and on a free-threaded interpreter at any
//! time, other threads may change what it holds. So no slice of it ever exists then: the core takes a pointer and a
//! length, and passes them to the kernel or copies the bytes.

use super::threads::HAS_LOCK;
use crate::errors::no_memory;
use polysock::{memory, RecvBuf, SendBuf};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};
use std::os::raw::c_int;

/// Whether an object is a sequence.
pub fn is_sequence(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive and we are attached.
    unsafe { ffi::PySequence_Check(object.as_ptr()) == 1 }
}

/// An exported buffer, released when dropped.
struct Export<'py> {
    view: View,
    /// Whether the memory is the interpreter's own. A memoryview's may be a mapped file, whose pages have to be read.
    is_plain: bool,
    _attached: Python<'py>,
}

enum View {
    /// Of an exporter that keeps no pointers into the buffer.
    Movable(ffi::Py_buffer),
    /// Some keep pointers into the buffer, so it must not move.
    Boxed(Box<ffi::Py_buffer>),
}

impl View {
    fn get(&self) -> &ffi::Py_buffer {
        match self {
            Self::Movable(view) => view,
            Self::Boxed(view) => view,
        }
    }
}

impl<'py> Export<'py> {
    fn of(object: &Bound<'py, PyAny>, flags: c_int) -> PyResult<Self> {
        let is_plain = object.is_exact_instance_of::<PyByteArray>();
        let mut view = if is_plain || object.is_exact_instance_of::<PyMemoryView>() {
            View::Movable(ffi::Py_buffer::new())
        } else {
            View::Boxed(Box::new(ffi::Py_buffer::new()))
        };
        let place = match &mut view {
            View::Movable(view) => view,
            View::Boxed(view) => &mut **view,
        };
        // SAFETY: `place` is ours, the object is alive and we are attached.
        if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), place, flags) } != 0 {
            return Err(PyErr::fetch(object.py()));
        }
        Ok(Self {
            view,
            is_plain,
            _attached: object.py(),
        })
    }

    fn start(&self) -> *mut u8 {
        self.view.get().buf.cast()
    }

    fn length(&self) -> usize {
        usize::try_from(self.view.get().len).unwrap_or(0)
    }
}

impl Drop for Export<'_> {
    fn drop(&mut self) {
        let view: *mut ffi::Py_buffer = match &mut self.view {
            View::Movable(view) => view,
            View::Boxed(view) => &raw mut **view,
        };
        // SAFETY: the buffer was exported to us and is released once; `_attached` says that we are attached.
        unsafe { ffi::PyBuffer_Release(view) };
    }
}

/// Bytes to send: any object with a C-contiguous buffer.
pub enum Readable<'a, 'py> {
    /// Exactly `bytes`: they never change or move, and the reference keeps them alive.
    Bytes(&'a [u8]),
    /// Anything else.
    Exported(Exported<'py>),
}

/// An exported buffer to read from.
pub struct Exported<'py>(Export<'py>);

impl<'a, 'py> Readable<'a, 'py> {
    /// Exports an object's bytes.
    pub fn of(object: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast_exact::<PyBytes>() {
            return Ok(Self::Bytes(bytes.as_bytes()));
        }
        Export::of(object, ffi::PyBUF_SIMPLE).map(|export| Self::Exported(Exported(export)))
    }

    /// The bytes in the form that the core takes.
    pub fn all(&self) -> SendBuf<'_> {
        match self {
            Self::Bytes(bytes) => (*bytes).into(),
            // SAFETY: the exporter keeps the memory readable until the buffer is released, which outlives the result.
            Self::Exported(Exported(export)) => unsafe {
                SendBuf::from_raw_parts(export.start(), export.length())
            },
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Exported(Exported(export)) => export.length(),
        }
    }

    /// `length` bytes from `offset` on, or as many as there are.
    pub fn part(&self, offset: usize, length: usize) -> SendBuf<'_> {
        let offset = offset.min(self.len());
        let length = length.min(self.len() - offset);
        // SAFETY: as in `all`; the offset lies within the memory, or at its end.
        unsafe { SendBuf::from_raw_parts(self.start().wrapping_add(offset), length) }
    }

    /// Whether the memory is the interpreter's own, so that reading it never waits for a file.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Bytes(_) => true,
            Self::Exported(Exported(export)) => export.is_plain,
        }
    }

    /// A copy of the bytes.
    pub fn to_vec(&self) -> PyResult<Vec<u8>> {
        let length = self.len();
        let mut copy = memory::list(length).map_err(no_memory)?;
        if length > 0 {
            // SAFETY: as in `all`, and that much room was reserved.
            unsafe { std::ptr::copy_nonoverlapping(self.start(), copy.as_mut_ptr(), length) };
            // SAFETY: these bytes have just been written.
            unsafe { copy.set_len(length) };
        }
        Ok(copy)
    }

    /// Gives the bytes, as they are at one moment, to a function that stays attached.
    #[inline]
    pub fn look<R>(&self, function: impl FnOnce(&[u8]) -> R) -> PyResult<R> {
        match self {
            Self::Bytes(bytes) => Ok(function(bytes)),
            Self::Exported(Exported(export)) if HAS_LOCK && export.length() > 0 => {
                // SAFETY: as in `all`. Whatever changes them has to attach, which it can't while the function runs.
                let bytes = unsafe { std::slice::from_raw_parts(export.start(), export.length()) };
                Ok(function(bytes))
            }
            Self::Exported(_) => self.to_vec().map(|copy| function(&copy)),
        }
    }

    /// Where the bytes are. Null is possible if there are none.
    fn start(&self) -> *const u8 {
        match self {
            Self::Bytes(bytes) => bytes.as_ptr(),
            Self::Exported(Exported(export)) => export.start().cast_const(),
        }
    }
}

/// Memory to receive into: any object with a writable C-contiguous buffer.
pub struct Writable<'py>(Export<'py>);

impl<'py> Writable<'py> {
    /// Exports an object's memory.
    pub fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        match Export::of(object, ffi::PyBUF_WRITABLE) {
            Ok(export) => Ok(Self(export)),
            Err(_) => {
                let name = object.get_type().name()?;
                let text = format!("a read-write bytes-like object is required, not {name}");
                Err(PyTypeError::new_err(text))
            }
        }
    }

    /// Whether the memory is the interpreter's own, so that writing to it never waits for a file.
    pub fn is_plain(&self) -> bool {
        self.0.is_plain
    }

    /// How many bytes it has room for.
    pub fn len(&self) -> usize {
        self.0.length()
    }

    /// The first `length` bytes, or all there are.
    pub fn first(&mut self, length: usize) -> RecvBuf<'_> {
        // SAFETY: the exporter keeps the memory writable until the buffer is released, which outlives the result.
        unsafe { RecvBuf::from_raw_parts(self.0.start(), length.min(self.0.length())) }
    }

    /// `length` bytes from `offset` on, or as many as there are.
    pub fn part(&mut self, offset: usize, length: usize) -> RecvBuf<'_> {
        let offset = offset.min(self.0.length());
        let length = length.min(self.0.length() - offset);
        // SAFETY: as in `first`; the offset lies within the memory, or at its end.
        unsafe { RecvBuf::from_raw_parts(self.0.start().wrapping_add(offset), length) }
    }
}
