//! setsockopt(2) and getsockopt(2).

use crate::memory;
use crate::next::{self, pass_on};
use crate::result::done;
use libc::{c_int, c_void, socklen_t};
use polysock::bare::{self, Fields, Waits};

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

#[no_mangle]
pub unsafe extern "C-unwind" fn setsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    length: socklen_t,
) -> c_int {
    pass_on!(setsockopt(fd, level, name, value, length));
    let call = bare::begin("setsockopt", fd, Waits::Never, false, |fields| {
        fields.number("level", level);
        fields.number("option", name);
        add_value(fields, value, length);
    });
    let result = next::setsockopt(fd, level, name, value, length);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn getsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    length: *mut socklen_t,
) -> c_int {
    pass_on!(getsockopt(fd, level, name, value, length));
    let call = bare::begin("getsockopt", fd, Waits::Never, false, |fields| {
        fields.number("level", level);
        fields.number("option", name);
    });
    let result = next::getsockopt(fd, level, name, value, length);
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
