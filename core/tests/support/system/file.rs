//! Socket pairs, pipes, and files without a name.

use super::check;
use libc::c_int;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

pub fn socketpair(socket_type: c_int) -> [OwnedFd; 2] {
    let (a, b) = socket2::Socket::pair(socket2::Domain::UNIX, socket_type.into(), None).unwrap();
    [a.into(), b.into()]
}

/// A pipe: the end to read from, the end to write to.
#[allow(clippy::incompatible_msrv)] // the library's, not the tests'
pub fn pipe() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = std::io::pipe().unwrap();
    (reader.into(), writer.into())
}

/// How many bytes could be read from a pipe.
pub fn waiting_bytes(pipe: &impl AsRawFd) -> c_int {
    let mut count = 0;
    // SAFETY: `count` is ours and writable.
    check(unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut count) });
    count
}

/// A name in the abstract space that nothing else has. The number of a process would not do: containers may share a network,
/// but not their process numbers.
pub fn abstract_address() -> polysock::Address {
    use std::hash::{BuildHasher, RandomState};
    let name = format!("\0polysock-test-{:x}", RandomState::new().hash_one(0));
    polysock::Address::unix(name.as_bytes()).unwrap()
}

/// A file that nothing else knows, with this content.
pub fn unnamed_file(content: &[u8]) -> File {
    let mut file = empty_file();
    file.write_all(content).unwrap();
    file
}

#[cfg(target_os = "linux")]
fn empty_file() -> File {
    // SAFETY: the name ends with NUL.
    let fd = check(unsafe { libc::memfd_create(c"polysock-test".as_ptr(), libc::MFD_CLOEXEC) });
    // SAFETY: the kernel just gave us this descriptor.
    unsafe { std::os::fd::FromRawFd::from_raw_fd(fd) }
}

#[cfg(not(target_os = "linux"))]
fn empty_file() -> File {
    static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("polysock-test-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let new = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path);
    std::fs::remove_file(&path).unwrap();
    new.unwrap()
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
