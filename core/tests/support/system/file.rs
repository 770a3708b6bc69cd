//! Socket pairs, pipes, and files in memory.

use super::check;
use libc::c_int;
use std::fs;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

pub fn socketpair(socket_type: c_int) -> [OwnedFd; 2] {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for two descriptors.
    check(unsafe {
        libc::socketpair(
            libc::AF_UNIX,
            socket_type | libc::SOCK_CLOEXEC,
            0,
            fds.as_mut_ptr(),
        )
    });
    // SAFETY: the kernel just gave us both.
    fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A pipe: the end to read from, the end to write to.
pub fn pipe() -> (OwnedFd, OwnedFd) {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for two descriptors.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) });
    // SAFETY: the kernel just gave us both.
    fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).into()
}

/// How many bytes could be read from a pipe.
pub fn waiting_bytes(pipe: &impl AsRawFd) -> c_int {
    let mut count = 0;
    // SAFETY: `count` is ours and writable.
    check(unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut count) });
    count
}

/// A file in memory with one page of text that nothing else writes to.
pub fn memfd(text: &[u8]) -> OwnedFd {
    // SAFETY: the name ends with NUL.
    let fd = check(unsafe { libc::memfd_create(c"polysock-test".as_ptr(), libc::MFD_CLOEXEC) });
    // SAFETY: `text` is readable for its length.
    let written = unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) };
    assert_eq!(written, text.len() as isize);
    // SAFETY: the kernel just gave it to us.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// A file in memory with this content.
pub fn memory_file(content: &[u8]) -> fs::File {
    // SAFETY: the name ends with NUL.
    let fd = unsafe { libc::memfd_create(c"polysock-test".as_ptr(), libc::MFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: the kernel just gave us this descriptor.
    let mut file = unsafe { fs::File::from_raw_fd(fd) };
    file.write_all(content).unwrap();
    file
}

/// What a file of at most 128 bytes holds, without moving its position.
pub fn contents(file: &impl AsRawFd) -> Vec<u8> {
    let mut text = vec![0_u8; 128];
    // SAFETY: `text` is ours and writable for its length.
    let count = unsafe { libc::pread(file.as_raw_fd(), text.as_mut_ptr().cast(), text.len(), 0) };
    text.truncate(usize::try_from(count).unwrap());
    text
}

/// Memory that was filled.
pub fn bytes(filled: &[std::mem::MaybeUninit<u8>]) -> Vec<u8> {
    // SAFETY: the caller has had it filled.
    filled.iter().map(|byte| unsafe { byte.assume_init() }).collect()
}
