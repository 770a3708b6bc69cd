//! How the connection of a handle ends, as far as calls have reported it.

use crate::sys::kernel;
use crate::tcp_state::TcpState;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// The error that ended a connection, or the fact that its stream ended without one.
///
/// The kernel reports the death of a connection once, to whichever call comes first, even a send or getsockopt(2) for
/// `SO_ERROR`. Every later receive returns 0, as if the peer had ended its stream.
#[derive(Default)]
pub(crate) struct ConnectionEnd {
    error: AtomicI32,
    /// We have ended our own stream.
    own_end: AtomicBool,
    /// The peer was seen to have acknowledged our end while it had not ended its own stream.
    own_end_first: AtomicBool,
}

const OPEN: i32 = 0;
/// The peer ended its stream, and a receive reported it.
const CLEAN: i32 = -1;

impl ConnectionEnd {
    /// Records the error that a call ended with. `EPIPE` says nothing about receiving: it comes after our own
    /// shutdown, or after a reset that followed the peer's end of stream.
    #[cold]
    pub(crate) fn note(&self, fd: BorrowedFd<'_>, errno: i32) {
        let fatal = match errno {
            libc::ECONNRESET | libc::ETIMEDOUT => true,
            // An ICMP error may have ended the connection, or may only be passed on (`IP_RECVERR`).
            libc::ECONNREFUSED
            | libc::EHOSTUNREACH
            | libc::ENETUNREACH
            | libc::EHOSTDOWN
            | libc::ENETDOWN
            | libc::ENOPROTOOPT
            | libc::EACCES
            | libc::EPROTO => kernel::tcp_state(fd).is_ok_and(|state| state == TcpState::CLOSED),
            _ => false,
        };
        if fatal {
            let _ = self
                .error
                .compare_exchange(OPEN, errno, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Called when a receive found nothing, as at the end of the stream: returns the error that ended the connection,
    /// if there was one. An end without an error is remembered as such, if it is known to be the end.
    pub(crate) fn end_of_stream(&self, certainly: bool) -> io::Result<()> {
        let clean = if certainly { CLEAN } else { OPEN };
        match self
            .error
            .compare_exchange(OPEN, clean, Ordering::Relaxed, Ordering::Relaxed)
        {
            Ok(_) | Err(CLEAN) => Ok(()),
            Err(errno) => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// The error that ended the connection, if a call has reported it.
    pub(crate) fn error(&self) -> Option<i32> {
        let error = self.error.load(Ordering::Relaxed);
        (error != OPEN && error != CLEAN).then_some(error)
    }

    /// Records that we have ended our own stream.
    pub(crate) fn note_own_end(&self) {
        self.own_end.store(true, Ordering::Relaxed);
    }

    /// Whether we have ended our own stream. Another holder of the connection may have done so, too.
    pub(crate) fn has_own_end(&self) -> bool {
        self.own_end.load(Ordering::Relaxed)
    }

    /// Records that the peer has acknowledged our end and not ended its own stream.
    pub(crate) fn note_own_end_first(&self) {
        self.own_end_first.store(true, Ordering::Relaxed);
    }

    /// Whether the peer was seen to acknowledge our end first.
    pub(crate) fn own_end_was_first(&self) -> bool {
        self.own_end_first.load(Ordering::Relaxed)
    }

    /// Another handle shares the connection from now on.
    pub(crate) fn copy_to(&self, other: &Self) {
        other
            .error
            .store(self.error.load(Ordering::Relaxed), Ordering::Relaxed);
        other.own_end.store(self.has_own_end(), Ordering::Relaxed);
        other
            .own_end_first
            .store(self.own_end_was_first(), Ordering::Relaxed);
    }

    /// The handle is about to have another connection.
    pub(crate) fn reset(&self) {
        Self::default().copy_to(self);
    }
}
