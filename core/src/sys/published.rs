//! A value that every thread and every forked child reads without a lock.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The value that was published last. Earlier ones are kept for those that still read them, so this is for values that
/// rarely change.
pub struct Published<T>(AtomicPtr<Kept<T>>);

struct Kept<T> {
    value: T,
    /// The one before, so that leak checkers find it.
    #[allow(dead_code)]
    before: *mut Kept<T>,
}

impl<T: Sync> Published<T> {
    pub const fn nothing() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub fn publish(&self, value: T) {
        let before = self.0.load(Ordering::Relaxed);
        self.0
            .store(Box::into_raw(Box::new(Kept { value, before })), Ordering::Release);
    }

    pub fn get(&self) -> Option<&'static T> {
        // SAFETY: it is null or a value that was published, which is never freed nor changed.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }.map(|kept| &kept.value)
    }
}
