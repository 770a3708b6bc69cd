//! A call on a socket that another thread may close.

use super::numbers::Number;
use super::result::{fail, has_failed_with, without_sigpipe, Returned};
use super::switch::are_kept;
use super::threads::Seated;

/// Makes a call on a descriptor. If the number stands for a socket that is closed before the call has done anything, it fails with
/// EBADF.
#[inline]
pub fn call<R: Returned>(number: i32, mut attempt: impl FnMut() -> R) -> R {
    match socket(number) {
        None => attempt(),
        Some(socket) => counted(socket, attempt),
    }
}

/// The socket that a number stands for, if promises are kept.
#[inline]
pub(super) fn socket(number: i32) -> Option<Number> {
    are_kept().then(|| Number::of_socket(number)).flatten()
}

/// Makes a call while it is noted.
pub(super) fn counted<R: Returned>(socket: Number, mut attempt: impl FnMut() -> R) -> R {
    let Some(seated) = Seated::on(socket.number) else {
        return attempt();
    };
    let result = loop {
        if socket.is_closing() {
            break fail(libc::EBADF);
        }
        let result = attempt();
        // A signal of ours was for a call that this one has interrupted.
        if has_failed_with(result, libc::EINTR) && seated.was_woken() && !socket.is_closing() {
            continue;
        }
        break result;
    };
    let result = if result.has_failed() && socket.is_closing() {
        fail(libc::EBADF)
    } else {
        result
    };
    seated.leave();
    result
}

/// Makes a write, on a socket as a send with the flags that `send` gets, which raises no SIGPIPE.
#[inline]
pub fn write(number: i32, send: impl FnOnce(i32) -> isize, write: impl FnOnce() -> isize) -> isize {
    let Some(socket) = socket(number) else {
        return write();
    };
    // write(2) marks the end of a record by itself.
    let end = if socket.has_records() { libc::MSG_EOR } else { 0 };
    let sent = send(libc::MSG_NOSIGNAL | end);
    if has_failed_with(sent, libc::ENOTSOCK) {
        socket.is_other();
        return write();
    }
    sent
}

/// Makes a call that sends from a file, and has no flag against SIGPIPE.
#[inline]
pub fn send_file(number: i32, mut attempt: impl FnMut() -> isize) -> isize {
    match socket(number) {
        None => attempt(),
        Some(socket) => without_sigpipe(|| counted(socket, attempt)),
    }
}
