//! Records of closes.

use super::call::Call;
use super::observing::{is_observed, observe};
use super::sockets::{depart, enter, find, has_duplicate, take_closed, Descriptor, Socket};
use crate::sys::unix;
use crate::trace::call::{begin_named, On};
use crate::trace::details::add_state;
use crate::trace::Line;
use std::os::fd::RawFd;
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
    let descriptor = Descriptor::of(number)?;
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
            line.count("inside", inside);
            add_unread(line, descriptor, &socket);
            add_state(line, descriptor.fd);
        });
        Some(Call::new("close", Some((number, descriptor.inode))))
    })
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

/// Records sockets that were closed without our notice. Called after calls that close many descriptors, and when the
/// program ends.
pub fn note_closed() {
    if is_observed() {
        observe(|_| {
            for socket in take_closed() {
                socket.traced.note_unseen_close();
            }
            Some(())
        });
    }
}
