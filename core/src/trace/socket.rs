//! What a trace knows about a socket, kept in its handle.

use super::details::{add_state, Moved};
use super::line::Line;
use super::settings::trace_number;
use super::thread::{begin_line, write};
use crate::domain::{Family, SocketType};
use crate::sys::once_box::OnceBox;
use crate::sys::{kernel, os, unix};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;

static LAST_NUMBER: AtomicU64 = AtomicU64::new(0);

/// Nothing until the first call that is recorded.
#[derive(Default)]
pub(crate) struct Traced(OnceBox<Known>);

struct Known {
    /// Names the socket in the file: unlike a descriptor's number it is never used again.
    number: u64,
    /// The trace in which it was described last.
    described_in: AtomicU64,
    stream: Arc<Stream>,
    /// Its local address was recorded since the system may have chosen it.
    has_local: AtomicBool,
}

/// How many bytes were sent and received. Duplicates of a socket share it.
#[derive(Default)]
struct Stream {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Traced {
    fn known(&self) -> &Known {
        self.known_with(Arc::default)
    }

    fn known_with(&self, stream: impl FnOnce() -> Arc<Stream>) -> &Known {
        self.0.get_or_make(|| Known {
            number: LAST_NUMBER.fetch_add(1, Ordering::Relaxed) + 1,
            described_in: AtomicU64::new(0),
            stream: stream(),
            has_local: AtomicBool::new(false),
        })
    }

    /// Its number in the trace, in which it is described first.
    pub(super) fn number(&self, fd: Option<BorrowedFd<'_>>) -> u64 {
        self.describe("seen", fd, None)
    }

    /// Records the socket unless this trace knows it. `how` it came to be known, and from which other socket.
    pub(super) fn describe(&self, how: &'static str, fd: Option<BorrowedFd<'_>>, from: Option<&Self>) -> u64 {
        let known = match from {
            Some(from) if how == "dup" => self.known_with(|| Arc::clone(&from.known().stream)),
            _ => self.known(),
        };
        let trace = trace_number();
        if known.described_in.swap(trace, Ordering::Relaxed) == trace {
            return known.number;
        }
        let (mut line, _) = begin_line("event", "socket");
        line.number("socket", known.number);
        line.text("how", how);
        if let Some(from) = from {
            line.number("from", from.known().number);
        }
        if let Some(fd) = fd {
            line.number("fd", fd.as_raw_fd());
            if let Ok(family) = os::family(fd) {
                line.kernel_name("family", Family(family));
            }
            if let Ok(number) = unix::get_int(fd, libc::SOL_SOCKET, libc::SO_TYPE) {
                line.kernel_name("type", SocketType(number));
            }
            if let Ok(number @ 1..) = kernel::protocol(fd) {
                line.number("protocol", number);
            }
            if how != "socket" {
                self.add_addresses(&mut line, fd);
                add_state(&mut line, fd);
            }
        }
        let Stream { sent, received } = &*known.stream;
        line.count("sent", size(sent.load(Ordering::Relaxed)));
        line.count("received", size(received.load(Ordering::Relaxed)));
        write(&mut line);
        known.number
    }

    /// Records that the socket was closed: `by` a call that has closed many, or else at some time before now.
    pub(super) fn note_close_by(&self, by: Option<&'static str>) {
        let known = self.known();
        if known.described_in.load(Ordering::Relaxed) == trace_number() {
            let (mut line, _) = begin_line("call", "close");
            line.number("socket", known.number);
            line.number("duration", 0);
            match by {
                Some(by) => line.text("by", by),
                None => line.yes("unseen"),
            }
            write(&mut line);
        }
    }

    /// Adds where in the stream the bytes lie that were moved, and counts them.
    pub(super) fn moved(&self, line: &mut Line, moved: Moved) {
        let known = self.known();
        let (counter, bytes) = match moved {
            Moved::Sent(bytes) if bytes > 0 => (&known.stream.sent, bytes),
            Moved::Received(bytes) if bytes > 0 => (&known.stream.received, bytes),
            Moved::Nothing | Moved::Sent(_) | Moved::Received(_) => return,
        };
        line.number("offset", counter.fetch_add(bytes as u64, Ordering::Relaxed));
    }

    /// Adds the addresses that the socket has.
    pub(super) fn add_addresses(&self, line: &mut Line, fd: BorrowedFd<'_>) {
        if let Ok(local) = unix::local_address(fd) {
            if local.port() != Some(0) {
                self.known().has_local.store(true, Ordering::Relaxed);
            }
            line.text("local", local);
        }
        if let Ok(peer) = unix::peer_address(fd) {
            line.text("peer", peer);
        }
    }

    /// Adds the local address if the system has just chosen it, for a datagram that was sent from an unbound socket.
    pub(super) fn add_chosen_address(&self, line: &mut Line, fd: BorrowedFd<'_>) {
        if !self.known().has_local.swap(true, Ordering::Relaxed) {
            self.add_addresses(line, fd);
        }
    }
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
