//! sendmmsg(2) and recvmmsg(2).

use super::message::{add_name, add_payload, add_received, note_arrived};
use super::parts::Parts;
use super::{recv, send};
use crate::memory;
use crate::next;
use crate::result::done;
use libc::{c_int, c_uint, mmsghdr, ssize_t, timespec};
use polysock::bare::{self, Outcome};
use polysock::promises::{self, Amount};
use std::time::{Duration, Instant};

/// How many messages a record shows.
const MOST_SHOWN: usize = 64;
/// The most that the kernel takes (`UIO_MAXIOV`).
const MOST: usize = 1024;

/// The messages that the program describes, up to the first whose pointer is bad.
fn described(first: *const mmsghdr, count: usize) -> impl Iterator<Item = mmsghdr> {
    // SAFETY: any bytes are pointers and lengths.
    unsafe { memory::items(first, count.min(MOST)) }
}

fn count_of(result: c_int) -> usize {
    usize::try_from(result).unwrap_or(0)
}

/// How many bytes a call has moved.
#[cold]
#[inline(never)]
fn moved_in_all(first: *const mmsghdr, result: c_int) -> usize {
    let lengths = || described(first, count_of(result)).map(|message| message.msg_len as usize);
    bare::aside(|| Some(lengths().sum())).unwrap_or(0)
}

/// The messages that remain after the first `done`.
fn after(messages: *mut mmsghdr, count: c_uint, done: usize) -> (*mut mmsghdr, c_uint) {
    let done = c_uint::try_from(done).unwrap_or(count).min(count);
    (messages.wrapping_add(done as usize), count - done)
}

unsafe fn sending(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int {
    if promises::may_be_limited(fd) && promises::is_stream(fd) {
        // The kernel would go on with the next message when one was sent in part.
        let quiet = promises::quiet(flags);
        return promises::call(fd, || next::sendmmsg(fd, messages, count, quiet));
    }
    let amount = Amount::Messages((count as usize).min(MOST));
    promises::send(fd, flags, amount, |flags, done| {
        let (messages, count) = after(messages, count, done);
        next::sendmmsg(fd, messages, count, flags) as ssize_t
    }) as c_int
}

/// The time that the program gives a recvmmsg(2), which the kernel looks at after each message only.
struct Time {
    given: *mut timespec,
    /// When it is up. `None` if there is none, if it is a bad one, which the kernel refuses, and if there is one attempt only.
    until: Option<Instant>,
    is_first_attempt: bool,
    is_up: bool,
}

impl Time {
    fn new(fd: c_int, given: *mut timespec) -> Self {
        let duration = |time: timespec| {
            let seconds = u64::try_from(time.tv_sec).ok()?;
            Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
        };
        let until = || Instant::now().checked_add(duration(Self::at(given)?)?);
        Self {
            given,
            until: promises::may_be_limited(fd).then(until).flatten(),
            is_first_attempt: true,
            is_up: false,
        }
    }

    fn at(place: *const timespec) -> Option<timespec> {
        // SAFETY: any bytes are a time.
        unsafe { memory::read(place) }
    }

    /// Makes an attempt, with the time that is left. Once it is up, and something was received, there are no more.
    fn limit(&mut self, done: usize, attempt: impl FnOnce(*mut timespec) -> c_int) -> c_int {
        let Some(until) = self.until else {
            return attempt(self.given);
        };
        if done > 0 && self.is_up {
            return 0;
        }
        let result = if std::mem::take(&mut self.is_first_attempt) {
            attempt(self.given)
        } else {
            let left = until.saturating_duration_since(Instant::now());
            // SAFETY: zeros are a value of this type.
            let mut time: timespec = unsafe { std::mem::zeroed() };
            time.tv_sec = left.as_secs() as _;
            time.tv_nsec = left.subsec_nanos() as _;
            let result = attempt(&raw mut time);
            if result > 0 {
                memory::write(self.given, time);
            }
            result
        };
        // The kernel has written how much is left.
        self.is_up =
            result > 0 && Self::at(self.given).is_some_and(|left| (left.tv_sec, left.tv_nsec) == (0, 0));
        result
    }
}

pub(crate) unsafe fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int {
    let (waits, raises) = (send::waits(0, flags), send::raises_sigpipe(flags));
    let call = bare::begin("sendmmsg", fd, waits, raises, |fields| {
        fields.number("datagrams", count);
        fields.flags("flags", flags);
    });
    let result = sending(fd, messages, count, flags);
    if let Some(call) = call {
        let mut outcome = done(result);
        if outcome == Outcome::Done {
            outcome = Outcome::Sent(moved_in_all(messages, result));
        }
        bare::end(call, outcome, |fields| {
            let sent = described(messages, count_of(result).min(MOST_SHOWN));
            fields.list("sent", sent, |fields, message| {
                fields.number("bytes", message.msg_len);
                add_name(fields, "to", &message.msg_hdr, message.msg_hdr.msg_namelen);
                add_payload(fields, &message.msg_hdr, message.msg_len as usize);
            });
        });
    }
    result
}

pub(crate) unsafe fn recvmmsg(
    fd: c_int,
    messages: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
    timeout: *mut timespec,
) -> c_int {
    let call = bare::begin("recvmmsg", fd, recv::waits(flags), false, |fields| {
        fields.number("datagrams", count);
        fields.number(
            "asked",
            described(messages, count as usize)
                .map(|message| Parts::of(&message.msg_hdr).length())
                .fold(0, usize::saturating_add),
        );
        fields.flags("flags", flags);
    });
    let mut time = Time::new(fd, timeout);
    let result = promises::receive(fd, flags, Amount::Messages(count as usize), |flags, done| {
        let (messages, count) = after(messages, count, done);
        time.limit(done, |timeout| {
            next::recvmmsg(fd, messages, count, flags, timeout)
        }) as ssize_t
    }) as c_int;
    for at in 0..count_of(result) {
        note_arrived(&raw const (*messages.wrapping_add(at)).msg_hdr);
    }
    if let Some(call) = call {
        let mut outcome = done(result);
        if outcome == Outcome::Done {
            outcome = recv::outcome(moved_in_all(messages, result).try_into().unwrap_or(0), flags);
        }
        bare::end(call, outcome, |fields| {
            let received = described(messages, count_of(result).min(MOST_SHOWN));
            fields.list("received", received, |fields, message| {
                fields.number("bytes", message.msg_len);
                add_received(
                    fields,
                    message.msg_len as usize,
                    &message.msg_hdr,
                    &message.msg_hdr,
                );
            });
        });
    }
    result
}
