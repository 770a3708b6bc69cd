//! How the connection of a handle ended, as far as calls have reported it.

use crate::sys::kernel;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicI32, Ordering};

/// The error that ended a connection, or the fact that its stream ended without one.
///
/// The kernel reports the death of a connection once, to whichever call comes first, even a send or getsockopt(2) for
/// `SO_ERROR`. Every later receive returns 0, as if the peer had ended its stream.
#[derive(Default)]
pub(crate) struct ConnectionEnd(AtomicI32);

const OPEN: i32 = 0;
/// The peer ended its stream, and a receive reported it.
const CLEAN: i32 = -1;

/// The state of a TCP socket without a connection (include/net/tcp_states.h).
const TCP_CLOSE: u8 = 7;

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
            | libc::EPROTO => kernel::tcp_state(fd).is_ok_and(|state| state == TCP_CLOSE),
            _ => false,
        };
        if fatal {
            let _ = self
                .0
                .compare_exchange(OPEN, errno, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Called when a receive found nothing, as at the end of the stream: returns the error that ended the connection,
    /// if there was one. An end without an error is remembered as such, if it is known to be the end.
    pub(crate) fn end_of_stream(&self, certainly: bool) -> io::Result<()> {
        let clean = if certainly { CLEAN } else { OPEN };
        match self
            .0
            .compare_exchange(OPEN, clean, Ordering::Relaxed, Ordering::Relaxed)
        {
            Ok(_) | Err(CLEAN) => Ok(()),
            Err(errno) => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// Another handle shares the connection from now on.
    pub(crate) fn copy_to(&self, other: &Self) {
        other.0.store(self.0.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The handle is about to have another connection.
    pub(crate) fn reset(&self) {
        self.0.store(OPEN, Ordering::Relaxed);
    }
}
