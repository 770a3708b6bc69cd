//! send and send_all.

use super::{moved_counts, Call, Socket};
use crate::buffer::SendBuf;
use crate::caller::Caller;
use crate::error::{Operation, Result};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::sys::unix;
use crate::time::{LazyDeadline, Timeout};
use crate::turn::Turn;
use crate::wait::{run, Plan, Step};

impl Socket {
    /// Sends as much of `data` as there is room for and says how much. See [`Call::send_with`].
    ///
    /// # Errors
    /// As [`Call::send_with`].
    pub fn send<'b>(&self, data: impl Into<SendBuf<'b>>) -> Result<usize> {
        self.call().send(data)
    }

    /// Sends all of `data`. See [`Call::send_all`].
    ///
    /// # Errors
    /// As [`Call::send_all`].
    pub fn send_all<'b>(&self, data: impl Into<SendBuf<'b>>) -> Result<()> {
        self.call().send_all(data)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends as much of `data` as there is room for and says how much.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with).
    pub fn send<'b>(&mut self, data: impl Into<SendBuf<'b>>) -> Result<usize> {
        self.send_with(data, Flags::NONE)
    }

    /// Sends with flags (send(2)), never raising SIGPIPE.
    ///
    /// With a time limit it sends what there is room for, at least one byte. Without one, on a stream, it waits
    /// until everything is on its way, as a blocking send(2) does; what ends it sooner leaves the count.
    ///
    /// # Errors
    /// `TimedOut`, `WouldBlock`, `Closed` when another thread closed the socket; the system's, such as `EPIPE`,
    /// `ECONNRESET` or `ENOTCONN`. Nothing was sent then.
    pub fn send_with<'b>(&mut self, data: impl Into<SendBuf<'b>>, flags: Flags) -> Result<usize> {
        let data = data.into();
        let limit = self.send_limit(flags);
        let whole = limit.is_never() && self.socket.is_stream();
        let plan = self.send_plan(data.len(), limit);
        let mut done = 0;
        let result = run(&self.socket.handle, &mut self.caller, plan, |fd, waiting| {
            let count = unix::send(fd, data.after(done), flags.0, waiting)?;
            done += count;
            Ok(if whole && count > 0 && done < data.len() {
                Step::More
            } else {
                Step::Done(done)
            })
        });
        match result {
            Err(kind) if moved_counts(done, kind) => Ok(done),
            result => self.named((Operation::Send, Direction::Send), done, result),
        }
    }

    /// Sends all of `data`, waiting as long as the deadline allows. Calls of several threads never interleave.
    ///
    /// # Errors
    /// As [`send_with`](Self::send_with); [`Error::done`](crate::Error::done) says how many bytes left this process.
    pub fn send_all<'b>(&mut self, data: impl Into<SendBuf<'b>>) -> Result<()> {
        self.send_all_with(data, Flags::NONE)
    }

    /// Sends all of `data` with flags.
    ///
    /// # Errors
    /// As [`send_all`](Self::send_all).
    pub fn send_all_with<'b>(&mut self, data: impl Into<SendBuf<'b>>, flags: Flags) -> Result<()> {
        let data = data.into();
        let handle = &self.socket.handle;
        let limit = self.send_limit(flags);
        let mut plan = self.send_plan(data.len(), limit);
        let turn = Turn::take(handle, Direction::Send, &mut self.caller, &mut plan.limit);
        let _turn = self.named((Operation::SendAll, Direction::Send), 0, turn)?;
        let mut done = 0;
        let result = run(handle, &mut self.caller, plan, |fd, waiting| {
            let count = unix::send(fd, data.after(done), flags.0, waiting)?;
            done += count;
            Ok(if count > 0 && done < data.len() {
                Step::More
            } else {
                Step::Done(())
            })
        });
        self.named((Operation::SendAll, Direction::Send), done, result)
    }

    pub(super) fn send_limit(&self, flags: Flags) -> LazyDeadline {
        if flags.contains(Flags::DONT_WAIT) {
            LazyDeadline::new(Timeout::NonBlocking)
        } else {
            self.limit(Direction::Send)
        }
    }

    pub(super) fn send_plan(&self, bytes: usize, limit: LazyDeadline) -> Plan {
        Plan {
            direction: Direction::Send,
            events: libc::POLLOUT,
            bytes,
            limit,
            kernel_may_wait: self.socket.is_woken_by_shutdown(),
        }
    }
}
