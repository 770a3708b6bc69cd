//! sendmsg and recvmsg.

use super::attempt::{Attempt, Plan, Progress};
use super::receiving::Receiving;
use super::send::{add_send_arguments, add_sent, send_plan, sends_all};
use crate::address::Address;
use crate::ancillary::{codec, Ancillary, Control};
use crate::buffer::{RecvBuf, SendBuf};
use crate::domain::SocketKind;
use crate::error::{Error, Kind, Operation};
use crate::flags::Flags;
use crate::handle::{Direction, Handle};
use crate::memory;
use crate::sys::unix::Blocking;
use crate::sys::{os, unix};
use crate::time::Timeout;
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// `SCM_MAX_FD` of Linux.
const MOST_DESCRIPTORS: usize = 253;
/// `UIO_MAXIOV` of Linux, `IOV_MAX` elsewhere.
const MOST_BUFFERS: usize = 1024;

/// Sends several pieces with control messages, to an address or to the connected peer; how much of them is decided as
/// for [`Send`](super::Send).
pub(crate) struct SendMessage<'a> {
    kind: SocketKind,
    parts: &'a [SendBuf<'a>],
    total: usize,
    control: Vec<u8>,
    /// How many descriptors are in the control messages.
    descriptors: usize,
    to: Option<&'a Address>,
    flags: Flags,
    all: bool,
    done: usize,
}

impl<'a> SendMessage<'a> {
    pub(crate) fn new(
        kind: SocketKind,
        parts: &'a [SendBuf<'a>],
        messages: &[Control<'_>],
        to: Option<&'a Address>,
        flags: Flags,
        timeout: Timeout,
    ) -> Result<Self, Kind> {
        Ok(Self {
            kind,
            parts,
            total: parts.iter().map(SendBuf::len).fold(0, usize::saturating_add),
            control: Control::encode(messages)?,
            descriptors: messages.iter().map(Control::descriptors).sum(),
            to,
            flags,
            all: sends_all(kind, timeout),
            done: 0,
        })
    }
}

impl Attempt for SendMessage<'_> {
    type Output = usize;

    const OPERATION: Operation = Operation::SendMsg;
    const DIRECTION: Direction = Direction::Send;

    #[inline]
    fn plan(&self) -> Plan {
        send_plan(self.kind, self.total)
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<usize>> {
        let (to, flags) = (self.to, self.flags.0);
        self.done += if self.done == 0 {
            unix::sendmsg(fd, self.parts, &self.control, to, flags, blocking)?
        } else {
            let rest = after(self.parts, self.done, SendBuf::len, SendBuf::after)?;
            unix::sendmsg(fd, &rest, &[], to, flags, blocking)?
        };
        Ok(if self.all && 0 < self.done && self.done < self.total {
            Progress::More
        } else {
            Progress::Done(self.done)
        })
    }

    fn done(&self) -> usize {
        self.done
    }

    fn outlasts_close(count: &usize) -> bool {
        *count > 0
    }

    fn arguments(&self, line: &mut Line) {
        add_send_arguments(line, self.total, self.flags);
        if let Some(to) = self.to {
            line.text("to", to);
        }
        line.count("descriptors", self.descriptors);
    }

    fn outcome(&self, _: Option<&usize>, line: &mut Line) {
        add_sent(line, self.parts, self.done);
    }

    fn partial(&mut self, _: Kind) -> Option<usize> {
        (self.done > 0).then_some(self.done)
    }

    fn explain(&self, error: Error) -> Error {
        let count = self.descriptors;
        if error.kind() == Kind::Os(libc::EINVAL) && count > MOST_DESCRIPTORS {
            // The kernel does not give the reason.
            return error
                .with_detail(format_args!("{count} descriptors"))
                .with_remedy("a message takes at most 253 descriptors");
        }
        if error.kind() == Kind::Os(libc::EMSGSIZE) && self.parts.len() > MOST_BUFFERS {
            return explain_count(error, self.parts.len());
        }
        match self.to {
            Some(to) => error.with_detail(to),
            None => error,
        }
    }
}

/// Explains the failure of a call with too many buffers.
fn explain_count(error: Error, buffers: usize) -> Error {
    error
        .with_detail(format_args!("{buffers} buffers"))
        .with_remedy("a call takes at most 1024 buffers")
}

/// Receives into several pieces, with control messages and the sender's address.
pub(crate) struct RecvMessage<'a> {
    receiving: Receiving<'a>,
    parts: &'a [RecvBuf<'a>],
    /// The flags of the system call.
    flags: i32,
    control: Vec<u8>,
    pub(crate) from: Address,
    pub(crate) ancillary: Vec<Ancillary>,
}

