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

/// Why the look-up that failed just now did: this thread's `h_errno`.
#[cfg(target_os = "linux")]
fn code() -> c_int {
    extern "C" {
        fn __h_errno_location() -> *mut c_int;
    }
    // SAFETY: the address of this thread's `h_errno`.
    unsafe { *__h_errno_location() }
}

/// Why the look-up that failed just now did: this thread's `h_errno`.
#[cfg(target_os = "freebsd")]
fn code() -> c_int {
    extern "C" {
        fn __h_errno() -> *mut c_int;
    }
    // SAFETY: the address of this thread's `h_errno`.
    unsafe { *__h_errno() }
}

/// Why the look-up that failed just now did: the process's `h_errno`. A look-up that the program makes at the same time may
/// change it.
#[cfg(target_vendor = "apple")]
fn code() -> c_int {
    extern "C" {
        static h_errno: c_int;
    }
    // SAFETY: a number that is only read.
    unsafe { std::ptr::addr_of!(h_errno).read_volatile() }
}

/// Always `HOST_NOT_FOUND`: there is no portable way to read this thread's `h_errno`.
#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple")))]
fn code() -> c_int {
    1
}

pub fn by_name(name: &CStr, family: c_int) -> Result<HostEntry, HostError> {
    let _held = TABLES.lock();
    // SAFETY: the name ends with NUL; the answer is read before another thread may ask.
    let entry = unsafe { gethostbyname2(name.as_ptr(), family) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    unsafe {
        match entry.as_ref() {
            Some(entry) => host(entry),
            None => Err(HostError(code())),
        }
    }
}

pub fn by_address(address: &[u8], family: c_int) -> Result<HostEntry, HostError> {
    let _held = TABLES.lock();
    let size = socklen_t::try_from(address.len()).unwrap_or(0);
    // SAFETY: the address is readable for its size; the answer is read before another thread may ask.
    let entry = unsafe { gethostbyaddr(address.as_ptr().cast(), size, family) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    unsafe {
        match entry.as_ref() {
            Some(entry) => host(entry),
            None => Err(HostError(code())),
        }
    }
}
