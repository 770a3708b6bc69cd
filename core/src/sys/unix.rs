//! The calls every Unix has.

use super::buffer::{RecvBuf, SendBuf};
use super::{ancillary, os};
use crate::address::Address;
use crate::ancillary::Ancillary;
use crate::memory;
use libc::c_int;
use socket2::SockRef;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    TimeUp,
    Interrupted,
}

/// The calls `socket2` has, on a descriptor we lend it.
pub fn sock<'a>(fd: &'a BorrowedFd<'_>) -> SockRef<'a> {
    SockRef::from(fd)
}

/// Turns the result of a call into one with the errno of a failure.
pub(super) fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Whether the call that failed just now was interrupted by a signal.
pub(super) fn is_interrupted() -> bool {
    io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
}

pub(super) fn check_count(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Turns the result of a poll into what it says.
pub(super) fn ready(result: c_int) -> io::Result<Readiness> {
    match check(result) {
        Ok(0) => Ok(Readiness::TimeUp),
        Ok(_) => Ok(Readiness::Ready),
        Err(error) if error.raw_os_error() == Some(libc::EINTR) => Ok(Readiness::Interrupted),
        Err(error) => Err(error),
    }
}

/// A time as poll takes it, never shorter; -1 for ever.
pub(super) fn milliseconds(left: Option<Duration>) -> c_int {
    left.map_or(-1, |left| {
        c_int::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX)
    })
}

/// Closes a descriptor. An interrupted close has closed it, and one that meets a reset too.
pub fn close(fd: OwnedFd) -> io::Result<()> {
    // SAFETY: the descriptor is ours alone, and `into_raw_fd` keeps it from being closed twice.
    match check(unsafe { libc::close(fd.into_raw_fd()) }) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINTR | libc::ECONNRESET)) => Ok(()),
        result => result.map(drop),
    }
}

/// What fstat(2) says of a number.
pub(super) fn stat(number: RawFd) -> io::Result<libc::stat> {
    // SAFETY: a stat is plain numbers, for which zero is a value.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is ours and writable.
    check(unsafe { libc::fstat(number, &raw mut stat) })?;
    Ok(stat)
}

/// Whether the kernel itself may wait in a call, as a descriptor in blocking mode lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    Allowed,
    Forbidden,
}

impl Blocking {
    fn flag(self) -> c_int {
        match self {
            Self::Allowed => 0,
            Self::Forbidden => libc::MSG_DONTWAIT,
        }
    }
}

/// Sends.
pub fn send(fd: BorrowedFd<'_>, data: SendBuf<'_>, flags: c_int, waiting: Blocking) -> io::Result<usize> {
    let flags = flags | waiting.flag() | os::NO_SIGNAL;
    // SAFETY: `SendBuf` promises that its memory is readable for its length.
    check_count(unsafe { libc::send(fd.as_raw_fd(), data.start().cast(), data.len(), flags) })
}

/// Receives.
pub fn recv(fd: BorrowedFd<'_>, room: &RecvBuf<'_>, flags: c_int, waiting: Blocking) -> io::Result<usize> {
    let flags = flags | waiting.flag();
    // SAFETY: `RecvBuf` promises that its memory is writable for its length.
    check_count(unsafe { libc::recv(fd.as_raw_fd(), room.start().cast(), room.len(), flags) })
}

