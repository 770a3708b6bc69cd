//! Waking a thread that waits in `poll`: one descriptor per thread, made when it first waits, or left by another thread.
//!
//! The user does not know of it, and may close it (a daemon closes everything) and open something else under its
//! number. So it is read only when it was signalled, and written and closed only after checking what it is now.

#[cfg(all(target_os = "linux", not(polysock_portable)))]
mod eventfd;
mod per_thread;
mod pipe;

#[cfg(all(target_os = "linux", not(polysock_portable)))]
pub use eventfd::new_waker;
pub use per_thread::{forget_of_thread, of_thread, SharedWaker};
#[cfg(any(not(target_os = "linux"), polysock_portable))]
pub use pipe::new_waker;

use super::sigpipe::without_sigpipe;
use super::{fork, unix};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// The wake-up descriptor of one thread: readable once signalled, until drained.
#[derive(Debug)]
pub struct Waker {
    read: ManuallyDrop<OwnedFd>,
    /// The writing end, if that is a separate descriptor.
    write: Option<ManuallyDrop<OwnedFd>>,
    generation: u32,
}

impl Waker {
    fn new(read: OwnedFd, write: Option<OwnedFd>) -> Self {
        Self {
            read: ManuallyDrop::new(unix::out_of_the_way(read)),
            write: write.map(|write| ManuallyDrop::new(unix::out_of_the_way(write))),
            generation: fork::generation(),
        }
    }

    /// The descriptor to poll for reading.
    pub fn poll_fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// The handle through which others signal it.
    pub fn handle(&self) -> WakeHandle {
        WakeHandle {
            fd: self.write.as_ref().unwrap_or(&self.read).as_raw_fd(),
            file_type: self.file_type(),
        }
    }

    /// Closes what a forked child inherited. The waker is forgotten then, not dropped.
    #[cfg_attr(
        any(
            polysock_portable,
            not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))
        ),
        allow(dead_code)
    )] // only epoll and kqueue are left to the parent
    pub fn close_inherited(&self) {
        let file_type = self.file_type();
        for end in [Some(&self.read), self.write.as_ref()].into_iter().flatten() {
            if unix::is_still(end.as_raw_fd(), file_type) {
                // SAFETY: the descriptor is ours, and by our contract not used again.
                unsafe { libc::close(end.as_raw_fd()) };
            }
        }
    }

    /// The file type that fstat reports for it: a pipe, or none for an eventfd.
    fn file_type(&self) -> libc::mode_t {
        if self.write.is_some() {
            libc::S_IFIFO
        } else {
            0
        }
    }

    /// Takes back all signals that were sent. Unlike an eventfd, a pipe keeps each.
    #[cfg(all(any(target_vendor = "apple", target_os = "freebsd"), not(polysock_portable)))]
    pub fn drain_all(&self) {
        let mut tokens = [0_u8; 512];
        // SAFETY: `tokens` is ours and writable for its length; the descriptor does not block.
        let mut read = || unsafe { libc::read(self.poll_fd(), tokens.as_mut_ptr().cast(), tokens.len()) };
        loop {
            match read() {
                1.. => {}
                0 => break,
                _ if unix::is_interrupted() => {}
                _ => break,
            }
        }
    }

    /// Takes back one signal that was sent. Called only when one was, so that a descriptor that was closed and reused
    /// behind our back is never read from.
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
            if unix::is_still(end.as_raw_fd(), file_type) {
                // SAFETY: dropped only here.
                unsafe { ManuallyDrop::drop(end) };
            }
        }
    }
}

/// The end of a waker that others write to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WakeHandle {
    fd: RawFd,
    file_type: libc::mode_t,
}

impl WakeHandle {
    /// Signals the waker. The caller knows that its thread still waits.
    pub fn signal(self) {
        if !unix::is_still(self.fd, self.file_type) {
            return;
        }
        let write = || {
            let token = 1_u64.to_ne_bytes();
            // SAFETY: `token` is readable for its length. The descriptor does not block, and the only possible failure
            // apart from a signal, a full counter or pipe, means that it is already readable.
            while unsafe { libc::write(self.fd, token.as_ptr().cast(), token.len()) } < 0
                && unix::is_interrupted()
            {}
        };
        if self.file_type == libc::S_IFIFO {
            without_sigpipe(write); // the program may have closed the other end
        } else {
            write();
        }
    }
}
