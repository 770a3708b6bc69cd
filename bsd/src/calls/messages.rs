//! sendmmsg(2) and recvmmsg(2).

use super::message::{add_name, add_payload, add_received};
use super::parts::Parts;
use super::{recv, send};
use crate::memory;
use crate::next;
use crate::result::done;
use libc::{c_int, c_uint, mmsghdr, timespec};
use polysock::bare::{self, Outcome};
use polysock::promises;

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

pub(crate) unsafe fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int {
    let (waits, raises) = (send::waits(0, flags), send::raises_sigpipe(flags));
    let call = bare::begin("sendmmsg", fd, waits, raises, |fields| {
        fields.number("datagrams", count);
        fields.flags("flags", flags);
    });
    let quiet = promises::quiet(flags);
    let result = promises::call(fd, || next::sendmmsg(fd, messages, count, quiet));
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
    let result = promises::call(fd, || next::recvmmsg(fd, messages, count, flags, timeout));
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
