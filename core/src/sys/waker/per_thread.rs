//! One waker for each thread that waits.

use super::{new_waker, Waker};
use crate::memory;
use crate::sys::fork::{self, ForkLock};
use crate::sys::local::PerThread;
use std::cell::RefCell;
use std::rc::Rc;

static OF_THREAD: PerThread<RefCell<Option<Rc<Waker>>>> = PerThread::new();

/// Wakers of threads that [do not need them any more](hand_on), for the next threads that wait.
static SPARE: ForkLock<Option<Vec<Waker>>> = ForkLock::none();

/// How many of them are kept at most.
const MOST_SPARE: usize = 16;

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
            *slot = take_spare().or_else(|| new_waker().ok()).map(Rc::new);
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

/// Leaves the waker of this thread to the next one that waits, because this thread may not wait in poll again for a long time.
pub fn hand_on() {
    let ours = OF_THREAD
        .with(|slot| slot.try_borrow_mut().ok()?.take())
        .flatten();
    let Some(waker) = ours else { return };
    if waker.generation != fork::generation() {
        std::mem::forget(waker); // shared with the parent process
        return;
    }
    // It is registered nowhere, so this thread has the only reference.
    let Ok(waker) = Rc::try_unwrap(waker) else { return };
    let mut spare = SPARE.lock();
    let spare = spare.get_or_insert_default();
    if spare.len() < MOST_SPARE {
        // Without memory it is closed, and the next thread makes one.
        let _ = memory::push(spare, waker);
    }
}

fn take_spare() -> Option<Waker> {
    SPARE.lock().as_mut()?.pop()
}
