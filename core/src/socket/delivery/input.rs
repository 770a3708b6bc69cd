//! The peer's input during a graceful close, which is read and thrown away.

use crate::buffer::RecvBuf;
use crate::sys::unix::{self, Blocking};
use std::io;
use std::os::fd::BorrowedFd;

/// How much one receive takes.
const PIECE: usize = 16 << 10;

/// How many receives are made before the close looks at its deadline and at signals: together a megabyte, less than a
/// millisecond's work.
const IN_A_ROW: u32 = 64;

/// How much was discarded, and how much may be.
pub(super) struct Input {
    pub(super) discarded: u64,
    limit: u64,
}

/// What there is after the input was read.
pub(super) enum Found {
    /// Nothing more at the moment.
    Nothing,
    /// Probably more.
    More,
    /// The end of the peer's stream.
    End,
    /// More than may be discarded.
    TooMuch,
    Failure(io::Error),
}

impl Input {
    pub(super) fn new(limit: u64) -> Self {
        Self { discarded: 0, limit }
    }

    /// Adds bytes that were received before, ahead of calls that now never come.
    pub(super) fn note_received(&mut self, count: usize) {
        self.discarded += u64::try_from(count).unwrap_or(0);
    }

    /// Adds what could not be read of a connection that is over: closing the socket throws it away.
    pub(super) fn note_left(&mut self, fd: BorrowedFd<'_>) {
        self.note_received(unix::available(fd).unwrap_or(0));
    }

    /// Reads what is there.
    pub(super) fn discard(&mut self, fd: BorrowedFd<'_>) -> Found {
        let mut piece = [0_u8; PIECE];
        for _ in 0..IN_A_ROW {
            let left = self.limit.saturating_sub(self.discarded);
            let (room, _) = piece.split_at_mut(usize::try_from(left).unwrap_or(PIECE).clamp(1, PIECE));
            // Beyond the limit there may still be the end.
            let flags = if left == 0 { libc::MSG_PEEK } else { 0 };
            match unix::recv(fd, &RecvBuf::from(room), flags, Blocking::Forbidden) {
                Ok(0) => return Found::End,
                Ok(_) if left == 0 => return Found::TooMuch,
                Ok(count) => self.discarded += u64::try_from(count).unwrap_or(0),
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => return Found::Nothing,
                Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
                Err(error) => return Found::Failure(error),
            }
        }
        Found::More
    }
}
