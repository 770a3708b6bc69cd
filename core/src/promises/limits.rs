//! Time limits that the program has set in the kernel (`SO_RCVTIMEO`, `SO_SNDTIMEO`): one for the whole call, to the
//! precision of ppoll(2).
//!
//! The kernel's timers may end a limit an eighth late, and on Unix sockets the limit begins anew with each piece of a send. A call
//! with a limit is interrupted by every signal, whatever SA_RESTART says (signal(7)), as poll is: so it can wait in poll.

use super::call::{counted, socket};
use super::numbers::Number;
use super::result::{fail, has_failed_with, Returned};
use super::switch::quiet;
use crate::sys::direct;
use crate::sys::undisturbed::errno;
use crate::sys::unix::Readiness;
use std::time::{Duration, Instant};

/// How much a call should move.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// What the first successful attempt moves.
    Some,
    /// On a stream this many bytes.
    All(usize),
    /// This many messages, which an attempt counts.
    Messages(usize),
}

/// What a call waits for, and the option with its limit.
#[derive(Clone, Copy)]
struct Way {
    events: i16,
    option: i32,
}

const RECEIVE: Way = Way {
    events: libc::POLLIN,
    option: libc::SO_RCVTIMEO,
};

const SEND: Way = Way {
    events: libc::POLLOUT,
    option: libc::SO_SNDTIMEO,
};

/// Makes a send with these flags. `attempt` gets the flags of an attempt, and how much the ones before have sent.
#[inline]
pub fn send(number: i32, flags: i32, amount: Amount, attempt: impl FnMut(i32, usize) -> isize) -> isize {
    transfer(SEND, number, quiet(flags), amount, attempt)
}

/// Makes a receive in the same way.
#[inline]
pub fn receive(number: i32, flags: i32, amount: Amount, attempt: impl FnMut(i32, usize) -> isize) -> isize {
    transfer(RECEIVE, number, flags, amount, attempt)
}

#[inline]
fn transfer(
    way: Way,
    number: i32,
    flags: i32,
    amount: Amount,
    mut attempt: impl FnMut(i32, usize) -> isize,
) -> isize {
    match socket(number) {
        None => attempt(flags, 0),
        Some(socket) if socket.may_be_limited() && may_wait(way, socket, flags, amount) => {
            counted(socket, || {
                transfer_in_time(way, socket, flags, amount, &mut attempt)
            })
        }
        Some(socket) => counted(socket, || attempt(flags, 0)),
    }
}

/// Whether a call with these flags may wait. Left to the kernel is what waits for all bytes but must not be put together, or for
/// another number of bytes than the first, what connects, and what the kernel counts (`MSG_ZEROCOPY`).
fn may_wait(way: Way, socket: Number, flags: i32, amount: Amount) -> bool {
    const NEVER: i32 = libc::MSG_DONTWAIT | libc::MSG_OOB | libc::MSG_ERRQUEUE;
    const ONE_SEND: i32 = libc::MSG_FASTOPEN | libc::MSG_ZEROCOPY;
    let is_one_send = way.events == SEND.events && flags & ONE_SEND != 0;
    let is_marked = way.events == RECEIVE.events && socket.is_marked();
    let waits = flags & NEVER == 0 && !is_one_send && !is_marked;
    let for_all = flags & libc::MSG_WAITALL != 0;
    let can_be_put_together = flags & libc::MSG_PEEK == 0 && matches!(amount, Amount::All(_));
    waits && (!for_all || can_be_put_together)
}

#[cold]
#[inline(never)]
fn transfer_in_time(
    way: Way,
    socket: Number,
    flags: i32,
    amount: Amount,
    attempt: &mut impl FnMut(i32, usize) -> isize,
) -> isize {
    let wanted = match amount {
        Amount::All(wanted) if socket.is_stream() => wanted,
        Amount::Messages(wanted) if flags & libc::MSG_WAITFORONE == 0 => wanted,
        Amount::All(_) | Amount::Messages(_) | Amount::Some => 0,
    };
    let mut done = 0;
    let mut deadline = None;
    let mut pause = Duration::ZERO;
    // The last wait has ended, and the call has moved nothing since.
    let mut woken = false;
    loop {
        let moved = attempt(flags | libc::MSG_DONTWAIT, done);
        if let Ok(moved) = usize::try_from(moved) {
            (done, woken) = (done + moved, false);
            if moved == 0 || done >= wanted {
                return count(done);
            }
            continue;
        }
        let failed = errno();
        match failed {
            // The first send on a socket whose connect was put off (`TCP_FASTOPEN_CONNECT`) connects.
            libc::EAGAIN | libc::EINPROGRESS => {}
            libc::ENOTSOCK => {
                socket.is_other();
                return attempt(flags, 0);
            }
            _ => return end(done, failed),
        }
        let until = match deadline {
            Some(until) => until,
            None if direct::is_nonblocking(socket.number) => return end(done, failed),
            None => match limit_of(way, socket) {
                Some(until) => *deadline.insert(until),
                None => return without_limit(flags, done, attempt),
            },
        };
        if woken && is_always_ready(way, socket) {
            pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            if matches!(direct::pause(pause), Ok(Readiness::Interrupted)) {
                return end(done, libc::EINTR);
            }
        }
        match wait(way, socket, until) {
            // An error is for the next call: this one has something to return.
            Waited::Ready if done > 0 && matches!(amount, Amount::Messages(_)) && has_failed(socket) => {
                return count(done);
            }
            Waited::Ready => woken = true,
            Waited::Failed(failed) => return end(done, failed),
        }
    }
}

