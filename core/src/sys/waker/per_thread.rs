//! One waker for each thread that waits.

use super::{new_waker, Waker};
use crate::sys::fork::{self, ForkLock};
use crate::sys::local::PerThread;
use std::cell::RefCell;
use std::rc::Rc;

static OF_THREAD: PerThread<RefCell<Option<Rc<Waker>>>> = PerThread::new();

/// The waker of this thread, or `None` when no descriptor is available (the wait is then cut into slices).
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
            *slot = new_waker().ok().map(Rc::new);
            slot.clone()
        })
        // There is no place to keep one: make a waker for this wait only.
        .unwrap_or_else(|| new_waker().ok().map(Rc::new))
}

/// Gives up the waker of this thread without closing it: its descriptor turned out not to be ours any more.
pub fn forget_of_thread() {
    OF_THREAD.with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            std::mem::forget(slot.take());
        }
    });
}

/// A waker that threads leave for each other, of which one at a time waits in poll.
pub struct SharedWaker(ForkLock<Option<Waker>>);

impl SharedWaker {
    pub fn new() -> Self {
        Self(ForkLock::new())
    }

    /// Gives it to this thread, unless it is taken or the thread has one.
    pub fn take(&self) {
        OF_THREAD.with(|slot| {
            let Ok(mut slot) = slot.try_borrow_mut() else {
                return;
            };
            if slot.is_none() {
                *slot = self.0.lock().take().map(Rc::new);
            }
        });
    }

    /// Leaves this thread's waker to the next one, because this thread may not wait in poll again for a long time. If one
    /// is left already, this thread keeps its own.
    pub fn leave(&self) {
        OF_THREAD.with(|slot| {
            let (Ok(mut slot), mut place) = (slot.try_borrow_mut(), self.0.lock()) else {
                return;
            };
            if place.is_none() {
                // It is registered nowhere, so this thread has the only reference. One from the parent process stays here.
                *place = slot
                    .take_if(|waker| waker.generation == fork::generation())
                    .and_then(Rc::into_inner);
            }
        });
    }
}

impl Drop for SharedWaker {
    fn drop(&mut self) {
        // In a forked child the lock has nothing to give: the parent's waker is left alone.
        drop(self.0.lock().take());
    }
}
