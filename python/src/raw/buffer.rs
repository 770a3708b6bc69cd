//! Memory of Python objects, exported for the length of a call.
//!
//! While detached, other threads may change what the memory holds, so no slice is ever made of it then: the core
//! takes a pointer and a length and hands them to the kernel.

use polysock_core::{Data, Room};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::os::raw::c_int;

/// An exported buffer, released when dropped.
struct Export<'py> {
    /// Boxed: some exporters keep pointers into it.
    view: Box<ffi::Py_buffer>,
    _attached: Python<'py>,
}

impl<'py> Export<'py> {
    fn of(object: &Bound<'py, PyAny>, flags: c_int) -> PyResult<Self> {
        let mut view = Box::new(ffi::Py_buffer::new());
        // SAFETY: `view` is ours, the object is alive and we are attached.
        if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut *view, flags) } != 0 {
            return Err(PyErr::fetch(object.py()));
        }
        Ok(Self {
            view,
            _attached: object.py(),
        })
    }

    fn length(&self) -> usize {
        usize::try_from(self.view.len).unwrap_or(0)
    }
}

impl Drop for Export<'_> {
    fn drop(&mut self) {
        // SAFETY: the buffer was exported to us and is released once; `_attached` says that we are attached.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.view) };
    }
}

/// Bytes to send: any object with a C-contiguous buffer.
pub struct Readable<'py>(Export<'py>);

impl<'py> Readable<'py> {
    /// Exports an object's bytes.
    pub fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        Export::of(object, ffi::PyBUF_SIMPLE).map(Self)
    }

    /// The bytes as the core takes them.
    pub fn data(&self) -> Data<'_> {
        // SAFETY: the exporter keeps the memory readable until the buffer is released, which outlives the result.
        unsafe { Data::from_raw_parts(self.0.view.buf.cast(), self.0.length()) }
    }

    /// A copy of the bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        if self.0.length() == 0 {
            return Vec::new(); // its pointer may be null
        }
        // SAFETY: as in `data`; we stay attached, and no other thread of Python changes it during the copy.
        unsafe { std::slice::from_raw_parts(self.0.view.buf.cast(), self.0.length()) }.to_vec()
    }
}

/// Room to receive into: any object with a writable C-contiguous buffer.
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

    /// How many bytes there is room for.
    pub fn len(&self) -> usize {
        self.0.length()
    }

    /// Room for the first `length` bytes, or all there is.
    pub fn room(&mut self, length: usize) -> Room<'_> {
        // SAFETY: the exporter keeps the memory writable until the buffer is released, which outlives the result.
        unsafe { Room::from_raw_parts(self.0.view.buf.cast(), length.min(self.0.length())) }
    }
}
