//! The caller's memory: bytes to read and buffers to write to.

use crate::error::Failure;
use crate::pointer::NULL;
use polysock::{RecvBuf, SendBuf};
use std::ffi::c_void;

/// Bytes to send. NULL may be passed for none.
pub(crate) fn send_buf<'a>(start: *const c_void, length: usize) -> Result<SendBuf<'a>, Failure> {
    send_buf_named(start, length, ("buf", "n"))
}

/// The same for parameters or fields of other names.
pub(crate) fn send_buf_named<'a>(
    start: *const c_void,
    length: usize,
    (name, length_name): (&'static str, &'static str),
) -> Result<SendBuf<'a>, Failure> {
    check_memory(start, length, name, length_name)?;
    // SAFETY: C's contract: `start` is readable for `length` bytes until the call returns.
    Ok(unsafe { SendBuf::from_raw_parts(start.cast(), length) })
}

/// A buffer to receive into. NULL may be passed for an empty one.
pub(crate) fn recv_buf<'a>(start: *mut c_void, length: usize) -> Result<RecvBuf<'a>, Failure> {
    recv_buf_named(start, length, ("buf", "n"))
}

/// The same for parameters or fields of other names.
pub(crate) fn recv_buf_named<'a>(
    start: *mut c_void,
    length: usize,
    (name, length_name): (&'static str, &'static str),
) -> Result<RecvBuf<'a>, Failure> {
    check_memory(start, length, name, length_name)?;
    // SAFETY: C's contract: `start` is writable for `length` bytes until the call returns.
    Ok(unsafe { RecvBuf::from_raw_parts(start.cast(), length) })
}

/// Bytes that do not change until the call returns. NULL may be passed for none.
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
    // SAFETY: C's contract: `start` is readable for `length` bytes, and does not change until the call returns.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), length) })
}

/// A buffer for the value of an option.
pub(crate) fn option_buf<'a>(start: *mut c_void, length: usize) -> Result<&'a mut [u8], Failure> {
    writable(start, length, "value", "*len")
}

/// A buffer to copy received bytes into.
pub(crate) fn room<'a>(start: *mut c_void, length: usize) -> Result<&'a mut [u8], Failure> {
    writable(start, length, "buf", "n")
}

/// The same where its length is called `cap`.
pub(crate) fn room_of_cap<'a>(start: *mut c_void, cap: usize) -> Result<&'a mut [u8], Failure> {
    writable(start, cap, "buf", "cap")
}

/// Memory that no other thread uses until the call returns. NULL may be passed for none.
fn writable<'a>(
    start: *mut c_void,
    length: usize,
    name: &'static str,
    length_name: &'static str,
) -> Result<&'a mut [u8], Failure> {
    check_memory(start, length, name, length_name)?;
    if length == 0 {
        return Ok(&mut []);
    }
    // SAFETY: C's contract: `start` has room for `length` bytes, and no other thread uses them until the call returns. They
    // may hold anything, but every byte is a valid one, and they are only written.
    Ok(unsafe { std::slice::from_raw_parts_mut(start.cast(), length) })
}

/// Copies into the caller's memory, which is large enough.
pub(crate) fn copy_to(start: *mut u8, bytes: &[u8]) {
    // SAFETY: the caller of this function checked that `start` has room for them; they are in memory of our own, so the two do not overlap.
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
