//! sendfile(2).

use super::send::{raises_sigpipe, waits};
use crate::memory;
use crate::next;
use crate::result::sent;
use libc::{c_int, off64_t, off_t, size_t, ssize_t};
use polysock::bare::{self, Call};
use polysock::promises;

#[inline]
fn begin(to: c_int, from: c_int, offset: *const off64_t, count: size_t) -> Option<Call> {
    bare::begin("sendfile", to, waits(count, 0), raises_sigpipe(0), |fields| {
        fields.number("file", from);
        // SAFETY: any bytes are an offset.
        if let Some(offset) = unsafe { memory::read(offset) } {
            fields.number("from_offset", offset);
        }
        fields.number("asked", count);
    })
}

#[inline]
fn end(call: Option<Call>, result: ssize_t) {
    if let Some(call) = call {
        bare::end(call, sent(result), |_| {});
    }
}

pub(crate) unsafe fn sendfile(to: c_int, from: c_int, offset: *mut off_t, count: size_t) -> ssize_t {
    let wide = if size_of::<off_t>() == size_of::<off64_t>() {
        offset.cast()
    } else {
        std::ptr::null()
    };
    let call = begin(to, from, wide, count);
    let result = promises::send_file(to, || next::sendfile(to, from, offset, count));
    end(call, result);
    result
}

pub(crate) unsafe fn sendfile64(to: c_int, from: c_int, offset: *mut off64_t, count: size_t) -> ssize_t {
    let call = begin(to, from, offset, count);
    let result = promises::send_file(to, || next::sendfile64(to, from, offset, count));
    end(call, result);
    result
}
