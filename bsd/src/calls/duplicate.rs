//! dup(2) and its relatives.

use crate::next::{self, pass_on};
use libc::{c_int, c_void};
use polysock::bare;

#[no_mangle]
pub unsafe extern "C-unwind" fn dup(fd: c_int) -> c_int {
    pass_on!(dup(fd));
    let number = next::dup(fd);
    if number >= 0 {
        bare::note_change(number);
    }
    number
}

#[no_mangle]
pub unsafe extern "C-unwind" fn dup2(fd: c_int, number: c_int) -> c_int {
    pass_on!(dup2(fd, number));
    let result = next::dup2(fd, number);
    if result >= 0 {
        bare::note_change(number);
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn dup3(fd: c_int, number: c_int, flags: c_int) -> c_int {
    pass_on!(dup3(fd, number, flags));
    let result = next::dup3(fd, number, flags);
    if result >= 0 {
        bare::note_change(number);
    }
    result
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
