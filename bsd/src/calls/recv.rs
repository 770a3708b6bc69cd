//! recv(2), read(2) and their relatives.

use super::parts::{begin_parts, Parts};
use super::vectored;
use crate::memory;
use crate::next;
use crate::result::{done, received};
use libc::{c_int, c_void, iovec, size_t, sockaddr, socklen_t, ssize_t};
use polysock::bare::{self, Call, Fields, Outcome, Waits};
use polysock::promises::{self, Amount};

pub(super) fn waits(flags: c_int) -> Waits {
    if flags & (libc::MSG_DONTWAIT | libc::MSG_ERRQUEUE | libc::MSG_OOB) == 0 {
        Waits::ToReceive
    } else {
        Waits::MustNot
    }
}

/// Whether what is received is taken out of the stream or of the queue of datagrams.
fn advances(flags: c_int) -> bool {
    flags & (libc::MSG_PEEK | libc::MSG_ERRQUEUE | libc::MSG_OOB) == 0
}

/// The outcome of a receive with these flags.
pub(super) fn outcome(result: ssize_t, flags: c_int) -> Outcome {
    if advances(flags) {
        received(result)
    } else {
        done(c_int::try_from(result).unwrap_or(0))
    }
}

/// Adds how much was found, if it is still there.
pub(super) fn add_found(fields: &mut Fields<'_>, result: ssize_t, flags: c_int) {
    if !advances(flags) && result >= 0 {
        fields.number("found", result);
    }
}

#[inline]
fn begin(name: &'static str, fd: c_int, length: size_t, flags: c_int) -> Option<Call> {
    bare::begin(name, fd, waits(flags), false, |fields| {
        fields.number("asked", length);
        fields.flags("flags", flags);
    })
}

/// Ends the record of a call that has received into one place, of this length.
#[inline]
fn end(call: Option<Call>, result: ssize_t, room: *mut c_void, length: size_t, flags: c_int) {
    if let Some(call) = call {
        bare::end(call, outcome(result, flags), |fields| {
            add_found(fields, result, flags);
            add_payload(fields, result, room, length);
        });
    }
}

fn add_payload(fields: &mut Fields<'_>, result: ssize_t, room: *mut c_void, length: size_t) {
    // With MSG_TRUNC the result may be more than there was room for.
    let stored = usize::try_from(result).unwrap_or(0).min(length);
    fields.payload(stored, |offset, copy| {
        memory::copy(room.cast::<u8>().wrapping_add(offset).cast(), copy)
    });
}

/// How much a receive with these flags waits for.
pub(super) fn amount(length: size_t, flags: c_int) -> Amount {
    if flags & libc::MSG_WAITALL == 0 {
        Amount::Some
    } else {
        Amount::All(length)
    }
}

/// The room that is left after this much was received.
fn after(room: *mut c_void, done: usize) -> *mut c_void {
    room.cast::<u8>().wrapping_add(done).cast()
}

