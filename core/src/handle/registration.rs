//! A thread that waits on a handle.

use super::handle::Handle;
use super::waiters::Reason;
use crate::error::Kind;
use crate::memory;
use crate::sys::waker::{self, Waker};
use std::os::fd::RawFd;
use std::rc::Rc;

/// This thread registered as waiting on a handle, until dropped.
pub(crate) struct Registration<'a> {
    handle: &'a Handle,
    reason: Reason,
    waker: Option<Rc<Waker>>,
}

impl<'a> Registration<'a> {
    /// Registers. The caller must check [`is_closed`](Self::is_closed) afterwards: a close before this moment does not
    /// signal.
    pub(crate) fn new(handle: &'a Handle, reason: Reason) -> Self {
        Self::with(handle, reason, waker::of_thread())
    }

    /// Registers with every handle, to be woken by any of them in the same way.
    pub(crate) fn all(handles: impl Iterator<Item = &'a Handle>) -> Result<Vec<Self>, Kind> {
        let waker = waker::of_thread();
        memory::collect(handles.map(|handle| Self::with(handle, Reason::Readiness, waker.clone())))
    }

    fn with(handle: &'a Handle, reason: Reason, mut waker: Option<Rc<Waker>>) -> Self {
        if let Some(thread) = &waker {
            if handle.shared.lock().waiters.add(thread.handle(), reason).is_ok() {
                handle.state.note_registered();
            } else {
                waker = None; // as if there were no descriptor for one
            }
        }
        Self {
            handle,
            reason,
            waker,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// The descriptor to poll for reading; `None` when the thread could not get one.
    pub(crate) fn poll_fd(&self) -> Option<RawFd> {
        self.waker.as_ref().map(|waker| waker.poll_fd())
    }

    /// Takes back the signal if one was sent.
    pub(crate) fn take_signal(&mut self) -> bool {
        let Some(waker) = &self.waker else { return false };
        // Under the lock: a signal that is sent meanwhile must not be drained as well.
        let mut shared = self.handle.shared.lock();
        let signalled = shared.waiters.take_signal(waker.handle());
        if signalled {
            waker.drain();
        }
        signalled
    }

    /// Registers all with a new descriptor, because the old one was closed or reused behind our back.
    pub(crate) fn renew(registrations: &mut [Self]) {
        for registration in registrations.iter_mut() {
            registration.unregister(|_| ());
            if let Some(waker) = registration.waker.take() {
                std::mem::forget(waker);
            }
        }
        waker::forget_of_thread();
        let waker = waker::of_thread();
        for registration in registrations {
            *registration = Self::with(registration.handle, registration.reason, waker.clone());
        }
    }

    /// Removes this thread from the list; for a signal that came too late, calls `take_back`.
    fn unregister(&mut self, take_back: impl FnOnce(&Waker)) {
        let Some(waker) = &self.waker else { return };
        let mut shared = self.handle.shared.lock();
        if shared.waiters.remove(waker.handle()) {
            take_back(waker);
            // The signal was meant for a thread that waits for the turn, which is now the next one.
            if let Reason::Turn(candidate) = self.reason {
                if shared.turns.is_free(candidate.direction) {
                    shared.waiters.signal_next(candidate.direction);
                }
            }
        }
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.unregister(Waker::drain);
    }
}
