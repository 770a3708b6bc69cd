//! The same as [`super::linux`] by means every Unix has. Compiled and tested on Linux too.
#![cfg_attr(target_os = "linux", allow(dead_code))]

use super::poll_set::PollSet;
use super::selector::Selector;
use super::unix::{self, Readiness};
use super::wake::Waker;
use crate::address::Address;
use crate::memory;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Makes a waker: a pipe.
pub fn new_waker() -> io::Result<Waker> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors.
    unix::check(unsafe { libc::pipe(ends.as_mut_ptr()) })?;
    // SAFETY: the kernel just gave us both descriptors.
    let [read, write] = ends.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    for end in [&read, &write] {
        // SAFETY: no memory is involved.
        unix::check(unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) })?;
        // SAFETY: no memory is involved.
        unix::check(unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    }
    Ok(Waker::new(read, Some(write)))
}

/// Makes a selector.
pub fn new_selector() -> io::Result<Arc<dyn Selector>> {
    Ok(Arc::new(PollSet::new()))
}

/// Accepts one connection; close-on-exec, in blocking mode. Its peer's address goes to `peer`.
pub fn accept(fd: BorrowedFd<'_>, peer: Option<&mut Address>) -> io::Result<OwnedFd> {
    let (accepted, address) = unix::sock(&fd).accept()?;
    if let Some(peer) = peer {
        *peer = unix::from_socket2(&address);
    }
    Ok(accepted.into())
}

/// Waits for `set`, no longer than `left` (`None`: for ever), by `poll` with its milliseconds, rounded up.
pub fn poll(set: &mut [libc::pollfd], left: Option<Duration>) -> io::Result<Readiness> {
    let left = unix::milliseconds(left);
    let count = libc::nfds_t::try_from(set.len()).unwrap_or(0);
    // SAFETY: `set` is ours and has `count` entries.
    unix::ready(unsafe { libc::poll(set.as_mut_ptr(), count, left) })
}

/// The changes of a descriptor's readiness: nothing here tells them.
pub enum Changes {}

impl Changes {
    pub fn of(_: BorrowedFd<'_>, _: i16) -> io::Result<Self> {
        Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
    }

    pub fn poll_fd(&self) -> BorrowedFd<'_> {
        match *self {}
    }

    pub fn take(&self) -> bool {
        match *self {}
    }
}

/// The state of a TCP connection: not to be had in a portable way.
pub fn tcp_state(_: BorrowedFd<'_>) -> io::Result<u8> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// The protocol of a socket: not to be had in a portable way, so the family's own choice.
pub fn protocol(_: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    Ok(0)
}

/// The family of a socket, read from its own address.
pub fn family(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::sock(&fd)
        .local_addr()
        .map(|address| address.family().into())
}

/// No such flag here; where it is missing, `socket2` sets `SO_NOSIGPIPE` on what it makes.
pub const NO_SIGNAL: libc::c_int = 0;

/// Puts one descriptor into or out of non-blocking mode.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    unix::sock(&fd).set_nonblocking(on)
}

/// No such bit here, and a socket that is accepted would inherit the mode.
pub const MAKE_NONBLOCKING: libc::c_int = 0;

/// How many times the size that was asked for a socket buffer reads as.
pub const BUFFER_FACTOR: usize = 1;

/// No such poll event here: only a connection that is over altogether is told.
pub const PEER_ENDED: i16 = 0;

/// No such flag here; received descriptors are made close-on-exec after they came.
pub const CLOEXEC_RIGHTS: libc::c_int = 0;

/// Sends `count` bytes of a file from `offset` by way of a buffer; never waits and never raises SIGPIPE.
pub fn sendfile(to: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, count: usize) -> io::Result<usize> {
    let room = memory::zeros(count.min(64 * 1024));
    let mut buffer = room.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    let offset = libc::off_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let (start, length) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: `start` is writable for `length` bytes.
    let read = unix::check_count(unsafe { libc::pread(file.as_raw_fd(), start, length, offset) })?;
    buffer.truncate(read);
    if read == 0 {
        return Ok(0);
    }
    unix::send(to, (&buffer).into(), 0, unix::Blocking::Forbidden)
}

/// Who else holds a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holders {
    Nobody,
    ForNow,
    Somebody,
}

/// Not to be known, so the kernel is never left to wait alone.
pub fn holders(_: BorrowedFd<'_>, _: bool, _: Instant) -> Holders {
    Holders::Somebody
}

/// Whether [`holders`] can tell.
pub fn knows_holders() -> bool {
    false
}

/// The BSDs begin to connect anew.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = false;

/// The level and name of an option, where the system has it.
pub type OptionNumber = Option<(libc::c_int, libc::c_int)>;

