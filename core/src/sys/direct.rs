//! System calls that no library comes between: no preloaded one, and not the layer below unchanged programs, which has the names
//! of the C library's functions. All are async-signal-safe, leave errno alone, and no thread is cancelled in them.

use super::undisturbed::{errno, set_errno};
use super::unix::readiness::{found, Readiness};
use libc::{c_int, c_long, c_ulong};
use std::ffi::CStr;
use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

/// Makes a call, of which errno shows nothing afterwards.
fn quietly(call: impl FnOnce() -> c_long) -> io::Result<c_int> {
    let before = errno();
    let result = call();
    let failure = errno();
    set_errno(before);
    if result < 0 {
        Err(io::Error::from_raw_os_error(failure))
    } else {
        Ok(c_int::try_from(result).unwrap_or(c_int::MAX))
    }
}

/// Closes a descriptor.
pub fn close(number: RawFd) {
    // SAFETY: no memory is involved; the number is the caller's to close.
    let _ = quietly(|| unsafe { libc::syscall(libc::SYS_close, number) });
}

/// Reads the beginning of a file; nothing if that fails.
pub fn read_beginning<'a>(path: &CStr, room: &'a mut [u8]) -> &'a [u8] {
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the path ends with NUL.
    let opened = quietly(|| unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags) });
    let Ok(file) = opened else {
        return &[];
    };
    // SAFETY: the room is ours to write.
    let length = quietly(|| unsafe { libc::syscall(libc::SYS_read, file, room.as_mut_ptr(), room.len()) });
    close(file);
    let length = usize::try_from(length.unwrap_or(0)).unwrap_or(0);
    room.get(..length).unwrap_or_default()
}

/// Whether a number is open.
pub fn is_open(number: RawFd) -> bool {
    // SAFETY: no memory is involved.
    quietly(|| unsafe { libc::syscall(FCNTL, number, libc::F_GETFD) }).is_ok()
}

/// Whether the descriptor is in non-blocking mode.
pub fn is_nonblocking(number: RawFd) -> bool {
    // SAFETY: no memory is involved.
    let flags = quietly(|| unsafe { libc::syscall(FCNTL, number, libc::F_GETFL) });
    flags.is_ok_and(|flags| flags & libc::O_NONBLOCK != 0)
}

#[cfg(target_pointer_width = "64")]
const FCNTL: c_long = libc::SYS_fcntl;
#[cfg(target_pointer_width = "32")]
const FCNTL: c_long = libc::SYS_fcntl64;

/// Puts a file in the place of another on which every call fails with EBADF, as on a closed number: one that was opened only as a
/// path. `false` if no descriptor is left for it.
pub fn occupy(number: RawFd) -> bool {
    let flags = libc::O_PATH | libc::O_CLOEXEC;
    // SAFETY: the path ends with NUL.
    let opened = quietly(|| unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, c"/".as_ptr(), flags) });
    let Ok(nothing) = opened else {
        return false;
    };
    let replaced = loop {
        // SAFETY: no memory is involved.
        let replaced = quietly(|| unsafe { libc::syscall(libc::SYS_dup3, nothing, number, libc::O_CLOEXEC) });
        let retries = |error: &io::Error| matches!(error.raw_os_error(), Some(libc::EINTR | libc::EBUSY));
        match replaced {
            Err(error) if retries(&error) => {}
            replaced => break replaced.is_ok(),
        }
    };
    close(nothing);
    replaced
}

/// The value of a socket option, if it is a number.
pub fn number_option(number: RawFd, level: c_int, name: c_int) -> io::Result<c_int> {
    let mut value: c_int = 0;
    let mut length = libc::socklen_t::try_from(size_of::<c_int>()).unwrap_or(0);
    let (at, length_at) = (&raw mut value, &raw mut length);
    // SAFETY: both are ours to write, and the length is that of the value.
    quietly(|| unsafe { libc::syscall(libc::SYS_getsockopt, number, level, name, at, length_at) })?;
    Ok(value)
}

/// The limit that SO_RCVTIMEO or SO_SNDTIMEO sets.
pub fn limit_option(number: RawFd, name: c_int) -> Option<Duration> {
    let mut value = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let mut length = libc::socklen_t::try_from(size_of::<libc::timeval>()).unwrap_or(0);
    let (at, length_at) = (&raw mut value, &raw mut length);
    // SAFETY: both are ours to write, and the length is that of the value.
    quietly(|| unsafe {
        libc::syscall(
            libc::SYS_getsockopt,
            number,
            libc::SOL_SOCKET,
            name,
            at,
            length_at,
        )
    })
    .ok()?;
    let seconds = u64::try_from(value.tv_sec).ok()?;
    let microseconds = u64::try_from(value.tv_usec).ok()?;
    let limit = Duration::from_secs(seconds).saturating_add(Duration::from_micros(microseconds));
    (!limit.is_zero()).then_some(limit)
}

/// The kernel's `struct timespec`, which has 64 bits for both on every processor.
#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

impl From<Duration> for Timespec {
    fn from(time: Duration) -> Self {
        Self {
            seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            nanoseconds: i64::from(time.subsec_nanos()),
        }
    }
}

