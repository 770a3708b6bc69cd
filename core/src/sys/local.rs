//! Thread-local values, dropped when their thread ends.
//!
//! Those of the standard library are registered with glibc's `__cxa_thread_atexit_impl`, which ends the process when
//! there is no memory for that. These use pthread keys, which report an error instead.

use libc::{c_void, pthread_key_t};
use std::marker::PhantomData;
use std::sync::OnceLock;

/// A thread-local value, made when it is first used. The main thread's is not dropped when the process exits.
pub struct PerThread<T> {
    key: OnceLock<Option<pthread_key_t>>,
    value: PhantomData<fn() -> T>,
}

impl<T: Default + 'static> Default for PerThread<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Default + 'static> PerThread<T> {
    /// A value that no thread has yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            key: OnceLock::new(),
            value: PhantomData,
        }
    }

    /// Lets `look` see this thread's value; `None` if there can't be one for lack of memory or keys.
    pub fn with<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        let key = (*self.key.get_or_init(make_key::<T>))?;
        // SAFETY: the key was made and is never deleted.
        let mut value = unsafe { libc::pthread_getspecific(key) }.cast::<T>();
        if value.is_null() {
            value = Box::into_raw(Box::default());
            // SAFETY: as above.
            if unsafe { libc::pthread_setspecific(key, value.cast()) } != 0 {
                // SAFETY: it was made three lines above, and no other code has seen it.
                drop(unsafe { Box::from_raw(value) });
                return None;
            }
        }
        // SAFETY: under this key there are only values made above, for this thread, which drops them when it ends.
        Some(look(unsafe { &*value }))
    }
}

fn make_key<T>() -> Option<pthread_key_t> {
    let mut key = 0;
    // SAFETY: `key` is ours to write, and `end` is a function for the life of the process (the library is linked `-z nodelete`).
    let failed = unsafe { libc::pthread_key_create(&raw mut key, Some(end::<T>)) };
    (failed == 0).then_some(key)
}

/// Drops the value of a thread that ends.
unsafe extern "C" fn end<T>(value: *mut c_void) {
    // SAFETY: the value belongs to one of our keys, and the thread no longer has it.
    drop(unsafe { Box::from_raw(value.cast::<T>()) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static DROPPED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Default)]
    struct Counter(Cell<usize>);

    impl Drop for Counter {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn each_thread_has_its_own_until_it_ends() {
        static VALUE: PerThread<Counter> = PerThread::new();
        let count = || VALUE.with(|counter| counter.0.replace(counter.0.get() + 1));
        assert_eq!((count(), count()), (Some(0), Some(1)));
        std::thread::spawn(move || assert_eq!((count(), count()), (Some(0), Some(1))))
            .join()
            .unwrap();
        assert_eq!(DROPPED.load(Ordering::SeqCst), 1);
        assert_eq!(count(), Some(2));
    }
}
