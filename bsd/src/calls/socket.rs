//! socket(2), socketpair(2), bind(2), listen(2), shutdown(2), and the addresses of a socket.

use crate::memory;
use crate::next;
use crate::result::done;
use libc::{c_int, sockaddr, socklen_t};
use polysock::bare::{self, Fields, Outcome, Waits};
use polysock::promises;

pub(crate) unsafe fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int {
    let call = bare::begin_without_socket("socket", |fields| {
        fields.kind(family, kind);
        fields.count("protocol", usize::try_from(protocol).unwrap_or(0));
    });
    let fd = next::socket(family, kind, protocol);
    if fd >= 0 {
        promises::made(fd, kind, None);
    }
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

pub(crate) unsafe fn socketpair(family: c_int, kind: c_int, protocol: c_int, pair: *mut c_int) -> c_int {
    let call = bare::begin_without_socket("socketpair", |fields| fields.kind(family, kind));
    let result = next::socketpair(family, kind, protocol, pair);
    // SAFETY: the kernel has written two numbers there just now.
    let made = (result == 0).then(|| unsafe { pair.cast::<[c_int; 2]>().read() });
    for fd in made.iter().flatten() {
        promises::made(*fd, kind, None);
    }
    if let Some(call) = call {
        bare::end(call, done(result), |fields| {
            if let Some(pair) = made {
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

pub(crate) unsafe fn bind(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    let call = bare::begin("bind", fd, Waits::Never, false, |fields| {
        add_address(fields, "to", address, length);
    });
    let result = promises::call(fd, || next::bind(fd, address, length));
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

pub(crate) unsafe fn listen(fd: c_int, backlog: c_int) -> c_int {
    let call = bare::begin("listen", fd, Waits::Never, false, |fields| {
        fields.number("backlog", backlog);
    });
    let result = promises::call(fd, || next::listen(fd, backlog));
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

pub(crate) unsafe fn shutdown(fd: c_int, how: c_int) -> c_int {
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
    let result = promises::call(fd, || next::shutdown(fd, how));
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

pub(crate) unsafe fn getsockname(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int {
    let call = bare::begin("getsockname", fd, Waits::Never, false, |_| {});
    let result = promises::call(fd, || next::getsockname(fd, address, length));
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

pub(crate) unsafe fn getpeername(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int {
    let call = bare::begin("getpeername", fd, Waits::Never, false, |_| {});
    let result = promises::call(fd, || next::getpeername(fd, address, length));
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}
