//! sendfile.

use super::attempt::{Attempt, KernelWaits, Plan, Progress};
use crate::error::{Kind, Operation};
use crate::handle::{Direction, Handle};
use crate::sys::os::{self, portable};
use crate::sys::sigpipe::without_sigpipe;
use crate::sys::unix::Blocking;
use crate::trace::Line;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The most that one sendfile(2) moves.
const MOST: u64 = 0x7fff_f000;

/// Sends a part of a file, one thread at a time.
pub(crate) struct SendFile<'a> {
    handle: &'a Handle,
    file: BorrowedFd<'a>,
    offset: u64,
    /// Without one, everything up to the end of the file.
    count: Option<u64>,
    limits: Limits,
    done: u64,
}

/// What the time limit applies to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limits {
    All,
    EachWait,
}

impl<'a> SendFile<'a> {
    pub(crate) fn new(
        handle: &'a Handle,
        file: BorrowedFd<'a>,
        offset: u64,
        count: Option<u64>,
        limits: Limits,
    ) -> Self {
        Self {
            handle,
            file,
            offset,
            count,
            limits,
            done: 0,
        }
    }

    /// Sends what there is room for.
    fn send_part(&self, to: BorrowedFd<'_>) -> io::Result<u64> {
        let left = self.count.map_or(MOST, |count| (count - self.done).min(MOST));
        if left == 0 {
            return Ok(0);
        }
        // Only for this one part: waiting works in either mode, and a concurrent call may need the other one.
        let _nonblocking = self.handle.hold_nonblocking(to)?;
        let (offset, count) = (
            self.offset + self.done,
            usize::try_from(left).unwrap_or(usize::MAX),
        );
        let moved = match without_sigpipe(|| os::sendfile(to, self.file, offset, count)) {
            // Some kinds of files can't be sent from within the kernel.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                portable::sendfile(to, self.file, offset, count)
            }
            result => result,
        };
        moved.map(|moved| moved.try_into().unwrap_or(u64::MAX))
    }
}

impl Attempt for SendFile<'_> {
    type Output = u64;

    const OPERATION: Operation = Operation::SendFile;
    const DIRECTION: Direction = Direction::Send;
    const TAKES_TURN: bool = true;

    fn limits_each_wait(&self) -> bool {
        self.limits == Limits::EachWait
    }

    fn plan(&self) -> Plan {
        Plan {
            events: libc::POLLOUT,
            // Never counts as a small transfer: the file may have to be read from a disk, so it is never tried directly.
            bytes: usize::MAX,
            kernel_waits: KernelWaits::Never,
        }
    }

    fn attempt(&mut self, fd: BorrowedFd<'_>, _: Blocking) -> io::Result<Progress<u64>> {
        let moved = self.send_part(fd)?;
        self.done += moved;
        Ok(match self.count {
            Some(count) if self.done == count => Progress::Done(self.done),
            _ if moved > 0 => Progress::More,
            None => Progress::Done(self.done),
            Some(_) => Progress::Failed(Kind::EndOfStream),
        })
    }

    fn arguments(&self, line: &mut Line) {
        line.number("file", self.file.as_raw_fd());
        line.number("from_offset", self.offset);
        if let Some(count) = self.count {
            line.number("asked", count);
        }
    }

    fn done(&self) -> usize {
        usize::try_from(self.done).unwrap_or(usize::MAX)
    }
}
