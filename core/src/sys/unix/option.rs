//! Options, and other queries on a socket.

use super::result::check;
use libc::c_int;
use socket2::SockRef;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// The calls `socket2` has, on a descriptor we lend it.
pub fn sock<'a>(fd: &'a BorrowedFd<'_>) -> SockRef<'a> {
    SockRef::from(fd)
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

/// Whether close(2) resets the connection, because its linger time is zero.
pub fn resets_on_close(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(sock(&fd).linger()? == Some(Duration::ZERO))
}

/// How many bytes a receive would find (`FIONREAD`).
pub fn available(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which `count` is.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut count) })?;
    Ok(usize::try_from(count).unwrap_or(0))
}
