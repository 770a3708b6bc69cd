//! Sends and receives of several parts, as messages.

use super::parts::{described, Parts, MOST, NO_PART};
use crate::next;
use libc::{c_int, iovec, msghdr, ssize_t};
use polysock::promises::{self, Amount};

/// A message of parts; `None` if there are more than the system takes.
pub(super) fn of_parts(first: *const iovec, count: c_int) -> Option<msghdr> {
    let count = usize::try_from(count).ok().filter(|count| *count <= MOST)?;
    // SAFETY: zeros are a value of this type.
    let mut message: msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = first.cast_mut();
    message.msg_iovlen = count as _;
    Some(message)
}

/// Makes a call that sends a message.
pub(super) unsafe fn sending(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
    let whole = || described(message).map_or(0, |header| Parts::of(&header).length());
    let amount = if promises::may_be_limited(fd) { whole() } else { 0 };
    promises::send(fd, flags, Amount::All(amount), |flags, done| {
        if done == 0 {
            return next::sendmsg(fd, message, flags);
        }
        // What belongs to the message besides its bytes went with the first of them.
        let mut rest = [NO_PART; MOST];
        let header = described(message).and_then(|header| {
            let count = Parts::of(&header).after(done, &mut rest);
            of_parts(rest.as_ptr(), c_int::try_from(count).ok()?)
        });
        match header {
            Some(header) => next::sendmsg(fd, &raw const header, flags),
            None => next::sendmsg(fd, std::ptr::null(), flags),
        }
    })
}
