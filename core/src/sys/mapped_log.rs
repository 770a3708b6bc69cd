//! A file of lines that is written through a window of memory.
//!
//! Appending copies bytes into a shared mapping of the file: no system call, and nothing is lost when the process ends, however it
//! ends. The window is filled with line feeds, so that the disk has room for it before it is used, and so that only empty
//! lines follow the last record.
//!
//! No descriptor stays open that the program could close, or that would take a number from it. Where the system can do it (Linux
//! 5.14), the window moves on without one, and nothing is ever written to a descriptor: another thread of the program may close its
//! number, and open another file under it, at any moment.

use super::large_file::{mmap, off_t, truncate};
use super::process::largest_file;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
#[cfg(target_os = "linux")]
use std::os::fd::IntoRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};

/// The size of a window, a multiple of every page size.
const WINDOW: usize = 64 << 10;

/// What is written to make room.
static EMPTY_LINES: [u8; 4096] = [b'\n'; 4096];

pub struct MappedLog {
    path: PathBuf,
    identity: Identity,
    window: Window,
    /// Where in the file the window begins.
    offset: u64,
    /// How much of the window is used.
    used: usize,
}

/// The device and number of a file.
type Identity = (u64, u64);

fn identity(about: &fs::Metadata) -> Identity {
    (about.dev(), about.ino())
}

fn error(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
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
        let begun = Self::begin(path, &file);
        if let Ok(log) = &begun {
            close(file, log.identity);
        } else {
            let _ = fs::remove_file(path);
        }
        begun
    }

    fn begin(path: &Path, file: &File) -> io::Result<Self> {
        let log = |window, identity| Self {
            path: path.to_path_buf(),
            identity,
            window,
            offset: 0,
            used: 0,
        };
        let identity = identity(&fs::symlink_metadata(path)?);
        check_size(WINDOW as u64)?;
        if cfg!(target_os = "linux") {
            set_length(path, WINDOW as u64)?;
            let window = Window::map(file, 0, WINDOW)?;
            check(file, identity)?;
            match window.fill_from(0) {
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                filled => return filled.map(|()| log(window, identity)),
            }
        }
        Ok(log(write_window(file, 0, 0, WINDOW)?, identity))
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
        let end = self.offset + self.window.length as u64;
        // Some of the present window stays in it.
        let begin = self.used.min(self.window.length - 1) / WINDOW * WINDOW;
        let used = self.used - begin;
        let offset = self.offset + begin as u64;
        let length = (used + needed).div_ceil(WINDOW) * WINDOW;
        check_size(offset + length as u64)?;
        self.window = match self.next_window(begin, end, length) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                write_window(&self.open()?, offset, end, length)?
            }
            window => window?,
        };
        self.offset = offset;
        self.used = used;
        Ok(())
    }

    /// Makes the next window without a descriptor: it begins at an offset in this one, where the file has ended so far at `end`.
    /// InvalidInput if the system can't.
    fn next_window(&self, begin: usize, end: u64, length: usize) -> io::Result<Window> {
        let about = fs::symlink_metadata(&self.path)?;
        self.check(&about)?;
        let window = self.window.again(begin, length)?;
        let offset = self.offset + begin as u64;
        set_length(&self.path, offset + length as u64)?;
        let filled = window.fill_from(usize::try_from(end - offset).unwrap_or(usize::MAX));
        if filled.is_err() {
            let _ = set_length(&self.path, end);
        }
        filled.map(|()| window)
    }

    /// Whether this is still the file.
    fn check(&self, about: &fs::Metadata) -> io::Result<()> {
        if identity(about) != self.identity || about.len() < self.offset + self.used as u64 {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(())
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&self.path)?;
        self.check(&file.metadata()?)?;
        Ok(file)
    }

    /// Removes the empty lines at the end.
    pub fn finish(self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|about| self.check(&about).is_ok()) {
            let _ = set_length(&self.path, self.offset + self.used as u64);
        }
    }
}