/// The index of a network interface by its name.
pub fn interface_index(name: &CStr) -> io::Result<u32> {
    // SAFETY: `name` ends with its NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// All who sleep at some value.
static SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

/// Sleeps while a value is what was expected: until [`wake_at`], for no longer than that, or for less.
pub fn sleep_at(value: &AtomicU32, expected: u32, longest: Option<Duration>) {
    let (lock, changed) = &SLEEPERS;
    let held = lock.lock().unwrap_or_else(PoisonError::into_inner);
    if value.load(Ordering::SeqCst) == expected {
        match longest {
            Some(longest) => drop(changed.wait_timeout(held, longest)),
            None => drop(changed.wait(held)),
        }
    }
}

/// Wakes the threads that sleep, wherever: they look at their values again.
pub fn wake_at(_: &AtomicU32) {
    let (lock, changed) = &SLEEPERS;
    // Who has looked at its value sleeps by now.
    drop(lock.lock());
    changed.notify_all();
}

/// Threads are named in as many ways as there are systems.
pub fn name_thread(_: &CStr) {}

/// The statistics of a TCP connection: not to be had in a portable way.
pub fn tcp_info(_: BorrowedFd<'_>, _: &mut [u8]) -> io::Result<usize> {
    Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// The numbers of options that not every Unix has: none but one.
pub mod number {
    use super::OptionNumber;

    pub const TIMESTAMPS: OptionNumber = Some((libc::SOL_SOCKET, libc::SO_TIMESTAMP));

    pub const INCOMING_NAPI_ID: OptionNumber = None;
    pub const KEEPALIVE_IDLE: OptionNumber = None;
    pub const KEEPALIVE_INTERVAL: OptionNumber = None;
    pub const KEEPALIVE_COUNT: OptionNumber = None;
    pub const IP_MTU_DISCOVER: OptionNumber = None;
    pub const IPV6_MTU_DISCOVER: OptionNumber = None;
    pub const PEER_CREDENTIALS: OptionNumber = None;
    pub const PASS_CREDENTIALS: OptionNumber = None;
    pub const BIND_TO_DEVICE: OptionNumber = None;
    pub const MARK: OptionNumber = None;
    pub const PRIORITY: OptionNumber = None;
    pub const INCOMING_CPU: OptionNumber = None;
    pub const CORK: OptionNumber = None;
    pub const QUICKACK: OptionNumber = None;
    pub const DEFER_ACCEPT: OptionNumber = None;
    pub const FASTOPEN: OptionNumber = None;
    pub const FASTOPEN_CONNECT: OptionNumber = None;
    pub const USER_TIMEOUT: OptionNumber = None;
    pub const CONGESTION: OptionNumber = None;
    pub const NOTSENT_LOWAT: OptionNumber = None;
    pub const IP_PACKET_INFO: OptionNumber = None;
    pub const IP_TRANSPARENT: OptionNumber = None;
    pub const IPV6_TRANSPARENT: OptionNumber = None;
    pub const IP_FREEBIND: OptionNumber = None;
    pub const IPV6_FREEBIND: OptionNumber = None;
    pub const IP_MULTICAST_ALL: OptionNumber = None;
    pub const IPV6_MULTICAST_ALL: OptionNumber = None;
    pub const JOIN_SOURCE_GROUP: OptionNumber = None;
    pub const LEAVE_SOURCE_GROUP: OptionNumber = None;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readable(fd: i32) -> libc::pollfd {
        libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        }
    }

    #[test]
    fn a_pipe_waker_is_readable_once_signalled_until_drained() {
        let waker = new_waker().unwrap();
        let mut set = [readable(waker.poll_fd())];
        let none = poll(&mut set, Some(Duration::ZERO)).unwrap();
        assert_eq!(none, Readiness::TimeUp);
        waker.end().signal();
        assert_eq!(poll(&mut set, None).unwrap(), Readiness::Ready);
        waker.drain();
        assert_eq!(poll(&mut set, Some(Duration::ZERO)).unwrap(), Readiness::TimeUp);
    }

    #[test]
    fn the_family_is_read_from_the_address() {
        let listener = std::net::TcpListener::bind("[::1]:0").unwrap();
        let fd = std::os::fd::AsFd::as_fd(&listener);
        assert_eq!(family(fd).unwrap(), libc::AF_INET6);
        set_nonblocking(fd, true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_connection_is_accepted_with_its_address_and_close_on_exec() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut peer = Address::EMPTY;
        let accepted = accept(std::os::fd::AsFd::as_fd(&listener), Some(&mut peer)).unwrap();
        assert_eq!(peer, client.local_addr().unwrap().into());
        // SAFETY: no memory is involved.
        let flags = unsafe { libc::fcntl(accepted.as_raw_fd(), libc::F_GETFD) };
        assert_ne!(flags & libc::FD_CLOEXEC, 0);
    }
}
