//! The NULL wall: what C hands over is checked and becomes a type that is right. Values may lie at any address: those in
//! network buffers often are not aligned.

use crate::error::Failure;
use crate::socket::polysock_t;
use libc::c_char;
use polysock::{RecvBuf, SendBuf};
use std::ffi::{c_void, CStr};
use std::ptr::NonNull;
use std::sync::Arc;

const NULL: &str = "is NULL";

/// The caller's handle, kept in memory for the length of this call even when another thread frees it meanwhile.
pub(crate) fn handle(s: *const polysock_t) -> Result<Arc<polysock_t>, Failure> {
    if s.is_null() {
        return Err(Failure::argument("s", NULL));
    }
    if !s.is_aligned() {
        return Err(Failure::argument("s", "is not a handle"));
    }
    // SAFETY: `s` came from `Arc::into_raw`, and its owner has not freed it: the call began before.
    unsafe { Arc::increment_strong_count(s) };
    // SAFETY: the reference was counted on the line above.
    Ok(unsafe { Arc::from_raw(s) })
}

/// Where a result goes.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub(crate) fn new(to: *mut T, name: &'static str) -> Result<Self, Failure> {
        NonNull::new(to).map(Self).ok_or(Failure::argument(name, NULL))
    }

    /// A place that the caller may leave out.
    pub(crate) fn optional(to: *mut T) -> Option<Self> {
        NonNull::new(to).map(Self)
    }

    pub(crate) fn set(&self, value: T) {
        // SAFETY: C's contract: a pointer for a result is writable until the call returns.
        unsafe { self.0.write_unaligned(value) };
    }
}

impl<T: Copy> Out<T> {
    /// What the caller put there.
    pub(crate) fn get(&self) -> T {
        // SAFETY: C's contract: this parameter goes both ways, and the caller has set it.
        unsafe { self.0.read_unaligned() }
    }
}

/// A value that the caller has set.
pub(crate) fn value<T: Copy>(from: *const T, name: &'static str) -> Result<T, Failure> {
    if from.is_null() {
        return Err(Failure::argument(name, NULL));
    }
    // SAFETY: C's contract: it points at a value that stays as it is until the call returns.
    Ok(unsafe { from.read_unaligned() })
}

/// A string that the caller may leave out.
pub(crate) fn optional_text<'a>(text: *const c_char) -> Option<&'a CStr> {
    if text.is_null() {
        return None;
    }
    // SAFETY: C's contract: a string ends with NUL and stays as it is until the call returns.
    Some(unsafe { CStr::from_ptr(text) })
}

/// A string.
pub(crate) fn text<'a>(text: *const c_char, name: &'static str) -> Result<&'a CStr, Failure> {
    optional_text(text).ok_or(Failure::argument(name, NULL))
}

/// The string's characters.
pub(crate) fn utf8<'a>(text: &'a CStr, name: &'static str) -> Result<&'a str, Failure> {
    text.to_str().map_err(|_| Failure::argument(name, "is not UTF-8"))
}

/// Bytes to send. No bytes may be anywhere.
pub(crate) fn data<'a>(start: *const c_void, length: usize) -> Result<SendBuf<'a>, Failure> {
    check_memory(start, length, "buf", "n")?;
    // SAFETY: C's contract: `start` is readable for `length` bytes until the call returns.
    Ok(unsafe { SendBuf::from_raw_parts(start.cast(), length) })
}

/// Room to receive into. No room may be anywhere.
pub(crate) fn room<'a>(start: *mut c_void, length: usize) -> Result<RecvBuf<'a>, Failure> {
    check_memory(start, length, "buf", "n")?;
    // SAFETY: C's contract: `start` is writable for `length` bytes until the call returns.
    Ok(unsafe { RecvBuf::from_raw_parts(start.cast(), length) })
}

/// Bytes that nobody changes meanwhile.
pub(crate) fn bytes<'a>(
    start: *const c_void,
    length: usize,
    name: &'static str,
    length_name: &'static str,
) -> Result<&'a [u8], Failure> {
    check_memory(start, length, name, length_name)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: C's contract: `start` is readable for `length` bytes, and nobody writes there until the call returns.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), length) })
}

/// Room for the value of an option, which the caller alone uses meanwhile.
pub(crate) fn room_for_option<'a>(start: *mut c_void, length: usize) -> Result<&'a mut [u8], Failure> {
    check_memory(start, length, "value", "*len")?;
    if length == 0 {
        return Ok(&mut []);
    }
    // SAFETY: C's contract: `start` has room for `length` bytes, and nobody else uses it until the call returns. What
    // stands there may be anything, but a byte is a byte: only the kernel looks at it.
    Ok(unsafe { std::slice::from_raw_parts_mut(start.cast(), length) })
}

/// Copies into the caller's memory, which is large enough.
pub(crate) fn fill(start: *mut u8, bytes: &[u8]) {
    // SAFETY: the caller of this function checked that `start` has room for them; they are ours and lie elsewhere.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
}

fn check_memory(
    start: *const c_void,
    length: usize,
    name: &'static str,
    length_name: &'static str,
) -> Result<(), Failure> {
    if start.is_null() && length > 0 {
        return Err(Failure::argument(name, NULL));
    }
    if isize::try_from(length).is_err() {
        return Err(Failure::argument(length_name, "is above SSIZE_MAX"));
    }
    Ok(())
}
