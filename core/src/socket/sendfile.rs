//! sendfile.

use super::{Call, Socket};
use crate::caller::Caller;
use crate::error::Result;
use crate::handle::Direction;
use crate::op::{Limits, SendFile};
use std::os::fd::BorrowedFd;

impl Socket {
    /// Sends a part of a file. See [`Call::sendfile`].
    ///
    /// # Errors
    /// See [`Call::sendfile`].
    pub fn sendfile(&self, file: BorrowedFd<'_>, offset: u64, count: Option<u64>) -> Result<u64> {
        self.call().sendfile(file, offset, count)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends `count` bytes of a file from `offset`, or all up to its end, without copying them through this process
    /// (sendfile(2); Python `sendfile`). The file's own position stays where it is. Like
    /// [`send_all`](Self::send_all) it never interleaves with another and never raises SIGPIPE.
    ///
    /// # Errors
    /// `EndOfStream` when the file ends before `count` bytes; all of [`send_with`](Self::send_with); the system's, such
    /// as `ESPIPE` for a file without offsets. [`Error::done`](crate::Error::done) is how many bytes left this process, at
    /// most `usize::MAX`.
    pub fn sendfile(&mut self, file: BorrowedFd<'_>, offset: u64, count: Option<u64>) -> Result<u64> {
        self.send_file(file, offset, count, Limits::All)
    }

    /// Sends a part of a file with a time limit that starts anew whenever something was sent, like Python's `sendfile`:
    /// a slow peer may take as long as it likes, but one that has stopped may not.
    ///
    /// # Errors
    /// See [`sendfile`](Self::sendfile).
    pub fn sendfile_while_moving(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        count: Option<u64>,
    ) -> Result<u64> {
        self.send_file(file, offset, count, Limits::EachWait)
    }

    fn send_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        count: Option<u64>,
        limits: Limits,
    ) -> Result<u64> {
        let timeout = self.timeout(Direction::Send);
        let mut send = SendFile::new(&self.socket.handle, file, offset, count, limits);
        self.run(timeout, &mut send)
    }
}
