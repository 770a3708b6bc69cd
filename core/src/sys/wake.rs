//! Waking a thread that waits in `poll`: one descriptor per thread, made when it first waits.
//!
//! The user does not know of it, and may close it (a daemon closes everything) and open something else under its
//! number. So it is read only when it was signalled, and written and closed only after a look at what it is now.

use super::local::PerThread;
use super::{fork, os, unix};
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::rc::Rc;

/// Where the numbers of wake-up descriptors begin, if there are so many. The lowest ones are what the program is given next:
/// one that it closed it expects to stay closed, and select(2) takes none from 1024 on.
const OUT_OF_THE_WAY: RawFd = 512;

/// The wake-up descriptor of one thread: readable once signalled, until drained.
#[derive(Debug)]
pub struct Waker {
    read: ManuallyDrop<OwnedFd>,
    /// The writing end where it is another descriptor.
    write: Option<ManuallyDrop<OwnedFd>>,
    generation: u32,
}

impl Waker {
    pub(super) fn new(read: OwnedFd, write: Option<OwnedFd>) -> Self {
        Self {
            read: ManuallyDrop::new(out_of_the_way(read)),
            write: write.map(|write| ManuallyDrop::new(out_of_the_way(write))),
            generation: fork::generation(),
        }
    }

    /// What to poll for reading.
    pub fn poll_fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// What others signal.
    pub fn end(&self) -> End {
        End {
            fd: self.write.as_ref().unwrap_or(&self.read).as_raw_fd(),
            file_type: self.file_type(),
        }
    }

    /// Closes what a forked child inherited. The waker is forgotten then, not dropped.
    pub(super) fn close_inherited(&self) {
        let file_type = self.file_type();
        for end in [Some(&self.read), self.write.as_ref()].into_iter().flatten() {
            if is_still(end.as_raw_fd(), file_type) {
                // SAFETY: the descriptor is ours, and by our contract not used again.
                unsafe { libc::close(end.as_raw_fd()) };
            }
        }
    }

    /// What fstat says of it: a pipe, or of an eventfd that it is no file.
    fn file_type(&self) -> libc::mode_t {
        if self.write.is_some() {
            libc::S_IFIFO
        } else {
            0
        }
    }

    /// Takes back one signal that was sent. Called only when one was, so that a descriptor which somebody
    /// closed and reused behind our back is never read from.
    pub fn drain(&self) {
        let mut token = [0_u8; 8];
        // SAFETY: `token` is ours and writable for its length; the descriptor does not block.
        while unsafe { libc::read(self.poll_fd(), token.as_mut_ptr().cast(), token.len()) } < 0
            && unix::is_interrupted()
        {}
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        let file_type = self.file_type();
        for end in [Some(&mut self.read), self.write.as_mut()].into_iter().flatten() {
            if is_still(end.as_raw_fd(), file_type) {
                // SAFETY: dropped here only.
                unsafe { ManuallyDrop::drop(end) };
            }
        }
    }
}

/// The end of a waker that others write to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct End {
    fd: RawFd,
    file_type: libc::mode_t,
}

impl End {
    /// Signals the waker. The caller knows that its thread still waits.
    pub fn signal(self) {
        if !is_still(self.fd, self.file_type) {
            return;
        }
        let token = 1_u64.to_ne_bytes();
        // SAFETY: `token` is readable for its length. The descriptor does not block, and the one failure there
        // can be but for a signal, a counter or pipe that is full, means that it is readable already.
        while unsafe { libc::write(self.fd, token.as_ptr().cast(), token.len()) } < 0
            && unix::is_interrupted()
        {}
    }
}

/// The same descriptor under a high number, where there is one.
pub(super) fn out_of_the_way(low: OwnedFd) -> OwnedFd {
    // SAFETY: no memory is involved.
    let high = unsafe { libc::fcntl(low.as_raw_fd(), libc::F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) };
    if high < 0 {
        return low;
    }
    // SAFETY: the kernel just gave us this descriptor.
    unsafe { OwnedFd::from_raw_fd(high) }
}

/// Whether a number still stands for a file of this type. Where that can't be known (fstat is forbidden, or there is no
/// memory for it) an open descriptor is taken for ours.
fn is_still(fd: RawFd, file_type: libc::mode_t) -> bool {
    match unix::stat(fd) {
        Ok(stat) => stat.st_mode & libc::S_IFMT == file_type,
        Err(error) => error.raw_os_error() != Some(libc::EBADF),
    }
}

/// Whether a number still stands for an eventfd or the like.
pub(super) fn is_anonymous(fd: RawFd) -> bool {
    is_still(fd, 0)
}

static OF_THREAD: PerThread<RefCell<Option<Rc<Waker>>>> = PerThread::new();

/// The waker of this thread, or none when no descriptor is to be had (the wait is then cut into slices).
///
/// One inherited from the parent process is shared with it, so it is left alone (its number may even have been
/// given to something else by a daemon that closed everything) and a new one made.
pub fn of_thread() -> Option<Rc<Waker>> {
    OF_THREAD
        .with(|slot| {
            let mut slot = slot.try_borrow_mut().ok()?;
            match slot.as_ref() {
                Some(waker) if waker.generation == fork::generation() => return Some(Rc::clone(waker)),
                Some(_) => std::mem::forget(slot.take()),
                None => {}
            }
            *slot = os::new_waker().ok().map(Rc::new);
            slot.clone()
        })
        // No place to keep one: a waker for this one wait.
        .unwrap_or_else(|| os::new_waker().ok().map(Rc::new))
}

/// Gives up the waker of this thread without closing it: its descriptor proved not to be ours any more.
pub fn forget_of_thread() {
    OF_THREAD.with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            std::mem::forget(slot.take());
        }
    });
}
