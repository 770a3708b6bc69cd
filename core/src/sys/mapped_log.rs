//! A file of lines that is written through a window of memory.
//!
//! Appending copies bytes into a shared mapping of the file: no system call, no descriptor that the program could close or
//! that would take a number from it, and nothing is lost when the process ends, however it ends. The window is made by
//! writing line feeds, so that the disk has room for it before it is mapped, and so that whatever follows the last line
//! is empty lines.

use super::process::largest_file;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};

/// The size of a window, a multiple of every page size.
const WINDOW: usize = 64 << 10;

/// What is written to make room.
static EMPTY_LINES: [u8; 4096] = [b'\n'; 4096];

pub struct MappedLog {
    path: PathBuf,
    /// The device and number of the file, to recognise it.
    identity: (u64, u64),
    window: Window,
    /// Where in the file the window begins.
    offset: u64,
    /// How much of the window is used.
    used: usize,
}

impl MappedLog {
    /// Makes a new file, which only its owner may read.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        let about = file.metadata()?;
        let window = make_window(&file, 0, 0, WINDOW).inspect_err(|_| drop(std::fs::remove_file(path)))?;
        Ok(Self {
            path: path.to_path_buf(),
            identity: (about.dev(), about.ino()),
            window,
            offset: 0,
            used: 0,
        })
    }

    /// Appends bytes, leaving room for `reserve` more.
    pub fn append(&mut self, bytes: &[u8], reserve: usize) -> io::Result<()> {
        if bytes.len() + reserve > self.window.length - self.used {
            self.move_on(bytes.len() + reserve)?;
        }
        if bytes.len() > self.window.length - self.used {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: the window is writable for its length, of which at least this much is left, and only this value writes
        // there.
        unsafe {
            let end = self.window.start.as_ptr().add(self.used);
            ptr::copy_nonoverlapping(bytes.as_ptr(), end, bytes.len());
        }
        self.used += bytes.len();
        Ok(())
    }

    /// Replaces the window by one with room for this many more bytes.
    fn move_on(&mut self, needed: usize) -> io::Result<()> {
        let file = self.open()?;
        let end = self.offset + self.window.length as u64;
        let begin = self.used - self.used % WINDOW;
        let used = self.used - begin;
        let offset = self.offset + begin as u64;
        let length = (used + needed).div_ceil(WINDOW) * WINDOW;
        self.window = make_window(&file, offset, end, length)?;
        self.offset = offset;
        self.used = used;
        Ok(())
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&self.path)?;
        let about = file.metadata()?;
        if (about.dev(), about.ino()) != self.identity || about.len() < self.offset + self.used as u64 {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(file)
    }

    /// Removes the empty lines at the end.
    pub fn finish(self) {
        if let Ok(file) = self.open() {
            let _ = file.set_len(self.offset + self.used as u64);
        }
    }
}

/// Extends the file from `end` on, so that it has `length` bytes from `offset`, and maps those.
fn make_window(file: &File, offset: u64, mut end: u64, length: usize) -> io::Result<Window> {
    let (old_end, new_end) = (end, offset + length as u64);
    if new_end > largest_file() {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    let extended = (|| {
        while end < new_end {
            let left = usize::try_from(new_end - end).unwrap_or(usize::MAX);
            let some = EMPTY_LINES.get(..left).unwrap_or(&EMPTY_LINES);
            file.write_all_at(some, end)?;
            end += some.len() as u64;
        }
        Window::map(file, offset, length)
    })();
    extended.inspect_err(|_| drop(file.set_len(old_end)))
}

/// A shared mapping of a part of a file.
struct Window {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: it owns its mapping.
unsafe impl Send for Window {}

impl Window {
    fn map(file: &File, offset: u64, length: usize) -> io::Result<Self> {
        let offset = libc::off_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address that the system chooses.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                access,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, length })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: it is our mapping, and nothing points into it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn new_path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("polysock-{name}-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn lines_are_in_the_file_at_once_and_empty_lines_follow_until_it_is_finished() {
        let path = new_path("log-lines");
        let mut log = MappedLog::create(&path).unwrap();
        log.append(b"one\n", 8).unwrap();
        let text = fs::read(&path).unwrap();
        assert!(text.starts_with(b"one\n"));
        assert!(text[4..].iter().all(|&byte| byte == b'\n'));
        log.append(b"two\n", 8).unwrap();
        log.finish();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        let path = new_path("log-windows");
        let mut log = MappedLog::create(&path).unwrap();
        let mut whole = Vec::new();
        for (number, length) in [(0, WINDOW - 5), (1, 100), (2, 3 * WINDOW), (3, 1), (4, WINDOW)] {
            let mut line = vec![b'a' + number; length];
            line.push(b'\n');
            log.append(&line, 16).unwrap();
            whole.extend(line);
        }
        log.finish();
        assert!(fs::read(&path).unwrap() == whole);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_is_gone_or_was_replaced_is_not_written() {
        let path = new_path("log-gone");
        let mut log = MappedLog::create(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(log.append(&[b'x'; WINDOW + 1], 0).is_err());
        fs::write(&path, "another file").unwrap();
        assert!(log.append(&[b'x'; WINDOW + 1], 0).is_err());
        log.finish();
        assert_eq!(fs::read(&path).unwrap(), b"another file");
        fs::remove_file(&path).unwrap();
    }
}
