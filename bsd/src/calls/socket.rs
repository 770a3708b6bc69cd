//! socket(2), socketpair(2), bind(2), listen(2), shutdown(2), and the addresses of a socket.

use crate::memory;
use crate::next::{self, pass_on};
use crate::result::done;
use libc::{c_int, sockaddr, socklen_t};
use polysock::bare::{self, Fields, Outcome, Waits};

#[no_mangle]
pub unsafe extern "C-unwind" fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int {
    pass_on!(socket(family, kind, protocol));
    let call = bare::begin_without_socket("socket", |fields| {
        fields.kind(family, kind);
        fields.count("protocol", usize::try_from(protocol).unwrap_or(0));
    });
    let fd = next::socket(family, kind, protocol);
    if let Some(call) = call {
        bare::end(call, done(fd), |fields| {
            if fd >= 0 {
                fields.made(fd, "socket");
                fields.socket(fd);
            }
        });
    }
    fd
}

#[no_mangle]
pub unsafe extern "C-unwind" fn socketpair(
    family: c_int,
    kind: c_int,
    protocol: c_int,
    pair: *mut c_int,
) -> c_int {
    pass_on!(socketpair(family, kind, protocol, pair));
    let call = bare::begin_without_socket("socketpair", |fields| fields.kind(family, kind));
    let result = next::socketpair(family, kind, protocol, pair);
    if let Some(call) = call {
        bare::end(call, done(result), |fields| {
            // SAFETY: any bytes are two numbers.
            if let (0, Some(pair)) = (result, unsafe { memory::read(pair.cast::<[c_int; 2]>()) }) {
                fields.made_pair(pair);
            }
        });
    }
    result
}

/// Lets `add` add an address that the program passes.
fn with_address(address: *const sockaddr, length: socklen_t, add: impl FnOnce(&[u8])) {
    let mut bytes = [0; polysock::Address::CAPACITY];
    let length = usize::try_from(length).unwrap_or(0);
    if let Some(room) = bytes.get_mut(..length) {
        if memory::copy(address.cast(), room) == length {
            add(room);
        }
    }
}

/// Adds an address that the program passes.
pub(super) fn add_address(
    fields: &mut Fields<'_>,
    name: &'static str,
    address: *const sockaddr,
    length: socklen_t,
) {
    with_address(address, length, |bytes| fields.address(name, bytes));
}

#[no_mangle]
pub unsafe extern "C-unwind" fn bind(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    pass_on!(bind(fd, address, length));
    let call = bare::begin("bind", fd, Waits::Never, false, |fields| {
        add_address(fields, "to", address, length);
    });
    let result = next::bind(fd, address, length);
    if let Some(call) = call {
        let outcome = done(result);
        bare::end(call, outcome, |fields| {
            if outcome == Outcome::Failed(libc::EADDRINUSE) {
                with_address(address, length, |bytes| fields.in_use(fd, bytes));
            }
        });
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn listen(fd: c_int, backlog: c_int) -> c_int {
    pass_on!(listen(fd, backlog));
    let call = bare::begin("listen", fd, Waits::Never, false, |fields| {
        fields.number("backlog", backlog);
    });
    let result = next::listen(fd, backlog);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn shutdown(fd: c_int, how: c_int) -> c_int {
    pass_on!(shutdown(fd, how));
    let call = bare::begin(
        "shutdown",
        fd,
        Waits::Never,
        false,
        |fields| match polysock::Shutdown::from_raw(how) {
            Some(how) => fields.text("how", how.name()),
            None => fields.text("how", how),
        },
    );
    let result = next::shutdown(fd, how);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn getsockname(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
) -> c_int {
    pass_on!(getsockname(fd, address, length));
    let call = bare::begin("getsockname", fd, Waits::Never, false, |_| {});
    let result = next::getsockname(fd, address, length);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn getpeername(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
) -> c_int {
    pass_on!(getpeername(fd, address, length));
    let call = bare::begin("getpeername", fd, Waits::Never, false, |_| {});
    let result = next::getpeername(fd, address, length);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}
