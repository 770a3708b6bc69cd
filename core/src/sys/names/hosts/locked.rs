//! The look-ups that answer in static memory, one at a time.

use super::super::tables::TABLES;
use super::hostent::host;
use crate::lookup::{HostEntry, HostError};
use libc::{c_char, c_int, c_void, hostent, socklen_t};
use std::ffi::CStr;

extern "C" {
    fn gethostbyname2(name: *const c_char, family: c_int) -> *mut hostent;
    fn gethostbyaddr(address: *const c_void, length: socklen_t, family: c_int) -> *mut hostent;
}

/// Always `HOST_NOT_FOUND`: there is no portable way to read this thread's `h_errno`.
const NOT_FOUND: c_int = 1;

pub fn by_name(name: &CStr, family: c_int) -> Result<HostEntry, HostError> {
    let _held = TABLES.lock();
    // SAFETY: the name ends with NUL; the answer is read before another thread may ask.
    let entry = unsafe { gethostbyname2(name.as_ptr(), family) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    unsafe {
        entry
            .as_ref()
            .map_or(Err(HostError(NOT_FOUND)), |entry| host(entry))
    }
}

pub fn by_address(address: &[u8], family: c_int) -> Result<HostEntry, HostError> {
    let _held = TABLES.lock();
    let size = socklen_t::try_from(address.len()).unwrap_or(0);
    // SAFETY: the address is readable for its size; the answer is read before another thread may ask.
    let entry = unsafe { gethostbyaddr(address.as_ptr().cast(), size, family) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    unsafe {
        entry
            .as_ref()
            .map_or(Err(HostError(NOT_FOUND)), |entry| host(entry))
    }
}
