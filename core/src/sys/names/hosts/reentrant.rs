//! The look-ups that answer in the caller's memory.

use super::hostent::{host, NETDB_INTERNAL};
use crate::lookup::{HostEntry, HostError};
use crate::memory;
use libc::{c_char, c_int, c_void, hostent, socklen_t};
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

extern "C" {
    fn gethostbyname2_r(
        name: *const c_char,
        family: c_int,
        entry: *mut hostent,
        room: *mut c_char,
        length: usize,
        result: *mut *mut hostent,
        code: *mut c_int,
    ) -> c_int;
    fn gethostbyaddr_r(
        address: *const c_void,
        address_length: socklen_t,
        family: c_int,
        entry: *mut hostent,
        room: *mut c_char,
        length: usize,
        result: *mut *mut hostent,
        code: *mut c_int,
    ) -> c_int;
}

/// The memory for an answer: at first, and at most.
const ROOM: usize = 8 * 1024;
const MOST_ROOM: usize = 1024 * 1024;

type Ask<'a> = &'a dyn Fn(*mut hostent, *mut c_char, usize, *mut *mut hostent, *mut c_int) -> c_int;

pub fn by_name(name: &CStr, family: c_int) -> Result<HostEntry, HostError> {
    asked(&|entry, room, length, result, code| {
        // SAFETY: the name ends with NUL; the rest is `asked`'s own memory.
        unsafe { gethostbyname2_r(name.as_ptr(), family, entry, room, length, result, code) }
    })
}

pub fn by_address(address: &[u8], family: c_int) -> Result<HostEntry, HostError> {
    let size = socklen_t::try_from(address.len()).unwrap_or(0);
    asked(&|entry, room, length, result, code| {
        let start = address.as_ptr().cast();
        // SAFETY: the address is readable for its size; the rest is `asked`'s own memory.
        unsafe { gethostbyaddr_r(start, size, family, entry, room, length, result, code) }
    })
}

fn asked(ask: Ask<'_>) -> Result<HostEntry, HostError> {
    let no_memory = |_| HostError(NETDB_INTERNAL);
    let mut room = memory::zeros(ROOM).map_err(no_memory)?;
    loop {
        let mut entry = MaybeUninit::<hostent>::uninit();
        let (mut result, mut code) = (null_mut(), 0);
        let failed = ask(
            entry.as_mut_ptr(),
            room.as_mut_ptr().cast(),
            room.len(),
            &raw mut result,
            &raw mut code,
        );
        if failed == libc::ERANGE && room.len() < MOST_ROOM {
            room = memory::zeros(room.len() * 2).map_err(no_memory)?;
            continue;
        }
        // SAFETY: null, or our entry, which the resolver filled with pointers into our room.
        return match unsafe { result.as_ref() } {
            // SAFETY: as above.
            Some(entry) => unsafe { host(entry) },
            None => Err(HostError(code)),
        };
    }
}
