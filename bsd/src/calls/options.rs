//! setsockopt(2) and getsockopt(2).

use crate::memory;
use crate::next;
use crate::result::done;
use libc::{c_int, c_void, socklen_t};
use polysock::bare::{self, Fields, Waits};
use polysock::promises;

fn add_value(fields: &mut Fields<'_>, value: *const c_void, length: socklen_t) {
    if length as usize == size_of::<c_int>() {
        // SAFETY: any bytes are a number.
        if let Some(value) = unsafe { memory::read(value.cast::<c_int>()) } {
            fields.number("value", value);
        }
    } else {
        fields.number("value_bytes", length);
    }
}

pub(crate) unsafe fn setsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    length: socklen_t,
) -> c_int {
    let call = bare::begin("setsockopt", fd, Waits::Never, false, |fields| {
        fields.number("level", level);
        fields.number("option", name);
        add_value(fields, value, length);
    });
    let result = promises::call(fd, || next::setsockopt(fd, level, name, value, length));
    if result == 0 {
        promises::option_was_set(fd, level, name);
    }
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

pub(crate) unsafe fn getsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    length: *mut socklen_t,
) -> c_int {
    let call = bare::begin("getsockopt", fd, Waits::Never, false, |fields| {
        fields.number("level", level);
        fields.number("option", name);
    });
    let result = promises::call(fd, || next::getsockopt(fd, level, name, value, length));
    if let Some(call) = call {
        bare::end(call, done(result), |fields| {
            // SAFETY: any bytes are a length.
            if let (0, Some(length)) = (result, unsafe { memory::read(length) }) {
                add_value(fields, value, length);
            }
        });
    }
    result
}
