//! Sending a file through a buffer.

use crate::memory;
use crate::sys::large_file::{off_t, pread};
use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sends `count` bytes of a file from `offset` through a buffer; never waits and never raises SIGPIPE.
pub fn sendfile(to: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, count: usize) -> io::Result<usize> {
    let room = memory::zeros(count.min(64 * 1024));
    let mut buffer = room.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    let offset = off_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let (start, length) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: `start` is writable for `length` bytes.
    let read = unix::check_count(unsafe { pread(file.as_raw_fd(), start, length, offset) })?;
    buffer.truncate(read);
    if read == 0 {
        return Ok(0);
    }
    unix::send(to, (&buffer).into(), 0, unix::Blocking::Forbidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::io::Read;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileExt;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_file_may_have_more_than_four_gigabytes() {
        const FAR: u64 = 5 << 30;
        let path = std::env::temp_dir().join(format!("polysock-sendfile-{}", std::process::id()));
        let mut options = File::options();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .unwrap();
        fs::remove_file(&path).unwrap();
        file.write_all_at(b"far", FAR).unwrap();
        let (from, mut to) = UnixStream::pair().unwrap();
        assert_eq!(sendfile(from.as_fd(), file.as_fd(), FAR, 100).unwrap(), 3);
        let mut got = [0; 3];
        to.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"far");
    }
}
