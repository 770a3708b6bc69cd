//! Closing a socket that calls may be on.

use super::numbers::{copied, with_words, Closing, Number};
use super::result::{fail, without_sigpipe};
use super::switch::are_kept;
use super::threads;
use crate::sys::direct;
use crate::sys::fork;
use crate::sys::undisturbed::{self, errno, set_errno};
use std::time::{Duration, Instant};

/// How long a close waits for the calls on the socket to end before it leaves the number to the last of them.
const WAIT_FOR_CALLS: Duration = Duration::from_secs(1);

/// The pauses between looks at whether they have.
const FIRST_PAUSE: Duration = Duration::from_micros(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// What became of a number on which no call can begin any more.
enum Vacated {
    /// No call is on it.
    Free,
    /// A call on it has not ended. The number must not be used for another file before it has.
    InUse,
    /// It is closed already.
    Refused,
}

/// The number to vacate, unless it is known that it does not stand for a socket. Not in a child that uses its parent's memory (vfork(2)).
fn socket_to_close(number: i32) -> Option<Number> {
    if !are_kept() {
        return None;
    }
    match Number::known(number) {
        Some(number) if number.is_known_other() => None,
        Some(number) => fork::is_owner().then_some(number),
        // Nothing is known of it and its neighbours. Calls that wait for several numbers don't find out what each is.
        None if threads::is_in_use(number) && fork::is_owner() => Number::of_socket(number),
        None => None,
    }
}

fn vacate(socket: Number) -> Vacated {
    match socket.begin_closing() {
        Closing::ByAnother => Vacated::Refused,
        Closing::Begun if end_calls(socket) => Vacated::Free,
        Closing::Begun => Vacated::InUse,
    }
}

/// Ends the calls on a number that is marked as being closed, if it stands for a socket; `false` if one has not ended in time.
fn end_calls(socket: Number) -> bool {
    let inside = threads::inside(socket.number);
    !(inside.others || inside.this) || !socket.is_socket() || wake_calls(socket)
}

#[cold]
fn wake_calls(socket: Number) -> bool {
    // A call that has not reached the kernel yet fails there. Without it, the signal is sent again until the call is over.
    direct::occupy(socket.number);
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        threads::wake(socket.number);
        let inside = threads::inside(socket.number);
        if !inside.others || began.elapsed() >= WAIT_FOR_CALLS {
            return !inside.others && !inside.this;
        }
        let _ = direct::pause(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Leaves it to the last call on a socket to free the number.
#[cold]
fn leave_to_last_call(socket: Number) {
    socket.orphan();
    threads::free_orphaned(socket); // if that call has ended just before
}

/// Closes a descriptor by `close`. Calls on the socket that have not ended fail with EBADF; the number is free when they are over.
pub fn close(number: i32, close: impl FnOnce() -> i32) -> i32 {
    let Some(socket) = socket_to_close(number) else {
        forget_other(number);
        return close();
    };
    // Before anything is noted.
    undisturbed::act_on_cancellation();
    match vacate(socket) {
        Vacated::Free => socket.forget_after(close),
        Vacated::InUse => {
            leave_to_last_call(socket);
            0
        }
        Vacated::Refused => fail(libc::EBADF),
    }
}

/// Forgets that a number stands for something other than a socket: it is about to be closed.
fn forget_other(number: i32) {
    if let Some(number) = are_kept().then(|| Number::known(number)).flatten() {
        number.forget_other();
    }
}

/// Sends what a stream of the C library over a descriptor still has, by `flush`, before it is closed; without SIGPIPE. What
/// the flush returns, 0 if it succeeded, in which case errno stays.
pub fn flush_stream(number: i32, flush: impl FnOnce() -> i32) -> i32 {
    if !socket_to_close(number).is_some_and(Number::is_known_socket) {
        return 0;
    }
    let before = errno();
    let flushed = without_sigpipe(flush);
    if flushed == 0 {
        set_errno(before);
    }
    flushed
}

/// Closes a stream of the C library, by `close`, which may send again what could not be sent unless it `was_flushed`.
pub fn close_stream(number: i32, was_flushed: bool, close: impl FnOnce() -> i32) -> i32 {
    let Some(socket) = socket_to_close(number) else {
        forget_other(number);
        return close();
    };
    // The stream has to be closed in any case, and with it the number.
    let _ = vacate(socket);
    if was_flushed {
        socket.forget_after(close)
    } else {
        without_sigpipe(|| socket.forget_after(close))
    }
}

/// Closes the descriptors from `first` to `last` by `close`.
pub fn close_range<T>(first: u32, last: u32, close: impl FnOnce() -> T) -> T {
    if !are_kept() || !fork::is_owner() {
        return close();
    }
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let (first, last) = (number(first), number(last));
    let numbers = || with_words(first, last);
    let each_socket_in_use = |visit: fn(Number)| {
        threads::visit_numbers_in_use(|number| {
            if (first..=last).contains(&number) {
                Number::of_socket(number).into_iter().for_each(visit);
            }
        });
    };
    // Calls that wait for several numbers don't find out what each is.
    each_socket_in_use(|_| {});
    for number in numbers() {
        if number.is_known_socket() {
            // If another thread closes it, so does this one.
            let _ = number.begin_closing();
        } else {
            // If it is a socket, a call that begins waits until it is closed. The mark expires if this close never gets there.
            number.is_about_to_be_closed();
        }
    }
    each_socket_in_use(|socket| {
        // If nothing was known of it, a call may have begun just before it was marked.
        let _ = socket.begin_closing();
        end_calls(socket);
    });
    for number in numbers() {
        number.is_about_to_be_closed();
    }
    let result = close();
    for number in numbers() {
        number.is_closed();
    }
    result
}

/// Makes a number stand for the same file as `from`, by `duplicate`, which closes what it stood for. Fails with EBUSY if that is a
/// socket on which a call does not end.
pub fn replace(from: i32, number: i32, duplicate: impl FnOnce() -> i32) -> i32 {
    if !are_kept() || from == number || !direct::is_open(from) {
        return duplicate();
    }
    let result = match socket_to_close(number) {
        None => duplicate(),
        Some(socket) => match vacate(socket) {
            Vacated::Free => socket.forget_after(duplicate),
            Vacated::InUse => {
                leave_to_last_call(socket);
                return fail(libc::EBUSY);
            }
            Vacated::Refused => return fail(libc::EBUSY),
        },
    };
    if result >= 0 {
        copied(from, number);
    }
    result
}
