//! One waker for each thread.

use super::{new_waker, Waker};
use crate::sys::fork;
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
