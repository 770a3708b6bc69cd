//! A value on the heap that is made when it is first used. Unlike `OnceLock<Box<T>>` it is one word, and a value that
//! was never used costs nothing to drop but a look at that word.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

pub struct OnceBox<T>(AtomicPtr<T>);

impl<T> Default for OnceBox<T> {
    fn default() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }
}

impl<T> OnceBox<T> {
    /// For a static.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))] // only promises keep such a static
    pub const fn nothing() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }
}

impl<T: Send + Sync> OnceBox<T> {
    /// The value, if it was made.
    #[inline]
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))] // as above
    pub fn get(&self) -> Option<&T> {
        // SAFETY: it is null or came from a box, which is dropped only together with `self`.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// The value, made by `make` if there is none yet. When several threads make one at the same time, one of them is
    /// kept.
    pub fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        self.get().unwrap_or_else(|| self.keep(Box::new(make())))
    }

    /// Keeps a value, unless another thread was first.
    fn keep(&self, made: Box<T>) -> &T {
        let made = Box::into_raw(made);
        let value = match self
            .0
            .compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => made,
            Err(other) => {
                // SAFETY: it came from the box, and no other thread has seen it.
                drop(unsafe { Box::from_raw(made) });
                other
            }
        };
        // SAFETY: it came from a box, and is dropped only together with `self`.
        unsafe { &*value }
    }
}

#[cfg(target_os = "linux")] // only promises keep arrays
impl<T: Send + Sync, const LENGTH: usize> OnceBox<[T; LENGTH]> {
    /// The array, filled by `make` if there is none yet; `None` without memory for it.
    #[inline]
    pub fn get_or_fill(&self, make: impl FnMut() -> T) -> Option<&[T; LENGTH]> {
        match self.get() {
            None => self.fill(make),
            made => made,
        }
    }

    #[cold]
    fn fill(&self, make: impl FnMut() -> T) -> Option<&[T; LENGTH]> {
        let mut values = Vec::new();
        values.try_reserve_exact(LENGTH).ok()?;
        values.resize_with(LENGTH, make);
        Some(self.keep(values.into_boxed_slice().try_into().ok()?))
    }
}

impl<T> Drop for OnceBox<T> {
    #[inline]
    fn drop(&mut self) {
        let value = *self.0.get_mut();
        if !value.is_null() {
            drop_made(value);
        }
    }
}

#[cold]
#[inline(never)]
fn drop_made<T>(value: *mut T) {
    // SAFETY: only `OnceBox` calls this, for the value that it owns, once no reference to it is left.
    drop(unsafe { Box::from_raw(value) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn one_value_is_made_and_dropped() {
        let counted = Arc::new(());
        let value = OnceBox::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let seen: &Arc<()> = value.get_or_make(|| Arc::clone(&counted));
                    assert!(Arc::ptr_eq(seen, &counted));
                });
            }
        });
        assert_eq!(Arc::strong_count(&counted), 2);
        drop(value);
        assert_eq!(Arc::strong_count(&counted), 1);
        drop(OnceBox::<Arc<()>>::default());
    }
}
