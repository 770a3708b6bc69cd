//! Calls that wait for several descriptors, of which another thread may close some.

use super::numbers::{any_is_closing, Number};
use super::result::{fail, has_failed_with};
use super::set::Set;
use super::switch::are_kept;
use super::threads::{is_in_call, Seated};
use crate::sys::direct;
use crate::sys::wake_signal;
use libc::{c_int, fd_set, nfds_t, pollfd, sigset_t};
use std::ops::ControlFlow;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

/// Makes a poll(2) or a ppoll(2). A socket among the entries that another thread closes has the event `POLLNVAL`, as a closed number
/// has. `attempt` gets how much time of its limit, if it `has_limit`, has passed since the call began.
#[inline]
pub fn poll(
    first: *mut pollfd,
    count: nfds_t,
    has_limit: bool,
    attempt: impl FnMut(Duration) -> c_int,
) -> c_int {
    let set = Set::of_entries(first, count);
    wait(set, has_limit, attempt, || found_closed(first, set))
}

/// Makes a select(2) or a pselect(2). If another thread closes a socket in one of the sets, it fails with EBADF, as with a closed
/// number.
#[inline]
pub fn select(
    count: c_int,
    sets: [*mut fd_set; 3],
    has_limit: bool,
    attempt: impl FnMut(Duration) -> c_int,
) -> c_int {
    wait(Set::of_bits(count, sets), has_limit, attempt, || {
        Some(fail(libc::EBADF))
    })
}

/// Makes another call that signals interrupt, and that does not end when a socket is closed. If it is made by a signal handler, the
/// signal for a call that this has interrupted does not end it.
#[inline]
pub fn undisturbed(has_limit: bool, mut attempt: impl FnMut(Duration) -> c_int) -> c_int {
    if are_kept() && is_in_call() {
        wait(Set::EMPTY, has_limit, attempt, || None)
    } else {
        attempt(Duration::ZERO)
    }
}

/// The set of signals at `mask` for a call to block while it waits, without those that wake it; `None` if it may stay as it is.
pub fn unblocked(mask: *const sigset_t) -> Option<sigset_t> {
    if !are_kept() || mask.is_null() {
        return None;
    }
    // If it can't be read, the call itself says so.
    let mut mask = wake_signal::set_at(mask)?;
    wake_signal::take_out(&mut mask);
    Some(mask)
}

/// `closed` makes the result of a call that waits for a socket which is being closed; `None` if it has been closed meanwhile.
#[inline]
fn wait(
    set: Set,
    has_limit: bool,
    mut attempt: impl FnMut(Duration) -> c_int,
    closed: impl Fn() -> Option<c_int>,
) -> c_int {
    let seated = if are_kept() {
        Seated::waiting_for(&set)
    } else {
        None
    };
    let Some(seated) = seated else {
        return attempt(Duration::ZERO);
    };
    let began = has_limit.then(Instant::now);
    let mut passed = Duration::ZERO;
    let result = loop {
        if let Some(result) = ended_by_close(&set, &closed) {
            break result;
        }
        let result = attempt(passed);
        let was_interrupted = has_failed_with(result, libc::EINTR);
        // The kernel may take a socket that was closed for one that is ready.
        if was_interrupted || result > 0 && set.is_overwritten() {
            if let Some(result) = ended_by_close(&set, &closed) {
                break result;
            }
        }
        // A signal of ours was for a call that this one has interrupted.
        if was_interrupted && seated.was_woken() {
            passed = began.map_or(Duration::ZERO, |began| began.elapsed());
            continue;
        }
        break result;
    };
    seated.leave();
    result
}

#[inline]
fn ended_by_close(set: &Set, closed: &impl Fn() -> Option<c_int>) -> Option<c_int> {
    if any_is_closing() && has_closing(set) {
        closed()
    } else {
        None
    }
}

fn is_closing(number: RawFd) -> bool {
    Number::known(number).is_some_and(Number::is_closing)
}

#[cold]
#[inline(never)]
fn has_closing(set: &Set) -> bool {
    let closing = set.visit(|number| {
        if is_closing(number) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    closing.is_break()
}

/// The result of a poll that returns at once: what is ready, and the sockets that are being closed.
#[cold]
#[inline(never)]
fn found_closed(first: *mut pollfd, set: Set) -> Option<c_int> {
    let found = loop {
        match direct::look(first, set.length()) {
            // By a signal of the program's, whose handler has run.
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
            Err(error) => return Some(fail(error.raw_os_error().unwrap_or(libc::EFAULT))),
            Ok(found) => break found,
        }
    };
    let mut all = found;
    let _ = set.visit_entries(|address, entry| {
        // Unless the kernel has found a file there already on which every call fails.
        if entry.revents & libc::POLLNVAL == 0 && is_closing(entry.fd) {
            all += usize::from(entry.revents == 0);
            let events = address + std::mem::offset_of!(pollfd, revents);
            direct::write_at(events, libc::POLLNVAL.to_ne_bytes());
        }
        ControlFlow::Continue(())
    });
    c_int::try_from(all).ok().filter(|all| *all > 0)
}