pub(crate) unsafe fn recv(fd: c_int, room: *mut c_void, length: size_t, flags: c_int) -> ssize_t {
    let call = begin("recv", fd, length, flags);
    let result = promises::receive(fd, flags, amount(length, flags), |flags, done| {
        next::recv(fd, after(room, done), length - done, flags)
    });
    end(call, result, room, length, flags);
    result
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn __recv_chk(
    fd: c_int,
    room: *mut c_void,
    length: size_t,
    size: size_t,
    flags: c_int,
) -> ssize_t {
    let call = begin("recv", fd, length, flags);
    let result = promises::receive(fd, flags, amount(length, flags), |flags, done| {
        let size = size.saturating_sub(done);
        next::__recv_chk(fd, after(room, done), length - done, size, flags)
    });
    end(call, result, room, length, flags);
    result
}

/// How much room the program has for an address. The kernel overwrites this with the length of the address.
fn room_for_address(call: Option<Call>, length: *const socklen_t) -> Option<socklen_t> {
    // SAFETY: any bytes are a length.
    call.and_then(|_| unsafe { memory::read(length) })
}

/// Ends the record of a call that has also received an address.
#[inline]
fn end_with_address(
    call: Option<Call>,
    result: ssize_t,
    (room, length): (*mut c_void, size_t),
    flags: c_int,
    from: *const sockaddr,
    (room_for_address, from_length): (Option<socklen_t>, *const socklen_t),
) {
    if let Some(call) = call {
        bare::end(call, outcome(result, flags), |fields| {
            add_found(fields, result, flags);
            add_payload(fields, result, room, length);
            if let (0.., Some(most)) = (result, room_for_address) {
                // SAFETY: any bytes are a length.
                let length = unsafe { memory::read(from_length) }.unwrap_or(0);
                super::socket::add_address(fields, "from", from, length.min(most));
            }
        });
    }
}

pub(crate) unsafe fn recvfrom(
    fd: c_int,
    room: *mut c_void,
    length: size_t,
    flags: c_int,
    from: *mut sockaddr,
    from_length: *mut socklen_t,
) -> ssize_t {
    let call = begin("recvfrom", fd, length, flags);
    let most = room_for_address(call, from_length);
    let result = promises::receive(fd, flags, amount(length, flags), |flags, done| {
        next::recvfrom(fd, after(room, done), length - done, flags, from, from_length)
    });
    end_with_address(call, result, (room, length), flags, from, (most, from_length));
    result
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn __recvfrom_chk(
    fd: c_int,
    room: *mut c_void,
    length: size_t,
    size: size_t,
    flags: c_int,
    from: *mut sockaddr,
    from_length: *mut socklen_t,
) -> ssize_t {
    let call = begin("recvfrom", fd, length, flags);
    let most = room_for_address(call, from_length);
    let result = promises::receive(fd, flags, amount(length, flags), |flags, done| {
        let (room, size) = (after(room, done), size.saturating_sub(done));
        next::__recvfrom_chk(fd, room, length - done, size, flags, from, from_length)
    });
    end_with_address(call, result, (room, length), flags, from, (most, from_length));
    result
}

pub(crate) unsafe fn read(fd: c_int, room: *mut c_void, length: size_t) -> ssize_t {
    let call = begin("read", fd, length, 0);
    let result = promises::receive(fd, 0, Amount::Some, |flags, _| {
        // A read of nothing does not take a datagram, and does not wait.
        if flags == 0 || length == 0 {
            next::read(fd, room, length)
        } else {
            next::recv(fd, room, length, flags)
        }
    });
    end(call, result, room, length, 0);
    result
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn __read_chk(fd: c_int, room: *mut c_void, length: size_t, size: size_t) -> ssize_t {
    let call = begin("read", fd, length, 0);
    let result = promises::receive(fd, 0, Amount::Some, |flags, _| {
        if flags == 0 || length == 0 {
            next::__read_chk(fd, room, length, size)
        } else {
            next::__recv_chk(fd, room, length, size, flags)
        }
    });
    end(call, result, room, length, 0);
    result
}

pub(crate) unsafe fn readv(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    let call = begin_parts(fd, parts, count, |length| begin("readv", fd, length, 0));
    let result = promises::receive(fd, 0, Amount::Some, |flags, _| {
        match vectored::of_parts(parts, count) {
            Some(mut message) if flags != 0 && Parts::of(&message).length() > 0 => {
                next::recvmsg(fd, &raw mut message, flags)
            }
            _ => next::readv(fd, parts, count),
        }
    });
    if let Some(call) = call {
        let parts = Parts::new(parts, usize::try_from(count).unwrap_or(0));
        bare::end(call, received(result), |fields| {
            fields.payload(usize::try_from(result).unwrap_or(0), |offset, room| {
                parts.copy(offset, room)
            });
        });
    }
    result
}