/// What arrived, except what is too large to pass around.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) count: usize,
    pub(crate) flags: Flags,
    /// The length fields of the control messages are wrong.
    pub(crate) malformed: bool,
    has_ancillary: bool,
}

impl<'a> RecvMessage<'a> {
    /// The first `done` bytes of the pieces have already been filled.
    pub(crate) fn new(
        handle: &'a Handle,
        kind: SocketKind,
        parts: &'a [RecvBuf<'a>],
        done: usize,
        control_capacity: usize,
        flags: Flags,
    ) -> Result<Self, Kind> {
        let total = parts.iter().map(RecvBuf::len).fold(0, usize::saturating_add);
        Ok(Self {
            receiving: Receiving::new(handle, kind, flags, total).after(done),
            parts,
            flags: flags.0 | if kind.is_unix() { os::CLOEXEC_RIGHTS } else { 0 },
            control: memory::zeros(control_capacity)?,
            from: Address::EMPTY,
            ancillary: Vec::new(),
        })
    }
}

impl Attempt for RecvMessage<'_> {
    type Output = Arrival;

    const OPERATION: Operation = Operation::RecvMsg;
    const DIRECTION: Direction = Direction::Receive;

    #[inline]
    fn plan(&self) -> Plan {
        self.receiving.plan()
    }

    #[inline]
    fn attempt(&mut self, fd: BorrowedFd<'_>, blocking: Blocking) -> io::Result<Progress<Arrival>> {
        let receiving = &mut self.receiving;
        let (control, from) = (&mut self.control, &mut self.from);
        let received = if receiving.taken() == 0 {
            unix::recvmsg(fd, self.parts, control, from, self.flags, blocking)
        } else {
            let rest = after(self.parts, receiving.taken(), RecvBuf::len, RecvBuf::after)?;
            unix::recvmsg(fd, &rest, control, from, self.flags, blocking)
        };
        let received = receiving.end_if_shut(fd, received)?;
        let only_data = received.control == 0;
        if only_data {
            receiving.check_end(received.count)?;
        }
        receiving.note(received.count);
        if only_data && receiving.goes_on(fd, received.count)? {
            return Ok(Progress::More);
        }
        let control = control.get(..received.control).unwrap_or(&[]);
        let malformed = !codec::is_well_formed(control);
        let lost;
        (self.ancillary, lost) = unix::take_ancillary(control);
        Ok(Progress::Done(Arrival {
            count: receiving.arrived(),
            flags: Flags(received.flags | if lost { libc::MSG_CTRUNC } else { 0 }),
            malformed,
            has_ancillary: !self.ancillary.is_empty(),
        }))
    }

    fn done(&self) -> usize {
        self.receiving.taken()
    }

    fn advances(&self) -> bool {
        self.receiving.advances()
    }

    fn transferred(&self, output: Option<&Arrival>) -> usize {
        output.map_or(self.done(), |arrival| arrival.count)
    }

    fn arguments(&self, line: &mut Line) {
        self.receiving.add_arguments(line);
    }

    fn outcome(&self, output: Option<&Arrival>, line: &mut Line) {
        let Some(arrival) = output else { return };
        self.receiving.add_found(line, arrival.count, arrival.flags);
        self.receiving.add_payload(line, self.parts, arrival.count);
        if !self.from.as_bytes().is_empty() {
            line.text("from", self.from);
        }
        line.count("ancillary", self.ancillary.len());
    }

    fn outlasts_close(arrival: &Arrival) -> bool {
        arrival.count > 0 || arrival.has_ancillary
    }

    fn partial(&mut self, ended_by: Kind) -> Option<Arrival> {
        self.receiving.partial(ended_by).map(|count| Arrival {
            count,
            flags: Flags::NONE,
            malformed: false,
            has_ancillary: false,
        })
    }

    fn explain(&self, error: Error) -> Error {
        if error.kind() == Kind::Os(libc::EMSGSIZE) && self.parts.len() > MOST_BUFFERS {
            explain_count(error, self.parts.len())
        } else {
            error
        }
    }
}

/// What is left of several pieces after the first `done` bytes.
fn after<T>(
    parts: &[T],
    mut done: usize,
    len: impl Fn(&T) -> usize,
    after: impl Fn(&T, usize) -> T,
) -> io::Result<Vec<T>> {
    let rest = parts.iter().map(|part| {
        let left = after(part, done);
        done -= done.min(len(part));
        left
    });
    memory::collect(rest.filter(|part| len(part) > 0)).map_err(|_| io::ErrorKind::OutOfMemory.into())
}
