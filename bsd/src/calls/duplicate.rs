//! dup(2) and its relatives.

use crate::next::{self, pass_on};
use libc::{c_int, c_void};
use polysock::bare::{self, Outcome};

#[no_mangle]
pub unsafe extern "C-unwind" fn dup(fd: c_int) -> c_int {
    pass_on!(dup(fd));
    let number = next::dup(fd);
    if number >= 0 {
        bare::note_change(number);
    }
    number
}

/// Records what a call does that gives `number` to the file of `fd`: it may close a socket.
#[inline]
fn replace(by: &'static str, fd: c_int, number: c_int, call: impl FnOnce() -> c_int) -> c_int {
    let closed = bare::begin_replacement(number, by, fd);
    let result = call();
    match closed {
        Some(closed) if result >= 0 => bare::end(closed, Outcome::Done, |_| {}),
        Some(closed) => bare::cancel(closed),
        None => {}
    }
    if result >= 0 {
        bare::note_change(number);
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn dup2(fd: c_int, number: c_int) -> c_int {
    pass_on!(dup2(fd, number));
    replace("dup2", fd, number, || next::dup2(fd, number))
}

#[no_mangle]
pub unsafe extern "C-unwind" fn dup3(fd: c_int, number: c_int, flags: c_int) -> c_int {
    pass_on!(dup3(fd, number, flags));
    replace("dup3", fd, number, || next::dup3(fd, number, flags))
}

fn is_duplication(command: c_int) -> bool {
    matches!(command, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC)
}

#[no_mangle]
pub unsafe extern "C-unwind" fn fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    pass_on!(fcntl(fd, command, argument));
    let result = next::fcntl(fd, command, argument);
    if is_duplication(command) && result >= 0 {
        bare::note_change(result);
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn fcntl64(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    pass_on!(fcntl64(fd, command, argument));
    let result = next::fcntl64(fd, command, argument);
    if is_duplication(command) && result >= 0 {
        bare::note_change(result);
    }
    result
}
