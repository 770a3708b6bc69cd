//! connect(2).

use super::socket::add_address;
use crate::next;
use crate::result::done;
use libc::{c_int, sockaddr, socklen_t};
use polysock::bare::{self, Waits};
use polysock::promises;

pub(crate) unsafe fn connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    let call = bare::begin("connect", fd, Waits::ToConnect, false, |fields| {
        add_address(fields, "to", address, length);
    });
    let result = promises::connect(fd, || next::connect(fd, address, length));
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}
