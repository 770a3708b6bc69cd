//! sendfile.

use super::{Call, Socket};
use crate::caller::{Caller, Stop};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::Direction;
use crate::sys::os::{self, portable};
use crate::sys::sigpipe::without_sigpipe;
use crate::turn::Turn;
use crate::wait::{run, Plan, Step};
use std::io;
use std::os::fd::BorrowedFd;

/// What the time limit limits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limits {
    All,
    EachWait,
}

/// The most that one sendfile(2) moves.
const MOST: u64 = 0x7fff_f000;

impl Socket {
    /// Sends a part of a file. See [`Call::sendfile`].
    ///
    /// # Errors
    /// As [`Call::sendfile`].
    pub fn sendfile(&self, file: BorrowedFd<'_>, offset: u64, count: Option<u64>) -> Result<usize> {
        self.call().sendfile(file, offset, count)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends `count` bytes of a file from `offset`, or all up to its end, without copying them through this process
    /// (sendfile(2); Python `sendfile`). The file's own position stays where it is. Like
    /// [`send_all`](Self::send_all) it never interleaves with another and never raises SIGPIPE.
    ///
    /// # Errors
    /// `EndOfStream` when the file ends before `count` bytes; all of [`send_with`](Self::send_with); the system's,
    /// such as `ESPIPE` for what has no offsets. [`Error::done`] says how many bytes left this process.
    pub fn sendfile(&mut self, file: BorrowedFd<'_>, offset: u64, count: Option<u64>) -> Result<usize> {
        self.send_file(file, offset, count, Limits::All)
    }

    /// The same with a time limit that starts anew whenever something went out, as Python's `sendfile` has it: a slow
    /// peer may take as long as it likes, one that has stopped may not.
    ///
    /// # Errors
    /// As [`sendfile`](Self::sendfile).
    pub fn sendfile_while_moving(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        count: Option<u64>,
    ) -> Result<usize> {
        self.send_file(file, offset, count, Limits::EachWait)
    }

    fn send_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        count: Option<u64>,
        limits: Limits,
    ) -> Result<usize> {
        let handle = &self.socket.handle;
        let mut limit = self.limit(Direction::Send);
        let turn = Turn::take(handle, Direction::Send, &mut self.caller, &mut limit);
        let _turn = self.named((Operation::SendFile, Direction::Send), 0, turn)?;
        let mut done = 0_u64;
        let result = loop {
            // Larger than any small transfer: a file may have to be read from a disk, so never tried directly.
            let plan = Plan {
                direction: Direction::Send,
                events: libc::POLLOUT,
                bytes: usize::MAX,
                kernel_may_wait: false,
                limit,
            };
            let mut more = false;
            let result = run(handle, &mut self.caller, plan, |to, _| {
                let left = count.map_or(MOST, |count| (count - done).min(MOST));
                let moved = if left == 0 {
                    0
                } else {
                    // For this one part: waiting needs no mode, and a call beside it may need the other.
                    let _held = handle.hold_nonblocking(to)?;
                    send_part(to, file, offset + done, left)?
                };
                done += moved;
                more = moved > 0 && count != Some(done);
                Ok(if more && limits == Limits::All {
                    Step::More
                } else {
                    Step::Done(())
                })
            });
            if result.is_err() || !more {
                break result;
            }
            // A signal interrupts nothing where there is always room.
            if let Err(Stop) = self.caller.moved() {
                break Err(Kind::Interrupted);
            }
            limit = self.limit(Direction::Send);
        };
        let moved = usize::try_from(done).unwrap_or(usize::MAX);
        self.named((Operation::SendFile, Direction::Send), moved, result)?;
        match count {
            Some(count) if done < count => {
                Err(Error::new(Operation::SendFile, Kind::EndOfStream).with_done(moved))
            }
            _ => Ok(moved),
        }
    }
}

/// Sends what there is room for, on a descriptor in non-blocking mode.
fn send_part(to: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, count: u64) -> io::Result<u64> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let moved = match without_sigpipe(|| os::sendfile(to, file, offset, count)) {
        // Some kinds of files can't be sent from within the kernel.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            portable::sendfile(to, file, offset, count)
        }
        result => result,
    };
    moved.map(|moved| moved.try_into().unwrap_or(u64::MAX))
}
