//! The calls of kqueue(2).

mod changes;

pub use changes::Changes;

use crate::sys::unix;
use libc::{c_int, kevent};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Makes a queue. A forked child does not inherit it.
pub fn create() -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    let fd = unix::check(unsafe { libc::kqueue() })?;
    // SAFETY: the kernel just gave us this descriptor.
    let queue = unsafe { OwnedFd::from_raw_fd(fd) };
    unix::descriptor::close_on_exec(&queue);
    Ok(queue)
}

/// A change to what a queue watches: `filter` of a descriptor.
pub fn change(fd: RawFd, filter: i16, flags: u16) -> kevent {
    // SAFETY: a kevent is plain numbers and a pointer, for which zero is a value.
    let mut change: kevent = unsafe { std::mem::zeroed() };
    change.ident = usize::try_from(fd).unwrap_or(usize::MAX);
    change.filter = filter;
    change.flags = flags;
    change
}

/// A change that makes reading count as possible only at the end of the stream or after an error.
pub fn end_only(mut change: kevent) -> kevent {
    const NOTE_LOWAT: u32 = 1; // sys/event.h
    change.fflags = NOTE_LOWAT;
    change.data = c_int::MAX as _; // of another type on each system
    change
}

/// The filter of urgent bytes, and what it is asked for (`NOTE_OOB`), where there is one.
#[cfg(target_vendor = "apple")]
const URGENT: Option<(i16, u32)> = Some((libc::EVFILT_EXCEPT, 2));
#[cfg(not(target_vendor = "apple"))]
const URGENT: Option<(i16, u32)> = None;

/// A change that asks for events of urgent bytes.
///
/// # Errors
/// `EOPNOTSUPP` where a queue can't do that.
pub fn urgent(fd: RawFd, flags: u16) -> io::Result<kevent> {
    let (filter, notes) = URGENT.ok_or_else(|| io::Error::from_raw_os_error(libc::EOPNOTSUPP))?;
    let mut change = change(fd, filter, flags);
    change.fflags = notes;
    Ok(change)
}

/// Whether an event says that the peer has ended its stream.
pub fn is_end(event: &kevent) -> bool {
    event.filter == libc::EVFILT_READ && event.flags & libc::EV_EOF != 0
}

/// Makes changes, each of which succeeds or not by itself. Returns the first error. A pipe that nothing reads is watched, but
/// answers EPIPE on macOS: that is an event, not an error.
pub fn apply(queue: &OwnedFd, changes: &mut [kevent]) -> io::Result<()> {
    for change in &mut *changes {
        change.flags |= libc::EV_RECEIPT; // the answer is an event for each, and no others are taken
    }
    let count = c_int::try_from(changes.len()).unwrap_or(0);
    let at = changes.as_mut_ptr();
    loop {
        // SAFETY: `changes` is ours, and has `count` entries to read and to write: the kernel copies each before it writes
        // its answer. A null pointer is no time limit, and every change has its answer at once.
        let answered = unsafe { libc::kevent(queue.as_raw_fd(), at, count, at, count, std::ptr::null()) };
        match unix::check(answered) {
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
            result => {
                result?;
                break;
            }
        }
    }
    for answer in changes {
        let errno = c_int::try_from(answer.data).unwrap_or(libc::EINVAL);
        if answer.flags & libc::EV_ERROR != 0 && errno != 0 && errno != libc::EPIPE {
            return Err(io::Error::from_raw_os_error(errno));
        }
    }
    Ok(())
}

/// Waits for events no longer than `left` (`None`: forever); returns how many there are.
pub fn wait(queue: &OwnedFd, room: &mut [MaybeUninit<kevent>], left: Option<Duration>) -> io::Result<c_int> {
    let left = left.map(unix::readiness::timespec);
    let left = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = c_int::try_from(room.len()).unwrap_or(c_int::MAX);
    // SAFETY: there are no changes; `room` is ours and has `count` entries; `left` is null or points at a timespec that
    // outlives this.
    unix::check(unsafe {
        libc::kevent(
            queue.as_raw_fd(),
            std::ptr::null(),
            0,
            room.as_mut_ptr().cast(),
            count,
            left,
        )
    })
}
