//! sendmsg(2) and recvmsg(2).

use super::parts::{described, size, Parts};
use super::socket::add_address;
use super::{recv, send, vectored};
use crate::memory;
use crate::next;
use crate::result::sent;
use libc::{c_int, cmsghdr, msghdr, ssize_t};
use polysock::bare::{self, Call, Fields};
use polysock::promises::{self, Amount};

/// Adds an address of a message.
pub(super) fn add_name(fields: &mut Fields<'_>, name: &'static str, message: &msghdr, most: libc::socklen_t) {
    add_address(
        fields,
        name,
        message.msg_name.cast_const().cast(),
        message.msg_namelen.min(most),
    );
}

/// Adds the beginning of what was moved.
pub(super) fn add_payload(fields: &mut Fields<'_>, message: &msghdr, moved: usize) {
    let parts = Parts::of(message);
    fields.payload(moved.min(parts.length()), |offset, room| parts.copy(offset, room));
}

/// Room for a control message with as many descriptors as Linux takes (`SCM_MAX_FD`), and for others.
const MOST_CONTROL: usize = 2048;

/// Calls `note` with each descriptor in control messages.
fn each_descriptor(control: &[u8], note: impl Fn(c_int)) {
    let mut rest = control;
    while let Some((about, _)) = rest.split_first_chunk::<{ size_of::<cmsghdr>() }>() {
        // SAFETY: any bytes are numbers.
        let about = unsafe { std::ptr::read_unaligned(about.as_ptr().cast::<cmsghdr>()) };
        let length = size(about.cmsg_len);
        let Some(data) = rest.get(size_of::<cmsghdr>()..length) else {
            return;
        };
        if (about.cmsg_level, about.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            for number in data.chunks_exact(size_of::<c_int>()) {
                note(number.try_into().map_or(-1, c_int::from_ne_bytes));
            }
        }
        rest = length
            .checked_next_multiple_of(size_of::<usize>())
            .and_then(|next| rest.get(next..))
            .unwrap_or_default();
    }
}

/// Notes which sockets a message gives to another process.
fn note_sent_sockets(header: &msghdr) {
    let mut room = [0; MOST_CONTROL];
    let length = size(header.msg_controllen).min(MOST_CONTROL);
    let copied = memory::copy(header.msg_control, room.get_mut(..length).unwrap_or_default());
    each_descriptor(room.get(..copied).unwrap_or_default(), bare::note_sent);
}

/// Notes the descriptors in a message that was received just now.
#[inline]
pub(super) unsafe fn note_arrived(message: *const msghdr) {
    if promises::are_kept() {
        // SAFETY: the kernel has read and written the message, and the length says how much it has written to `msg_control`.
        let header = message.read_unaligned();
        let length = size(header.msg_controllen);
        if length >= size_of::<cmsghdr>() {
            let control = std::slice::from_raw_parts(header.msg_control.cast::<u8>(), length);
            each_descriptor(control, promises::arrived);
        }
    }
}

/// A call that was begun, and what the program had described before it.
type Begun = Option<(Call, Option<msghdr>)>;

#[cold]
#[inline(never)]
fn begin_send(fd: c_int, message: *const msghdr, flags: c_int) -> Begun {
    if !bare::is_observed() || !bare::is_socket(fd) {
        return None;
    }
    bare::aside(|| {
        let header = described(message);
        if let Some(header) = &header {
            note_sent_sockets(header);
        }
        let length = header.as_ref().map_or(0, |header| Parts::of(header).length());
        let (waits, raises) = (send::waits(length, flags), send::raises_sigpipe(flags));
        let call = bare::begin("sendmsg", fd, waits, raises, |fields| {
            fields.number("asked", length);
            fields.flags("flags", flags);
            if let Some(header) = &header {
                add_name(fields, "to", header, header.msg_namelen);
                fields.count("control", size(header.msg_controllen));
            }
        })?;
        Some((call, header))
    })
}

#[cold]
#[inline(never)]
fn begin_receive(fd: c_int, message: *const msghdr, flags: c_int) -> Begun {
    if !bare::is_observed() || !bare::is_socket(fd) {
        return None;
    }
    bare::aside(|| {
        let header = described(message);
        let length = header.as_ref().map_or(0, |header| Parts::of(header).length());
        let call = bare::begin("recvmsg", fd, recv::waits(flags), false, |fields| {
            fields.number("asked", length);
            fields.flags("flags", flags);
        })?;
        Some((call, header))
    })
}

pub(crate) unsafe fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
    let begun = begin_send(fd, message, flags);
    let result = vectored::sending(fd, message, flags);
    if let Some((call, header)) = begun {
        bare::end(call, sent(result), |fields| {
            if let Some(header) = &header {
                add_payload(fields, header, usize::try_from(result).unwrap_or(0));
            }
        });
    }
    result
}

pub(crate) unsafe fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t {
    let begun = begin_receive(fd, message, flags);
    let result = promises::receive(fd, flags, Amount::Some, |flags, _| {
        next::recvmsg(fd, message, flags)
    });
    if result >= 0 {
        note_arrived(message);
    }
    if let Some((call, header)) = begun {
        bare::end(call, recv::outcome(result, flags), |fields| {
            recv::add_found(fields, result, flags);
            if let (0.., Some(before), Some(after)) = (result, &header, described(message)) {
                add_received(fields, usize::try_from(result).unwrap_or(0), before, &after);
            }
        });
    }
    result
}

/// Adds what a message was after a receive, and before.
pub(super) fn add_received(fields: &mut Fields<'_>, count: usize, before: &msghdr, after: &msghdr) {
    fields.flags("flags_set", after.msg_flags & !libc::MSG_CMSG_CLOEXEC);
    fields.count("control", size(after.msg_controllen));
    add_name(fields, "from", after, before.msg_namelen);
    add_payload(fields, after, count);
}
