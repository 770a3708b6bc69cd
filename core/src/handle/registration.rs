//! A thread that waits on a handle.

use super::shared::{Reason, Waiter};
use super::Handle;
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
    /// Registers. The caller looks at CLOSED afterwards: a close before this moment does not signal.
    pub(crate) fn new(handle: &'a Handle, reason: Reason) -> Self {
        Self::with(handle, reason, waker::of_thread())
    }

    /// Registers with every handle, to be woken by any of them in the same way.
    pub(crate) fn all(handles: impl Iterator<Item = &'a Handle>) -> Result<Vec<Self>, Kind> {
        let waker = waker::of_thread();
        memory::collect(handles.map(|handle| Self::with(handle, Reason::Readiness, waker.clone())))
    }

    fn with(handle: &'a Handle, reason: Reason, waker: Option<Rc<Waker>>) -> Self {
        let mut watch = Self {
            handle,
            reason,
            waker,
        };
        if let Some(waker) = &watch.waker {
            let waiter = Waiter {
                end: waker.handle(),
                reason,
                signalled: false,
            };
            if memory::push(&mut handle.shared.lock().waiters, waiter).is_ok() {
                handle.note_registered();
            } else {
                watch.waker = None; // as where there is no descriptor for one
            }
        }
        watch
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// What to poll for reading; none when the thread could get no descriptor.
    pub(crate) fn poll_fd(&self) -> Option<RawFd> {
        self.waker.as_ref().map(|waker| waker.poll_fd())
    }

    /// Takes back the signal if one was sent.
    pub(crate) fn take_signal(&mut self) -> bool {
        let Some(waker) = &self.waker else { return false };
        let end = waker.handle();
        let mut shared = self.handle.shared.lock();
        let Some(waiter) = shared.waiters.iter_mut().find(|waiter| waiter.end == end) else {
            return false;
        };
        let signalled = std::mem::replace(&mut waiter.signalled, false);
        if signalled {
            waker.drain();
        }
        signalled
    }

    /// Registers all with a new descriptor, because the old one was closed or reused behind our back.
    pub(crate) fn renew(watches: &mut [Self]) {
        for watch in watches.iter_mut() {
            watch.unregister(|_| ());
            if let Some(waker) = watch.waker.take() {
                std::mem::forget(waker);
            }
        }
        waker::forget_of_thread();
        let waker = waker::of_thread();
        for watch in watches {
            *watch = Self::with(watch.handle, watch.reason, waker.clone());
        }
    }

    /// Takes this thread off the list; a signal that came too late is given to `take_back`.
    fn unregister(&mut self, take_back: impl FnOnce(&Waker)) {
        let Some(waker) = &self.waker else { return };
        let end = waker.handle();
        let mut shared = self.handle.shared.lock();
        let Some(at) = shared.waiters.iter().position(|waiter| waiter.end == end) else {
            return;
        };
        let waiter = shared.waiters.swap_remove(at);
        if waiter.signalled {
            take_back(waker);
            // Meant for whoever waits for the turn, and that is the next one now.
            if let Reason::Turn(candidate) = waiter.reason {
                if shared.turn(candidate.direction).is_none() {
                    shared.wake_next(candidate.direction);
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