/// Sends one message, scattered, with control messages and an address.
pub fn sendmsg(
    fd: BorrowedFd<'_>,
    parts: &[SendBuf<'_>],
    control: &[u8],
    to: Option<&Address>,
    flags: c_int,
    waiting: Blocking,
) -> io::Result<usize> {
    let address = to.map_or(&[][..], Address::as_bytes);
    let mut header = message_header(parts.as_ptr().cast(), parts.len());
    header.msg_name = address.as_ptr().cast_mut().cast();
    header.msg_namelen = libc::socklen_t::try_from(address.len()).unwrap_or(0);
    if to.is_none() {
        header.msg_name = std::ptr::null_mut();
    }
    if !control.is_empty() {
        header.msg_control = control.as_ptr().cast_mut().cast();
        header.msg_controllen = narrow(control.len());
    }
    let flags = flags | waiting.flag() | os::NO_SIGNAL;
    // SAFETY: the header points at `parts`, `control` and `address`, which outlive the call and which sendmsg only
    // reads; `SendBuf` is in memory a `struct iovec` that promises readable memory.
    check_count(unsafe { libc::sendmsg(fd.as_raw_fd(), &header, flags) })
}

/// What [`recvmsg`] learned beside the bytes.
#[derive(Clone, Copy, Default)]
pub struct Received {
    pub count: usize,
    /// How many bytes of control messages the kernel wrote.
    pub control: usize,
    pub flags: c_int,
}

/// Receives one message, scattered, with control messages; `from` becomes the sender's address.
pub fn recvmsg(
    fd: BorrowedFd<'_>,
    parts: &[RecvBuf<'_>],
    control: &mut [u8],
    from: &mut Address,
    flags: c_int,
    waiting: Blocking,
) -> io::Result<Received> {
    let mut header = message_header(parts.as_ptr().cast(), parts.len());
    header.msg_name = from.room().as_mut_ptr().cast();
    header.msg_namelen = libc::socklen_t::try_from(Address::CAPACITY).unwrap_or(0);
    if !control.is_empty() {
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = narrow(control.len());
    }
    let flags = flags | waiting.flag();
    // SAFETY: the header points at `parts`, `control` and `from`, which outlive the call and are ours to write;
    // `RecvBuf` is in memory a `struct iovec` that promises writable memory.
    let count = check_count(unsafe { libc::recvmsg(fd.as_raw_fd(), &mut header, flags) })?;
    from.set_length(usize::try_from(header.msg_namelen).unwrap_or(0));
    Ok(Received {
        count,
        control: narrow::<_, usize>(header.msg_controllen).min(control.len()),
        flags: header.msg_flags & !os::CLOEXEC_RIGHTS,
    })
}

fn message_header(parts: *const libc::iovec, count: usize) -> libc::msghdr {
    // SAFETY: a msghdr of zeros is a valid one: null pointers and no lengths.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = parts.cast_mut();
    header.msg_iovlen = narrow(count);
    header
}

/// Between `usize` and the types other systems have in a msghdr.
fn narrow<A: TryInto<B>, B: Default>(length: A) -> B {
    length.try_into().unwrap_or_default()
}

/// The control messages the kernel wrote, the descriptors among them taken over and made close-on-exec; and whether some
/// were lost for want of memory, their descriptors closed.
pub fn take_ancillary(control: &[u8]) -> (Vec<Ancillary>, bool) {
    let (mut taken, mut lost) = (Vec::new(), false);
    for (level, kind, data) in ancillary::messages(control) {
        let message = if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: the kernel installed these descriptors for us with the message just received, which is
            // looked at here only.
            let mut descriptors = unsafe { ancillary::descriptors(data) }.inspect(close_on_exec);
            let kept = memory::collect(descriptors.by_ref());
            descriptors.for_each(drop); // those that found no place
            kept.map(Ancillary::Rights)
        } else {
            memory::copy(data).map(|data| Ancillary::Other { level, kind, data })
        };
        let kept = message.and_then(|message| memory::push(&mut taken, message));
        lost |= kept.is_err();
    }
    (taken, lost)
}

/// Programs that this one starts do not get the descriptor.
pub(super) fn close_on_exec(fd: &OwnedFd) {
    // SAFETY: no memory is involved. It can't fail on an open descriptor.
    unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
}

/// Binds to an address of any family.
pub fn bind(fd: BorrowedFd<'_>, address: &Address) -> io::Result<()> {
    let (start, length) = sockaddr(address);
    // SAFETY: `start` points at `length` bytes of `address`.
    check(unsafe { libc::bind(fd.as_raw_fd(), start, length) }).map(drop)
}

/// Connects to an address of any family.
pub fn connect(fd: BorrowedFd<'_>, address: &Address) -> io::Result<()> {
    let (start, length) = sockaddr(address);
    // SAFETY: `start` points at `length` bytes of `address`.
    check(unsafe { libc::connect(fd.as_raw_fd(), start, length) }).map(drop)
}

/// Ends a TCP connection at once with a reset, whoever else shares the descriptor (connect to `AF_UNSPEC`).
pub fn disconnect(fd: BorrowedFd<'_>) -> io::Result<()> {
    let nobody = [0_u8; 16]; // the size of a sockaddr, its family AF_UNSPEC
    let (start, length) = (nobody.as_ptr().cast(), 16);
    // SAFETY: `start` points at 16 bytes.
    check(unsafe { libc::connect(fd.as_raw_fd(), start, length) }).map(drop)
}

fn sockaddr(address: &Address) -> (*const libc::sockaddr, libc::socklen_t) {
    let bytes = address.as_bytes();
    (
        bytes.as_ptr().cast(),
        libc::socklen_t::try_from(bytes.len()).unwrap_or(0),
    )
}

/// The socket's own address.
pub fn local_address(fd: BorrowedFd<'_>) -> io::Result<Address> {
    sock(&fd).local_addr().map(|address| from_socket2(&address))
}

/// The address of the other end.
pub fn peer_address(fd: BorrowedFd<'_>) -> io::Result<Address> {
    sock(&fd).peer_addr().map(|address| from_socket2(&address))
}

pub(super) fn from_socket2(address: &socket2::SockAddr) -> Address {
    // SAFETY: a SockAddrStorage is 128 plain bytes, all of them initialised by socket2.
    let bytes: &[u8; Address::CAPACITY] = unsafe { &*address.as_ptr().cast() };
    Address::from_kernel(bytes, usize::try_from(address.len()).unwrap_or(0))
}

/// Reads an option into `value`; returns how many bytes the kernel wrote.
pub fn get_option(fd: BorrowedFd<'_>, level: c_int, name: c_int, value: &mut [u8]) -> io::Result<usize> {
    let mut length = libc::socklen_t::try_from(value.len()).unwrap_or(libc::socklen_t::MAX);
    let (start, length_at) = (value.as_mut_ptr().cast(), &raw mut length);
    // SAFETY: `start` is writable for `length` bytes, and `length` is ours.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, start, length_at) })?;
    Ok(usize::try_from(length).unwrap_or(0))
}

/// Reads an option that is an `int`.
pub fn get_int(fd: BorrowedFd<'_>, level: c_int, name: c_int) -> io::Result<c_int> {
    let mut value = [0; size_of::<c_int>()];
    get_option(fd, level, name, &mut value)?;
    Ok(c_int::from_ne_bytes(value))
}

/// Sets an option from bytes.
pub fn set_option(fd: BorrowedFd<'_>, level: c_int, name: c_int, value: &[u8]) -> io::Result<()> {
    let length =
        libc::socklen_t::try_from(value.len()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: `value` is readable for `length` bytes.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, value.as_ptr().cast(), length) }).map(drop)
}