/// Whether poll(2) may report the socket as ready although nothing can be moved: a Unix datagram socket that sends, because
/// poll does not see the receiver's queue, or one with reports in its error queue, which stay until the program takes them out.
#[cold]
fn is_always_ready(way: Way, socket: Number) -> bool {
    way.events == SEND.events && !socket.is_stream() || direct::has_only_reports(socket.number, way.events)
}

/// The pauses between attempts on such a socket.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// The kernel waits for the rest.
fn without_limit(flags: i32, done: usize, attempt: &mut impl FnMut(i32, usize) -> isize) -> isize {
    match usize::try_from(attempt(flags, done)) {
        Ok(moved) => count(done + moved),
        Err(_) => end(done, errno()),
    }
}

/// What a call returns when something has ended it: how much it moved before that, or the failure.
fn end(done: usize, failed: i32) -> isize {
    if done > 0 {
        count(done)
    } else {
        fail(failed)
    }
}

fn count(done: usize) -> isize {
    isize::try_from(done).unwrap_or(isize::MAX)
}

/// When the time of a call that begins now is up.
fn limit_of(way: Way, socket: Number) -> Option<Instant> {
    Instant::now().checked_add(direct::limit_option(socket.number, way.option)?)
}

enum Waited {
    Ready,
    Failed(i32),
}

fn wait(way: Way, socket: Number, until: Instant) -> Waited {
    let left = until.saturating_duration_since(Instant::now());
    if left == Duration::ZERO {
        return Waited::Failed(libc::EAGAIN);
    }
    match direct::poll(socket.number, way.events, left) {
        // Only the clock decides that time is up.
        Ok(Readiness::Ready | Readiness::TimeUp) => Waited::Ready,
        Ok(Readiness::Interrupted) => Waited::Failed(libc::EINTR),
        Err(error) => Waited::Failed(error.raw_os_error().unwrap_or(libc::EINVAL)),
    }
}

/// Whether the socket has an error that the next call returns.
fn has_failed(socket: Number) -> bool {
    const NOTHING_ELSE: i16 = 0;
    matches!(
        direct::poll(socket.number, NOTHING_ELSE, Duration::ZERO),
        Ok(Readiness::Ready)
    )
}

/// Whether sends on a stream have a time limit that may end them.
pub fn has_send_limit(number: i32) -> bool {
    let socket = socket(number).filter(|socket| socket.is_stream() && socket.may_be_limited());
    socket.is_some_and(|socket| limit_of(SEND, socket).is_some() && !direct::is_nonblocking(number))
}

/// Makes a call that waits only for something to receive.
#[inline]
pub fn receive_ready(number: i32, mut attempt: impl FnMut() -> isize) -> isize {
    match socket(number) {
        None => attempt(),
        Some(socket) if socket.may_be_limited() => counted(socket, || ready_in_time(socket, &mut attempt)),
        Some(socket) => counted(socket, attempt),
    }
}

/// Makes an accept.
#[inline]
pub fn accept(number: i32, mut attempt: impl FnMut() -> i32) -> i32 {
    match socket(number) {
        None => attempt(),
        Some(socket) if socket.may_be_limited() => counted(socket, || accept_in_time(socket, &mut attempt)),
        Some(socket) => counted(socket, attempt),
    }
}

#[cold]
#[inline(never)]
fn accept_in_time(socket: Number, attempt: &mut impl FnMut() -> i32) -> i32 {
    // On a socket that does not listen it fails at once.
    match direct::number_option(socket.number, libc::SOL_SOCKET, libc::SO_ACCEPTCONN) {
        Ok(1) => ready_in_time(socket, attempt),
        _ => attempt(),
    }
}

/// Makes a call that has no flag against waiting once there is something to receive.
#[cold]
#[inline(never)]
fn ready_in_time<R: Returned>(socket: Number, attempt: &mut impl FnMut() -> R) -> R {
    if direct::is_nonblocking(socket.number) {
        return attempt();
    }
    let Some(until) = limit_of(RECEIVE, socket) else {
        return attempt();
    };
    loop {
        if let Waited::Failed(failed) = wait(RECEIVE, socket, until) {
            return fail(failed);
        }
        if matches!(
            direct::poll(socket.number, RECEIVE.events, Duration::ZERO),
            Ok(Readiness::Ready)
        ) {
            let result = attempt();
            // Another process may have taken it.
            if !has_failed_with(result, libc::EAGAIN) {
                return result;
            }
        }
    }
}

/// Makes a connect.
#[inline]
pub fn connect(number: i32, mut attempt: impl FnMut() -> i32) -> i32 {
    match socket(number) {
        None => attempt(),
        Some(socket) if socket.may_be_limited() => counted(socket, || connect_in_time(socket, &mut attempt)),
        Some(socket) => counted(socket, attempt),
    }
}

/// The kernel waits. If it gives up before the whole time is up, the rest of the time is waited for here.
#[cold]
#[inline(never)]
fn connect_in_time(socket: Number, attempt: &mut impl FnMut() -> i32) -> i32 {
    let until = limit_of(SEND, socket);
    let connected = attempt();
    let Some(until) = until.filter(|_| has_failed_with(connected, libc::EINPROGRESS)) else {
        return connected;
    };
    if direct::is_nonblocking(socket.number) {
        return fail(libc::EINPROGRESS);
    }
    match wait(SEND, socket, until) {
        Waited::Failed(libc::EAGAIN) => fail(libc::EINPROGRESS),
        Waited::Failed(failed) => fail(failed),
        Waited::Ready => match direct::poll(socket.number, SEND.events, Duration::ZERO) {
            // Asked again, it says how the connect has ended.
            Ok(Readiness::Ready) => attempt(),
            _ => fail(libc::EINPROGRESS),
        },
    }
}
