//! Strings of the caller, and buffers for those that it gets.

use crate::buffer;
use crate::code::POLYSOCK_ENOSPC;
use crate::error::Failure;
use crate::pointer::NULL;
use libc::c_char;
use std::ffi::CStr;

/// A string; none for NULL.
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

/// Checks that the buffer holds the text with its NUL, or that the caller wants no text.
pub(crate) fn check_text(
    text: &str,
    buf: *mut c_char,
    size: usize,
    name: &'static str,
) -> Result<(), Failure> {
    if buf.is_null() {
        return if size == 0 {
            Ok(())
        } else {
            Err(Failure::argument(name, "is NULL"))
        };
    }
    if text.len() >= size {
        return Err(Failure::new(POLYSOCK_ENOSPC, "the buffer is too small"));
    }
    Ok(())
}

/// Copies a text with its NUL to the caller, and returns its length without the NUL.
pub(crate) fn put_text(text: &str, buf: *mut c_char, size: usize) -> Result<usize, Failure> {
    check_text(text, buf, size, "buf")?;
    if !buf.is_null() {
        buffer::copy_to(buf.cast(), text.as_bytes());
        buffer::copy_to(buf.cast::<u8>().wrapping_add(text.len()), b"\0");
    }
    Ok(text.len())
}
