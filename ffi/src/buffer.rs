//! Memory of the caller's: bytes to read, and room to write.

use crate::error::Failure;
use crate::pointer::NULL;
use polysock::{RecvBuf, SendBuf};
use std::ffi::c_void;

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
