//! Records of closes.

use super::call::Call;
use super::observing::{is_observed, observe};
use super::sockets::{depart, enter, find, has_duplicate, put_back, take_closed, Descriptor, Socket};
use crate::sys::unix::{self, descriptor};
use crate::trace::call::{begin_named, forget, On};
use crate::trace::details::add_state;
use crate::trace::Line;
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::Ordering;

/// Begins the record of a close of a descriptor; `None` if it is not a socket or nothing is recorded. The number is forgotten
/// before the close, because another file may get it as soon as the descriptor is closed.
#[cold]
#[inline(never)]
pub fn begin_close(number: RawFd) -> Option<Call> {
    if !is_observed() {
        return None;
    }
    // If it fails, so will the call: errno may change.
    begin(Descriptor::of(number)?, None)
}

/// Begins the record of the close that dup2(2) or a relative (`by`) makes when it gives the number of a socket to another
/// descriptor. `None` if the number is no socket, or the same one, or nothing is recorded.
#[cold]
#[inline(never)]
pub fn begin_replacement(number: RawFd, by: &'static str, other: RawFd) -> Option<Call> {
    if !is_observed() {
        return None;
    }
    let replaced = observe(|_| {
        // Without the other descriptor the call fails, and closes nothing.
        let other = descriptor::stat(other).ok()?;
        Descriptor::of(number).filter(|replaced| replaced.inode != other.st_ino)
    })?;
    begin(replaced, Some(by))
}

fn begin(descriptor: Descriptor, by: Option<&'static str>) -> Option<Call> {
    observe(|_| {
        let socket = find(descriptor);
        let inside = socket.inside.load(Ordering::Relaxed);
        enter(&socket);
        depart(descriptor, &socket);
        let on = On {
            socket: &socket.traced,
            fd: Some(descriptor.fd),
        };
        begin_named("close", true, Some(on), None, |line| {
            if let Some(by) = by {
                line.text("by", by);
            }
            line.count("inside", inside);
            add_unread(line, descriptor, &socket);
            add_state(line, descriptor.fd);
        });
        Some(Call::new(
            "close",
            Some((descriptor.fd.as_raw_fd(), descriptor.inode)),
        ))
    })
}

/// Forgets the record of a close that was not made: the call has failed.
pub fn cancel(call: Call) {
    observe(|_| {
        forget(call.name);
        let (number, inode) = call.socket?;
        put_back(number, inode);
        Some(())
    });
}

/// Adds what the close will do to data that were not received: nothing while the socket has another holder. Whether it has one can't
/// be searched for here: that takes memory from malloc(3), which a signal handler that makes this call may have interrupted.
fn add_unread(line: &mut Line, descriptor: Descriptor, socket: &Socket) {
    if socket.may_be_shared() || has_duplicate(socket.inode) {
        line.yes("shared");
    } else if let Ok(unread) = unix::available(descriptor.fd) {
        line.count("unread", unread);
    }
}

/// Records sockets that were closed without our notice. Called when the program ends.
pub fn note_closed() {
    note(None);
}

/// The same, after a call that closes all descriptors of a range.
pub fn note_range_closed(by: &'static str, numbers: RangeInclusive<u32>) {
    note(Some((by, numbers)));
}

fn note(closed: Option<(&'static str, RangeInclusive<u32>)>) {
    if is_observed() {
        observe(|_| {
            for (number, socket) in take_closed() {
                let by = closed
                    .as_ref()
                    .filter(|(_, numbers)| {
                        u32::try_from(number).is_ok_and(|number| numbers.contains(&number))
                    })
                    .map(|(by, _)| *by);
                socket.traced.note_close_by(by);
            }
            Some(())
        });
    }
}
