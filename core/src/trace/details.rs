//! What several kinds of records have in common.

use super::line::Line;
use super::settings::most_data;
use crate::error::{Error, Kind};
use crate::sys::{kernel, unix};
use std::os::fd::BorrowedFd;

/// What a call has moved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    Nothing,
    Sent(usize),
    Received(usize),
}

/// Adds the state of a TCP connection; other sockets have none.
pub(super) fn add_state(line: &mut Line, fd: BorrowedFd<'_>) {
    if let Ok(state) = kernel::tcp_state(fd) {
        line.text("state", state);
    }
}

/// Adds what the close of a connection will do to data that were not received.
pub(super) fn add_unread(line: &mut Line, fd: BorrowedFd<'_>) {
    if let Ok(unread) = unix::available(fd) {
        line.count("unread", unread);
    }
}

/// How many sockets with a port are shown.
const MOST_IN_USE: usize = 64;

/// Adds the states of the TCP sockets that have a port already, when that is why a call has failed.
#[cold]
pub(crate) fn add_in_use(line: &mut Line, error: Option<&Error>, port: Option<u16>) {
    let (Some(Kind::Os(libc::EADDRINUSE)), Some(port)) = (error.map(Error::kind), port) else {
        return;
    };
    let (mut states, mut count) = (String::new(), 0);
    kernel::tcp_states_at(port, |state| {
        if count < MOST_IN_USE {
            states.push_str(if count > 0 { " " } else { "" });
            states.push_str(state.name());
        }
        count += 1;
    });
    if count > 0 {
        line.text("in_use", states);
    }
}

/// How many bytes of what was moved are copied at a time.
const PIECE: usize = 256;

/// Adds the beginning of what was moved, as much as the trace wants. `copy` copies the bytes from an offset on into the room,
/// and returns how many.
pub(crate) fn add_payload(line: &mut Line, count: usize, mut copy: impl FnMut(usize, &mut [u8]) -> usize) {
    let most = most_data().min(count);
    if most == 0 {
        return;
    }
    let mut room = [0; PIECE];
    let mut done = 0;
    line.begin_payload("data");
    while done < most {
        let wanted = room.get_mut(..(most - done).min(PIECE)).unwrap_or_default();
        let copied = copy(done, wanted);
        line.add_payload(wanted.get(..copied).unwrap_or_default());
        done += copied;
        if copied == 0 {
            break;
        }
    }
    line.end_payload();
}
