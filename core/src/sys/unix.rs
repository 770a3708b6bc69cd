//! The calls every Unix has.

use super::buffer::{Data, Room};
use super::special;
use crate::address::Address;
use libc::c_int;
use socket2::SockRef;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
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

fn check_count(result: isize) -> io::Result<usize> {
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

/// Sends without waiting.
pub fn send(fd: BorrowedFd<'_>, data: Data<'_>, flags: c_int) -> io::Result<usize> {
    let flags = flags | libc::MSG_DONTWAIT | special::NO_SIGNAL;
    // SAFETY: `Data` promises that its memory is readable for its length.
    check_count(unsafe { libc::send(fd.as_raw_fd(), data.start().cast(), data.len(), flags) })
}

/// Receives without waiting.
pub fn recv(fd: BorrowedFd<'_>, room: &Room<'_>, flags: c_int) -> io::Result<usize> {
    let flags = flags | libc::MSG_DONTWAIT;
    // SAFETY: `Room` promises that its memory is writable for its length.
    check_count(unsafe { libc::recv(fd.as_raw_fd(), room.start().cast(), room.len(), flags) })
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

/// Accepts one connection; close-on-exec, in blocking mode.
pub fn accept(fd: BorrowedFd<'_>) -> io::Result<(OwnedFd, Address)> {
    let (socket, address) = sock(&fd).accept()?;
    Ok((socket.into(), from_socket2(&address)))
}

/// The socket's own address.
pub fn local_address(fd: BorrowedFd<'_>) -> io::Result<Address> {
    sock(&fd).local_addr().map(|address| from_socket2(&address))
}

/// The address of the other end.
pub fn peer_address(fd: BorrowedFd<'_>) -> io::Result<Address> {
    sock(&fd).peer_addr().map(|address| from_socket2(&address))
}

fn from_socket2(address: &socket2::SockAddr) -> Address {
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

/// Whether the descriptor is in non-blocking mode.
pub fn is_nonblocking(fd: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    Ok(flags & libc::O_NONBLOCK != 0)
}
