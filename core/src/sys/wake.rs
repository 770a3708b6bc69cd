//! Waking a thread that waits in `poll`: one descriptor per thread, made when it first waits.

use super::{fork, special};
use std::cell::RefCell;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;

/// The wake-up descriptor of one thread: readable once signalled, until drained.
#[derive(Debug)]
pub struct Waker {
    read: OwnedFd,
    /// The writing end where it is another descriptor.
    write: Option<OwnedFd>,
    generation: u32,
}

impl Waker {
    pub(super) fn new(read: OwnedFd, write: Option<OwnedFd>) -> Self {
        Self {
            read,
            write,
            generation: fork::generation(),
        }
    }

    /// What to poll for reading.
    pub fn poll_fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// What [`signal`] takes.
    pub fn signal_fd(&self) -> RawFd {
        self.write.as_ref().unwrap_or(&self.read).as_raw_fd()
    }

    /// Takes back one signal that was sent. Called only when one was, so that a descriptor which somebody
    /// closed and reused behind our back is never read from.
    pub fn drain(&self) {
        let mut token = [0_u8; 8];
        // SAFETY: `token` is ours and writable for its length; the descriptor does not block.
        unsafe { libc::read(self.poll_fd(), token.as_mut_ptr().cast(), token.len()) };
    }
}

/// Signals the waker that has this descriptor. The caller knows that its thread still waits.
pub fn signal(fd: RawFd) {
    let token = 1_u64.to_ne_bytes();
    // SAFETY: `token` is readable for its length. The descriptor does not block, and the one failure there can
    // be, a counter or pipe that is full, means that it is readable already.
    unsafe { libc::write(fd, token.as_ptr().cast(), token.len()) };
}

thread_local! {
    static OF_THREAD: RefCell<Option<Rc<Waker>>> = const { RefCell::new(None) };
}

/// The waker of this thread, or none when no descriptor is to be had (the wait is then cut into slices).
///
/// One inherited from the parent process is shared with it, so it is left alone (its number may even have been
/// given to something else by a daemon that closed everything) and a new one made.
pub fn of_thread() -> Option<Rc<Waker>> {
    OF_THREAD
        .try_with(|slot| {
            let mut slot = slot.try_borrow_mut().ok()?;
            match slot.as_ref() {
                Some(waker) if waker.generation == fork::generation() => return Some(Rc::clone(waker)),
                Some(_) => std::mem::forget(slot.take()),
                None => {}
            }
            *slot = special::new_waker().ok().map(Rc::new);
            slot.clone()
        })
        // The thread is ending and its storage gone: a waker for this one wait.
        .unwrap_or_else(|_| special::new_waker().ok().map(Rc::new))
}

/// Gives up the waker of this thread without closing it: its descriptor proved not to be ours any more.
pub fn forget_of_thread() {
    let _ = OF_THREAD.try_with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            std::mem::forget(slot.take());
        }
    });
}