/// Sets the length of a file.
fn set_length(path: &Path, length: u64) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    let length = off_t::try_from(length).map_err(|_| error(libc::EFBIG))?;
    // SAFETY: the path ends with NUL.
    if unsafe { truncate(path.as_ptr(), length) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// A write beyond the limit would end the process.
fn check_size(end: u64) -> io::Result<()> {
    if end > largest_file() {
        return Err(error(libc::EFBIG));
    }
    Ok(())
}

/// Whether the number of a descriptor still stands for this file: another thread may have closed it, and used it again. Then
/// it has not stood for the file since.
fn check(file: &File, expected: Identity) -> io::Result<()> {
    if file.metadata().is_ok_and(|about| identity(&about) == expected) {
        return Ok(());
    }
    Err(error(libc::EINTR))
}

/// Closes the file, unless its number stands for another one. Libraries that wrap close(2) have not seen this one opened.
fn close(file: File, expected: Identity) {
    let is_ours = check(&file, expected).is_ok();
    #[cfg(target_os = "linux")]
    {
        let number = file.into_raw_fd();
        if is_ours {
            super::direct::close(number);
        }
    }
    #[cfg(not(target_os = "linux"))]
    if !is_ours {
        std::mem::forget(file);
    }
}

/// Extends the file from `end` on by writing, so that it has `length` bytes from `offset`, and maps those.
fn write_window(file: &File, offset: u64, mut end: u64, length: usize) -> io::Result<Window> {
    let (old_end, new_end) = (end, offset + length as u64);
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
        let offset = off_t::try_from(offset).map_err(|_| error(libc::EFBIG))?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address that the system chooses.
        let start = unsafe {
            mmap(
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
        Self::of(start, length)
    }

    fn of(start: *mut libc::c_void, length: usize) -> io::Result<Self> {
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, length })
    }

    /// Maps the same file again, beginning with an offset in this window: `length` bytes, which need not be in the file yet.
    #[cfg(target_os = "linux")]
    fn again(&self, begin: usize, length: usize) -> io::Result<Self> {
        let from = self.start.as_ptr().wrapping_add(begin).cast();
        // SAFETY: of a length of 0 nothing is moved: a new mapping at an address that the system chooses.
        let start = unsafe { libc::mremap(from, 0, length, libc::MREMAP_MAYMOVE) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Self::of(start, length)
    }

    /// Fills the window with empty lines from an offset on, after the disk has made room for them.
    #[cfg(target_os = "linux")]
    fn fill_from(&self, begin: usize) -> io::Result<()> {
        let first = self.start.as_ptr().wrapping_add(begin);
        let count = self.length.saturating_sub(begin);
        // SAFETY: this part of the mapping is ours. Without room on the disk the call fails; a write would raise SIGBUS.
        if unsafe { libc::madvise(first.cast(), count, libc::MADV_POPULATE_WRITE) } != 0 {
            return Err(match io::Error::last_os_error() {
                none if none.raw_os_error() == Some(libc::EFAULT) => error(libc::ENOSPC),
                other => other,
            });
        }
        // SAFETY: as above, and there are pages.
        unsafe { ptr::write_bytes(first, b'\n', count) };
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn again(&self, _: usize, _: usize) -> io::Result<Self> {
        Err(io::ErrorKind::InvalidInput.into())
    }

    #[cfg(not(target_os = "linux"))]
    fn fill_from(&self, _: usize) -> io::Result<()> {
        Err(io::ErrorKind::InvalidInput.into())
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
    fn a_file_may_have_more_than_four_gigabytes() {
        const FAR: u64 = 5 << 30;
        let path = new_path("log-large");
        let mut log = MappedLog::create(&path).unwrap();
        // As if so much had been written: the file has a hole there.
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        file.set_len(FAR).unwrap();
        log.window = write_window(&file, FAR, FAR, WINDOW).unwrap();
        log.offset = FAR;
        log.append(&[b'x'; WINDOW - 1], 0).unwrap();
        log.append(b"\nthe next window\n", 0).unwrap();
        log.finish();
        assert_eq!(file.metadata().unwrap().len(), FAR + WINDOW as u64 + 16);
        let mut end = [0; 18];
        file.read_exact_at(&mut end, FAR + WINDOW as u64 - 2).unwrap();
        assert_eq!(&end, b"x\nthe next window\n");
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
