//! What neither the library nor std has a safe call for: descriptors by number, and their limit.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::OnceLock;

static FIRST_LIMIT: OnceLock<libc::rlimit> = OnceLock::new();

/// Takes a number that the scenario says is its descriptor; if that is wrong, the number is given back.
pub fn own(fd: RawFd) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the scenario owns the number, or it is free and every call on it fails with EBADF.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// close(2) of a descriptor that belongs to the scenario.
pub fn close(fd: RawFd) -> io::Result<()> {
    // SAFETY: no memory is involved; nothing else in this process uses the scenario's descriptors.
    check(unsafe { libc::close(fd) })
}

/// Lowers the soft limit of descriptors to at most `few`.
pub fn limit_descriptors(few: u64) -> io::Result<()> {
    let first = first_limit()?;
    #[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
    // the type differs between systems
    let few = few.try_into().unwrap_or(libc::RLIM_INFINITY);
    set_limit(libc::rlimit {
        rlim_cur: first.rlim_cur.min(few),
        ..first
    })
}

/// Puts the limit back to what it was at first.
pub fn restore_descriptor_limit() -> io::Result<()> {
    set_limit(first_limit()?)
}

fn first_limit() -> io::Result<libc::rlimit> {
    if let Some(limit) = FIRST_LIMIT.get() {
        return Ok(*limit);
    }
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is ours and writable.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
    Ok(*FIRST_LIMIT.get_or_init(|| limit))
}

fn set_limit(limit: libc::rlimit) -> io::Result<()> {
    // SAFETY: `limit` is ours and readable.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
