//! How the connection of a handle ends, as far as calls have reported it.

use crate::sys::kernel;
use crate::sys::once_box::OnceBox;
use crate::tcp_state::TcpState;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{self, AtomicBool, AtomicI32, Ordering};
use std::sync::Arc;

/// The error that ended a connection, or the fact that its stream ended without one.
///
/// The kernel reports the death of a connection once, to whichever call comes first, even a send or getsockopt(2) for
/// `SO_ERROR`. Every later receive returns 0, as if the peer had ended its stream.
///
/// A handle and its duplicates have one connection, so what a call on one of them learns holds for all.
#[derive(Default)]
pub(crate) struct ConnectionEnd {
    own: Record,
    /// What the handle shares with its duplicates. Once there is one, it is used in place of `own`.
    common: OnceBox<Arc<Record>>,
}

#[derive(Default)]
struct Record {
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
            let _ = self.record(|record| record.end_with(errno));
        }
    }

    /// Called when a receive found nothing, as at the end of the stream: returns the error that ended the connection,
    /// if there was one. An end without an error is remembered as such, if it is known to be the end.
    pub(crate) fn end_of_stream(&self, certainly: bool) -> io::Result<()> {
        let clean = if certainly { CLEAN } else { OPEN };
        match self.record(|record| record.end_with(clean)) {
            Ok(_) | Err(CLEAN) => Ok(()),
            Err(errno) => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// The error that ended the connection, if a call has reported it.
    pub(crate) fn error(&self) -> Option<i32> {
        let error = self.known().error.load(Ordering::Relaxed);
        (error != OPEN && error != CLEAN).then_some(error)
    }

    /// Records that we have ended our own stream.
    pub(crate) fn note_own_end(&self) {
        self.record(|record| record.own_end.store(true, Ordering::Relaxed));
    }

    /// Whether we have ended our own stream. Another holder of the connection may have done so, too.
    pub(crate) fn has_own_end(&self) -> bool {
        self.known().own_end.load(Ordering::Relaxed)
    }

    /// Records that the peer has acknowledged our end and not ended its own stream.
    pub(crate) fn note_own_end_first(&self) {
        self.record(|record| record.own_end_first.store(true, Ordering::Relaxed));
    }

    /// Whether the peer was seen to acknowledge our end first.
    pub(crate) fn own_end_was_first(&self) -> bool {
        self.known().own_end_first.load(Ordering::Relaxed)
    }

    /// A new handle shares the connection from now on.
    pub(crate) fn share_with(&self, other: &Self) {
        let common = self.common.get_or_make(Arc::default);
        atomic::fence(Ordering::SeqCst);
        common.add(&self.own);
        other.common.get_or_make(|| Arc::clone(common));
    }

    /// The connection is about to be replaced by another one.
    pub(crate) fn reset(&self) {
        self.record(Record::clear);
    }

    fn known(&self) -> &Record {
        self.common.get().map_or(&self.own, Arc::as_ref)
    }

    /// Changes what is known. If another thread duplicates the handle meanwhile, it may have read `own` before the change:
    /// then the change is made in the common record, too. Both threads have a fence between their store and their load,
    /// so either this one sees the common record or the other one sees the change.
    fn record<T>(&self, change: impl Fn(&Record) -> T) -> T {
        if let Some(common) = self.common.get() {
            return change(common);
        }
        let changed = change(&self.own);
        atomic::fence(Ordering::SeqCst);
        self.common.get().map_or(changed, |common| change(common))
    }
}

impl Record {
    /// Keeps how the connection ended, unless that is known already.
    fn end_with(&self, end: i32) -> Result<i32, i32> {
        self.error
            .compare_exchange(OPEN, end, Ordering::Relaxed, Ordering::Relaxed)
    }

    fn add(&self, other: &Self) {
        let _ = self.end_with(other.error.load(Ordering::Relaxed));
        for (to, from) in [
            (&self.own_end, &other.own_end),
            (&self.own_end_first, &other.own_end_first),
        ] {
            if from.load(Ordering::Relaxed) {
                to.store(true, Ordering::Relaxed);
            }
        }
    }

    fn clear(&self) {
        self.error.store(OPEN, Ordering::Relaxed);
        self.own_end.store(false, Ordering::Relaxed);
        self.own_end_first.store(false, Ordering::Relaxed);
    }
}
