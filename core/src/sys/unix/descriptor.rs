//! Descriptors as such.

use super::result::check;
use crate::sys::large_file;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

/// Where the numbers of wake-up descriptors begin, if the limit allows. The lowest numbers are left to the program: it
/// expects one that it closed to stay closed, and select(2) takes none from 1024 on.
const OUT_OF_THE_WAY: RawFd = 512;

/// Closes a descriptor. A close that is interrupted, or fails because of a reset, has closed it all the same.
pub fn close(fd: OwnedFd) -> io::Result<()> {
    // SAFETY: the descriptor is ours alone, and `into_raw_fd` keeps it from being closed twice.
    match check(unsafe { libc::close(fd.into_raw_fd()) }) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINTR | libc::ECONNRESET)) => Ok(()),
        result => result.map(drop),
    }
}

/// What fstat(2) says about a number.
pub fn stat(number: RawFd) -> io::Result<large_file::stat> {
    // SAFETY: a stat is plain numbers, for which zero is a value.
    let mut stat: large_file::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is ours and writable.
    check(unsafe { large_file::fstat(number, &raw mut stat) })?;
    Ok(stat)
}

/// The socket that a number stands for, for the time of one call, and what identifies it in the kernel.
pub fn socket_at(number: RawFd) -> Option<(BorrowedFd<'static>, u64)> {
    let about = stat(number).ok()?;
    if about.st_mode & libc::S_IFMT != libc::S_IFSOCK {
        return None;
    }
    // SAFETY: it is open, so it is not -1. That the program closes it meanwhile can't be ruled out: the numbers are the program's,
    // and all that is done with them is to ask the kernel, which refuses a closed number.
    Some((unsafe { BorrowedFd::borrow_raw(number) }, about.st_ino))
}

/// Makes the descriptor close-on-exec.
pub fn close_on_exec(fd: &OwnedFd) {
    // SAFETY: no memory is involved. It can't fail on an open descriptor.
    unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
}

/// Whether the descriptor is in non-blocking mode.
pub fn is_nonblocking(fd: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    Ok(flags & libc::O_NONBLOCK != 0)
}

/// The same descriptor under a high number, where there is one.
pub fn out_of_the_way(low: OwnedFd) -> OwnedFd {
    // SAFETY: no memory is involved.
    let high = unsafe { libc::fcntl(low.as_raw_fd(), libc::F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) };
    if high < 0 {
        return low;
    }
    // SAFETY: the kernel just gave us this descriptor.
    unsafe { OwnedFd::from_raw_fd(high) }
}

/// Whether a number still stands for a file of this type. If that can't be known (fstat is forbidden, or there is no
/// memory for it), an open descriptor is assumed to be ours.
pub fn is_still(fd: RawFd, file_type: libc::mode_t) -> bool {
    match stat(fd) {
        Ok(stat) => stat.st_mode & libc::S_IFMT == file_type,
        Err(error) => error.raw_os_error() != Some(libc::EBADF),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    /// A program may have closed our number, and opened a large file under it.
    #[test]
    fn a_file_of_more_than_four_gigabytes_is_not_ours() {
        let path = std::env::temp_dir().join(format!("polysock-still-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        fs::remove_file(&path).unwrap();
        file.set_len(5 << 30).unwrap();
        let number = file.as_raw_fd();
        assert!(is_still(number, libc::S_IFREG));
        assert!(!is_still(number, libc::S_IFIFO));
    }
}
