//! connect(2).

use super::socket::add_address;
use crate::next::{self, pass_on};
use crate::result::done;
use libc::{c_int, sockaddr, socklen_t};
use polysock::bare::{self, Waits};

#[no_mangle]
pub unsafe extern "C-unwind" fn connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    pass_on!(connect(fd, address, length));
    let call = bare::begin("connect", fd, Waits::ToConnect, false, |fields| {
        add_address(fields, "to", address, length);
    });
    let result = next::connect(fd, address, length);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}
