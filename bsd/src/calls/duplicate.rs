//! dup(2) and its relatives.

use crate::next;
use libc::{c_int, c_void};
use polysock::bare::{self, Outcome};
use polysock::promises;

/// Notes the number that a call has given to the file of `fd`, too, if it has.
#[inline]
fn note_duplicate(fd: c_int, number: c_int) {
    if number >= 0 {
        promises::copied(fd, number);
        bare::note_change(number);
    }
}

pub(crate) unsafe fn dup(fd: c_int) -> c_int {
    let number = promises::call(fd, || next::dup(fd));
    note_duplicate(fd, number);
    number
}

/// Gives `number` to the file of `fd`, by `call`; it may close a socket, which is recorded.
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

pub(crate) unsafe fn dup2(fd: c_int, number: c_int) -> c_int {
    replace("dup2", fd, number, || {
        promises::replace(fd, number, || next::dup2(fd, number))
    })
}

pub(crate) unsafe fn dup3(fd: c_int, number: c_int, flags: c_int) -> c_int {
    replace("dup3", fd, number, || {
        if flags & !libc::O_CLOEXEC == 0 {
            promises::replace(fd, number, || next::dup3(fd, number, flags))
        } else {
            next::dup3(fd, number, flags)
        }
    })
}

fn is_duplication(command: c_int) -> bool {
    matches!(command, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC)
}

pub(crate) unsafe fn fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    let result = promises::call(fd, || next::fcntl(fd, command, argument));
    if is_duplication(command) {
        note_duplicate(fd, result);
    }
    result
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn fcntl64(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    let result = promises::call(fd, || next::fcntl64(fd, command, argument));
    if is_duplication(command) {
        note_duplicate(fd, result);
    }
    result
}
