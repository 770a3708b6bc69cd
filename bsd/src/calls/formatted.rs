//! dprintf(3), which writes to a descriptor inside the C library.

use super::send::write_all;
use crate::next;
use libc::{c_char, c_int, c_void, size_t};
use polysock::promises;

extern "C" {
    fn vsnprintf(room: *mut c_char, size: size_t, format: *const c_char, arguments: *mut c_void) -> c_int;
    #[cfg(target_env = "gnu")]
    fn __vsnprintf_chk(
        room: *mut c_char,
        most: size_t,
        flag: c_int,
        size: size_t,
        format: *const c_char,
        arguments: *mut c_void,
    ) -> c_int;
}

/// The text that needs no memory from malloc(3), which a signal handler that makes this call may have interrupted.
const SHORT: usize = 512;

/// How many words a `va_list` has on processors on which it is a record that is passed by its address. On the others it is itself an
/// address, of the next argument, and passed as such.
const RECORD: usize = if cfg!(any(target_arch = "x86_64", target_arch = "powerpc")) {
    3
} else if cfg!(any(target_arch = "aarch64", target_arch = "s390x")) {
    4
} else {
    0
};

/// Writes what `print` puts into the room that it gets.
unsafe fn printed(
    number: c_int,
    arguments: *mut c_void,
    print: impl Fn(*mut c_char, size_t, *mut c_void) -> c_int,
) -> c_int {
    // What reads the arguments changes the record.
    let mut record = arguments.cast::<[usize; RECORD]>().read_unaligned();
    let mut short = [0; SHORT];
    let length = print(short.as_mut_ptr(), SHORT, arguments);
    let Ok(whole) = usize::try_from(length) else {
        return length;
    };
    if whole < SHORT {
        return written(number, short.as_ptr(), whole);
    }
    let room = libc::malloc(whole + 1).cast::<c_char>();
    if room.is_null() {
        return -1;
    }
    let again = if RECORD == 0 {
        arguments
    } else {
        record.as_mut_ptr().cast()
    };
    print(room, whole + 1, again);
    let result = written(number, room, whole);
    libc::free(room.cast());
    result
}

unsafe fn written(number: c_int, text: *const c_char, length: usize) -> c_int {
    let written = usize::try_from(write_all(number, text.cast(), length)).unwrap_or(0);
    if written < length {
        return -1;
    }
    c_int::try_from(length).unwrap_or(c_int::MAX)
}

fn is_promised(number: c_int) -> bool {
    promises::are_kept() && promises::is_stream(number)
}

pub(crate) unsafe fn vdprintf(number: c_int, format: *const c_char, arguments: *mut c_void) -> c_int {
    if !is_promised(number) {
        return next::vdprintf(number, format, arguments);
    }
    printed(number, arguments, |room, size, arguments| {
        vsnprintf(room, size, format, arguments)
    })
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn __vdprintf_chk(
    number: c_int,
    flag: c_int,
    format: *const c_char,
    arguments: *mut c_void,
) -> c_int {
    if !is_promised(number) {
        return next::__vdprintf_chk(number, flag, format, arguments);
    }
    printed(number, arguments, |room, size, arguments| {
        __vsnprintf_chk(room, size, flag, size, format, arguments)
    })
}