/// Sets an option without a value (`setsockopt` with a null pointer), whose length is itself the argument.
pub fn set_option_null(fd: BorrowedFd<'_>, level: c_int, name: c_int, length: u32) -> io::Result<()> {
    // SAFETY: the kernel does not read through the null pointer of the options that are set this way, and
    // answers EFAULT for all others.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, std::ptr::null(), length) }).map(drop)
}

/// How many bytes a receive would find (`FIONREAD`).
pub fn available(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which `count` is.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut count) })?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Whether the descriptor is in non-blocking mode.
pub fn is_nonblocking(fd: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    Ok(flags & libc::O_NONBLOCK != 0)
}

/// Runs a system call that knows no `MSG_NOSIGNAL` with SIGPIPE blocked in this thread, and takes the signal away
/// if the call raised one. No disposition changes, and a SIGPIPE that was pending before stays so.
pub fn without_sigpipe<T>(call: impl FnOnce() -> T) -> T {
    // SAFETY: zeroed signal sets are valid memory for the calls that fill them.
    let (mut sigpipe, mut before, mut pending): (libc::sigset_t, libc::sigset_t, libc::sigset_t) =
        unsafe { std::mem::zeroed() };
    // SAFETY: the set is ours.
    unsafe { libc::sigemptyset(&mut sigpipe) };
    // SAFETY: the set is ours and SIGPIPE a valid signal.
    unsafe { libc::sigaddset(&mut sigpipe, libc::SIGPIPE) };
    // SAFETY: the set is ours.
    unsafe { libc::sigpending(&mut pending) };
    // SAFETY: the set was filled just now.
    if unsafe { libc::sigismember(&pending, libc::SIGPIPE) } == 1 {
        return call(); // it is blocked and pending: another one changes nothing
    }
    // SAFETY: both sets are ours; only this thread's mask changes, and is restored below.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &sigpipe, &mut before) };
    let result = call();
    let no_time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the set and the timespec are ours. Takes the signal if the call raised one, otherwise finds none.
    while unsafe { libc::sigtimedwait(&sigpipe, std::ptr::null_mut(), &no_time) } < 0 && is_interrupted() {}
    // SAFETY: `before` is what the mask was.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    result
}
