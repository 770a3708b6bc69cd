//! accept(2).

use crate::next::{self, pass_on};
use crate::result::done;
use libc::{c_int, sockaddr, socklen_t};
use polysock::bare::{self, Call, Waits};

#[inline]
fn begin(fd: c_int) -> Option<Call> {
    bare::begin("accept", fd, Waits::ToReceive, false, |_| {})
}

#[inline]
fn end(call: Option<Call>, accepted: c_int) {
    if let Some(call) = call {
        bare::end(call, done(accepted), |fields| {
            if accepted >= 0 {
                fields.made(accepted, "accept");
            }
        });
    }
}

#[no_mangle]
pub unsafe extern "C-unwind" fn accept(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int {
    pass_on!(accept(fd, address, length));
    let call = begin(fd);
    let accepted = next::accept(fd, address, length);
    end(call, accepted);
    accepted
}

#[no_mangle]
pub unsafe extern "C-unwind" fn accept4(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    flags: c_int,
) -> c_int {
    pass_on!(accept4(fd, address, length, flags));
    let call = begin(fd);
    let accepted = next::accept4(fd, address, length, flags);
    end(call, accepted);
    accepted
}
