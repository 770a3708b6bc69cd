//! send(2), write(2) and their relatives.

use super::parts::{begin_parts, Parts};
use super::socket::add_address;
use crate::memory;
use crate::next::{self, pass_on};
use crate::result::sent;
use libc::{c_int, c_void, iovec, size_t, sockaddr, socklen_t, ssize_t};
use polysock::bare::{self, Call, Waits};

pub(super) fn waits(length: usize, flags: c_int) -> Waits {
    if flags & libc::MSG_DONTWAIT == 0 {
        Waits::ToSend(length)
    } else {
        Waits::MustNot
    }
}

pub(super) fn raises_sigpipe(flags: c_int) -> bool {
    flags & libc::MSG_NOSIGNAL == 0
}

#[inline]
fn begin(
    name: &'static str,
    fd: c_int,
    length: size_t,
    flags: c_int,
    to: (*const sockaddr, socklen_t),
) -> Option<Call> {
    bare::begin(name, fd, waits(length, flags), raises_sigpipe(flags), |fields| {
        fields.number("asked", length);
        fields.flags("flags", flags);
        add_address(fields, "to", to.0, to.1);
    })
}

/// Ends the record of a call that has sent from one place.
#[inline]
fn end(call: Option<Call>, result: ssize_t, data: *const c_void) {
    if let Some(call) = call {
        bare::end(call, sent(result), |fields| {
            fields.payload(usize::try_from(result).unwrap_or(0), |offset, room| {
                memory::copy(data.cast::<u8>().wrapping_add(offset).cast(), room)
            });
        });
    }
}

const NOWHERE: (*const sockaddr, socklen_t) = (std::ptr::null(), 0);

#[no_mangle]
pub unsafe extern "C-unwind" fn send(
    fd: c_int,
    data: *const c_void,
    length: size_t,
    flags: c_int,
) -> ssize_t {
    pass_on!(send(fd, data, length, flags));
    let call = begin("send", fd, length, flags, NOWHERE);
    let result = next::send(fd, data, length, flags);
    end(call, result, data);
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn sendto(
    fd: c_int,
    data: *const c_void,
    length: size_t,
    flags: c_int,
    to: *const sockaddr,
    to_length: socklen_t,
) -> ssize_t {
    pass_on!(sendto(fd, data, length, flags, to, to_length));
    let call = begin("sendto", fd, length, flags, (to, to_length));
    let result = next::sendto(fd, data, length, flags, to, to_length);
    end(call, result, data);
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn write(fd: c_int, data: *const c_void, length: size_t) -> ssize_t {
    pass_on!(write(fd, data, length));
    let call = begin("write", fd, length, 0, NOWHERE);
    let result = next::write(fd, data, length);
    end(call, result, data);
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    pass_on!(writev(fd, parts, count));
    let call = begin_parts(fd, parts, count, |length| begin("writev", fd, length, 0, NOWHERE));
    let result = next::writev(fd, parts, count);
    if let Some(call) = call {
        let parts = Parts::new(parts, usize::try_from(count).unwrap_or(0));
        bare::end(call, sent(result), |fields| {
            fields.payload(usize::try_from(result).unwrap_or(0), |offset, room| {
                parts.copy(offset, room)
            });
        });
    }
    result
}
