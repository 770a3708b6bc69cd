//! send(2), write(2) and their relatives.

use super::parts::{begin_parts, Parts};
use super::socket::add_address;
use super::vectored;
use crate::memory;
use crate::next;
use crate::result::sent;
use libc::{c_int, c_void, iovec, size_t, sockaddr, socklen_t, ssize_t};
use polysock::bare::{self, Call, Waits};
use polysock::promises::{self, Amount};

pub(super) fn waits(length: usize, flags: c_int) -> Waits {
    if flags & libc::MSG_DONTWAIT == 0 {
        Waits::ToSend(length)
    } else {
        Waits::MustNot
    }
}

pub(super) fn raises_sigpipe(flags: c_int) -> bool {
    promises::quiet(flags) & libc::MSG_NOSIGNAL == 0
}

/// What is left of data of which this much was sent.
fn after(data: *const c_void, done: usize) -> *const c_void {
    data.cast::<u8>().wrapping_add(done).cast()
}

#[inline]
unsafe fn sending(fd: c_int, data: *const c_void, length: size_t, flags: c_int) -> ssize_t {
    promises::send(fd, flags, Amount::All(length), |flags, done| {
        next::send(fd, after(data, done), length - done, flags)
    })
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
                memory::copy(after(data, offset), room)
            });
        });
    }
}

const NOWHERE: (*const sockaddr, socklen_t) = (std::ptr::null(), 0);

pub(crate) unsafe fn send(fd: c_int, data: *const c_void, length: size_t, flags: c_int) -> ssize_t {
    let call = begin("send", fd, length, flags, NOWHERE);
    let result = sending(fd, data, length, flags);
    end(call, result, data);
    result
}

pub(crate) unsafe fn sendto(
    fd: c_int,
    data: *const c_void,
    length: size_t,
    flags: c_int,
    to: *const sockaddr,
    to_length: socklen_t,
) -> ssize_t {
    let call = begin("sendto", fd, length, flags, (to, to_length));
    let result = promises::send(fd, flags, Amount::All(length), |flags, done| {
        next::sendto(fd, after(data, done), length - done, flags, to, to_length)
    });
    end(call, result, data);
    result
}

pub(crate) unsafe fn write(fd: c_int, data: *const c_void, length: size_t) -> ssize_t {
    let call = begin("write", fd, length, 0, NOWHERE);
    let result = promises::write(
        fd,
        |flags| sending(fd, data, length, flags),
        || next::write(fd, data, length),
    );
    end(call, result, data);
    result
}

/// Writes all, as the C library's streams do, and returns how much was written before a write failed.
pub(super) unsafe fn write_all(fd: c_int, data: *const c_void, length: size_t) -> ssize_t {
    let mut done = 0;
    while done < length {
        match usize::try_from(write(fd, after(data, done), length - done)) {
            Ok(written) => done += written,
            Err(_) => break,
        }
    }
    ssize_t::try_from(done).unwrap_or(ssize_t::MAX)
}

pub(crate) unsafe fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    let call = begin_parts(fd, parts, count, |length| begin("writev", fd, length, 0, NOWHERE));
    let result = promises::write(
        fd,
        |flags| match vectored::of_parts(parts, count) {
            Some(message) if promises::is_stream(fd) || Parts::of(&message).length() > 0 => {
                vectored::sending(fd, &message, flags)
            }
            // A writev of nothing sends no datagram.
            _ => promises::call(fd, || next::writev(fd, parts, count)),
        },
        || next::writev(fd, parts, count),
    );
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
