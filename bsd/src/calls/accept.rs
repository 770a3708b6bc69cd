//! accept(2).

use crate::next;
use crate::result::done;
use libc::{c_int, sockaddr, socklen_t};
use polysock::bare::{self, Call, Waits};
use polysock::promises;

#[inline]
fn begin(fd: c_int) -> Option<Call> {
    bare::begin("accept", fd, Waits::ToReceive, false, |_| {})
}

#[inline]
fn end(call: Option<Call>, fd: c_int, accepted: c_int) {
    if accepted >= 0 {
        promises::made(accepted, libc::SOCK_STREAM, Some(fd));
    }
    if let Some(call) = call {
        bare::end(call, done(accepted), |fields| {
            if accepted >= 0 {
                fields.made(accepted, "accept");
            }
        });
    }
}

pub(crate) unsafe fn accept(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int {
    let call = begin(fd);
    let accepted = promises::accept(fd, || next::accept(fd, address, length));
    end(call, fd, accepted);
    accepted
}

pub(crate) unsafe fn accept4(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    flags: c_int,
) -> c_int {
    const KNOWN: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let call = begin(fd);
    let accepted = if flags & !KNOWN == 0 {
        promises::accept(fd, || next::accept4(fd, address, length, flags))
    } else {
        // It fails at once.
        promises::call(fd, || next::accept4(fd, address, length, flags))
    };
    end(call, fd, accepted);
    accepted
}
