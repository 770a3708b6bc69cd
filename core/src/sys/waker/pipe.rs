//! A waker that is a pipe(2), for systems without eventfd.

use super::Waker;
use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Makes a waker: a pipe.
pub fn new_waker() -> io::Result<Waker> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors.
    unix::check(unsafe { libc::pipe(ends.as_mut_ptr()) })?;
    // SAFETY: the kernel just gave us both descriptors.
    let [read, write] = ends.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    for end in [&read, &write] {
        // SAFETY: no memory is involved.
        unix::check(unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) })?;
        // SAFETY: no memory is involved.
        unix::check(unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    }
    // The program may close the reading end. The signal would go to the whole process, not to the thread that writes.
    #[cfg(target_vendor = "apple")]
    // SAFETY: no memory is involved.
    unix::check(unsafe { libc::fcntl(write.as_raw_fd(), libc::F_SETNOSIGPIPE, 1) })?;
    Ok(Waker::new(read, Some(write)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::os::portable::poll;
    use crate::sys::unix::Readiness;
    use std::time::Duration;

    fn readable(fd: i32) -> libc::pollfd {
        libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        }
    }

    #[test]
    fn a_pipe_waker_is_readable_once_signalled_until_drained() {
        let waker = new_waker().unwrap();
        let mut set = [readable(waker.poll_fd())];
        let none = poll(&mut set, Some(Duration::ZERO)).unwrap();
        assert_eq!(none, Readiness::TimeUp);
        waker.handle().signal();
        assert_eq!(poll(&mut set, None).unwrap(), Readiness::Ready);
        waker.drain();
        assert_eq!(poll(&mut set, Some(Duration::ZERO)).unwrap(), Readiness::TimeUp);
    }
    /// A program may have closed the reading end because it found its number open.
    #[test]
    fn a_signal_that_no_end_reads_raises_no_sigpipe() {
        let mut waker = new_waker().unwrap();
        // SAFETY: it is not used again, and its number is not closed a second time: the waker is forgotten.
        unsafe { std::mem::ManuallyDrop::drop(&mut waker.read) };
        // SAFETY: zeroed signal sets are valid memory for the calls that fill them.
        let (mut sigpipe, mut pending): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
        // SAFETY: the set is ours, and SIGPIPE a signal.
        unsafe { libc::sigaddset(&mut sigpipe, libc::SIGPIPE) };
        // SAFETY: the set is ours; only this thread's mask changes. A signal that is blocked stays pending.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &sigpipe, std::ptr::null_mut()) };
        waker.handle().signal();
        // SAFETY: the set is ours.
        unsafe { libc::sigpending(&mut pending) };
        // SAFETY: it was filled just now.
        assert_eq!(unsafe { libc::sigismember(&pending, libc::SIGPIPE) }, 0);
        std::mem::forget(waker);
    }
}