#[cfg(target_pointer_width = "64")]
const PPOLL: c_long = libc::SYS_ppoll;
#[cfg(target_pointer_width = "32")]
const PPOLL: c_long = 414; // ppoll_time64, the same on every processor; for glibc the crate has no name for it

/// Waits until a descriptor has an event, no longer than `left`.
pub fn poll(number: RawFd, events: i16, left: Duration) -> io::Result<Readiness> {
    let mut entry = libc::pollfd {
        fd: number,
        events,
        revents: 0,
    };
    let mut left = Timespec::from(left);
    let no_mask = std::ptr::null::<libc::sigset_t>();
    let (entries, time) = (&raw mut entry, &raw mut left);
    // SAFETY: the entry and the time are ours to write, and there is no mask.
    found(quietly(|| unsafe {
        libc::syscall(PPOLL, entries, 1, time, no_mask, 0)
    }))
}

/// Finds out which of a program's entries have events, without waiting, and writes them there. Returns how many have some.
pub fn look(first: *mut libc::pollfd, count: usize) -> io::Result<usize> {
    let mut no_time = Timespec::from(Duration::ZERO);
    let no_mask = std::ptr::null::<libc::sigset_t>();
    let time = &raw mut no_time;
    // SAFETY: the kernel checks the address of the entries, and writes to nothing but what a poll on them writes to. The time is
    // ours, and there is no mask.
    let found = quietly(|| unsafe { libc::syscall(PPOLL, first, count, time, no_mask, 0_usize) })?;
    Ok(usize::try_from(found).unwrap_or(0))
}

/// Whether poll(2) reports an error of a descriptor now, and none of these events.
pub fn has_only_reports(number: RawFd, events: i16) -> bool {
    let mut entry = libc::pollfd {
        fd: number,
        events,
        revents: 0,
    };
    let found = look(&raw mut entry, 1);
    found.is_ok() && entry.revents & events == 0 && entry.revents & libc::POLLERR != 0
}

/// Sleeps for about this long, or until a signal arrives.
pub fn pause(time: Duration) -> io::Result<Readiness> {
    const NO_DESCRIPTOR: RawFd = -1;
    poll(NO_DESCRIPTOR, 0, time)
}

/// Copies a program's memory into `room`, and returns how many bytes of it are readable. The kernel copies them, so a wrong address
/// is no fault.
pub fn copy(from: usize, room: &mut [u8]) -> usize {
    move_memory(libc::SYS_process_vm_readv, from, room.as_mut_ptr(), room.len())
}

/// Writes into a program's memory; nothing if it is not writable.
pub fn write_at(to: usize, bytes: [u8; 2]) {
    let mut bytes = bytes;
    move_memory(libc::SYS_process_vm_writev, to, bytes.as_mut_ptr(), bytes.len());
}

/// Copies between memory that is ours, valid for this length, and a program's, by one of the two calls that do.
fn move_memory(call: c_long, address: usize, ours: *mut u8, length: usize) -> usize {
    let local = libc::iovec {
        iov_base: ours.cast(),
        iov_len: length,
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address),
        iov_len: length,
    };
    let (local, remote) = (&raw const local, &raw const remote);
    // All 64 bits of a number count.
    let (one, no_flags): (c_ulong, c_ulong) = (1, 0);
    // SAFETY: no memory is involved.
    let Ok(process) = quietly(|| unsafe { libc::syscall(libc::SYS_getpid) }) else {
        return 0;
    };
    // SAFETY: `local` is valid for the length; the kernel checks the other address, which is the program's to read or to have written.
    let moved = quietly(|| unsafe { libc::syscall(call, process, local, one, remote, one, no_flags) });
    usize::try_from(moved.unwrap_or(0)).unwrap_or(0)
}

/// The kernel's number of this thread.
pub fn thread_number() -> i32 {
    // SAFETY: no memory is involved.
    quietly(|| unsafe { libc::syscall(libc::SYS_gettid) }).unwrap_or(0)
}

/// Sends a signal to a thread of this process.
pub fn signal_thread(thread: i32, signal: c_int) -> io::Result<()> {
    // SAFETY: no memory is involved.
    let process = quietly(|| unsafe { libc::syscall(libc::SYS_getpid) })?;
    // SAFETY: as above.
    quietly(|| unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) }).map(drop)
}

/// Sends this process a signal that it has received, once more.
pub fn queue_signal(signal: c_int, info: *const libc::siginfo_t) {
    // SAFETY: no memory is involved.
    let process = quietly(|| unsafe { libc::syscall(libc::SYS_getpid) });
    // SAFETY: the kernel reads the description, which it has made itself.
    let _ =
        quietly(|| unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, process.unwrap_or(0), signal, info) });
}

/// Whether this thread runs on its alternate signal stack (sigaltstack(2)).
pub fn is_on_alternate_stack() -> bool {
    // SAFETY: zeros are a value of this type.
    let mut stack: libc::stack_t = unsafe { std::mem::zeroed() };
    let (none, at) = (std::ptr::null::<libc::stack_t>(), &raw mut stack);
    // SAFETY: the description is ours to write, and no stack is set.
    let asked = quietly(|| unsafe { libc::syscall(libc::SYS_sigaltstack, none, at) });
    asked.is_ok() && stack.ss_flags & libc::SS_ONSTACK != 0
}
