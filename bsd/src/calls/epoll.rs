//! epoll_wait(2) and its relatives.

#[cfg(target_env = "gnu")]
use super::poll::{left, limit, may_wait, NO_TIME};
use super::poll::{left_in_ms, limit_in_ms, look_then_wait};
use crate::next;
use crate::result::done;
use libc::{c_int, epoll_event, sigset_t};
use polysock::bare::{self, Call};
use polysock::promises;

#[inline]
fn begin(fd: c_int, most: c_int, limit: impl FnOnce() -> Option<i64>) -> Option<Call> {
    bare::begin_without_socket("epoll_wait", |fields| {
        fields.number("fd", fd);
        fields.number("most", most);
        if let Some(limit) = limit() {
            fields.number("timeout", limit);
        }
    })
}

#[inline]
fn end(call: Option<Call>, result: c_int) {
    if let Some(call) = call {
        bare::end(call, done(result), |fields| {
            if result >= 0 {
                fields.number("found", result);
            }
        });
    }
}

/// Makes a wait by `attempt`, which gets a time limit in milliseconds.
#[allow(clippy::inline_always)] // calls cost fewer instructions
#[inline(always)]
unsafe fn wait_by(fd: c_int, most: c_int, timeout: c_int, attempt: impl Fn(c_int) -> c_int) -> c_int {
    let mut call = begin(fd, most, || limit_in_ms(timeout));
    let result = look_then_wait(
        &mut call,
        timeout != 0,
        || attempt(0),
        || promises::undisturbed(timeout > 0, |passed| attempt(left_in_ms(timeout, passed))),
    );
    end(call, result);
    result
}

pub(crate) unsafe fn epoll_wait(fd: c_int, events: *mut epoll_event, most: c_int, timeout: c_int) -> c_int {
    wait_by(fd, most, timeout, |timeout| {
        next::epoll_wait(fd, events, most, timeout)
    })
}

pub(crate) unsafe fn epoll_pwait(
    fd: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: c_int,
    mask: *const sigset_t,
) -> c_int {
    wait_by(fd, most, timeout, |timeout| {
        next::epoll_pwait(fd, events, most, timeout, mask)
    })
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn epoll_pwait2(
    fd: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: *const libc::timespec,
    mask: *const sigset_t,
) -> c_int {
    let mut call = begin(fd, most, || limit(timeout));
    let result = look_then_wait(
        &mut call,
        may_wait(timeout),
        || next::epoll_pwait2(fd, events, most, &raw const NO_TIME, mask),
        || {
            promises::undisturbed(!timeout.is_null(), |passed| {
                next::epoll_pwait2(fd, events, most, left(timeout, passed).at(), mask)
            })
        },
    );
    end(call, result);
    result
}
