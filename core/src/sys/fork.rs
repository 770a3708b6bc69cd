//! What a forked child needs: a generation number that changes with each fork, and a lock that starts afresh.
//!
//! The child has one thread, but inherits counts and locks held by threads that do not exist in it. Code that keeps
//! such a thing stores the generation beside it and starts afresh when it no longer matches.

use super::entry;
use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::Once;
use std::time::Duration;

static GENERATION: AtomicU32 = AtomicU32::new(1);
static REGISTER: Once = Once::new();

/// Changes before and after each fork of this process, in the child too: a socket made before the fork has ended may be
/// shared with the child.
static FORKS: AtomicU32 = AtomicU32::new(0);

extern "C" fn around_fork() {
    FORKS.fetch_add(1, Ordering::SeqCst);
}

/// Notes that another process may have sockets of this one from now on, though no fork was seen: it was made in another way, or was sent
/// a socket.
pub fn note_sharing() {
    around_fork();
}

/// The process that counts forks: the one that called [`watch`], or a child that it forked.
static OWNER: AtomicU32 = AtomicU32::new(0);

extern "C" fn in_child() {
    OWNER.store(std::process::id(), Ordering::Relaxed);
    let generation = GENERATION.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    entry::note_generation(generation);
    around_fork();
}

/// Counts forks from now on; called before the first handle is made.
pub fn watch() {
    REGISTER.call_once(|| {
        OWNER.store(std::process::id(), Ordering::Relaxed);
        // SAFETY: they are functions for the life of the process (the library is linked `-z nodelete`) and do
        // nothing but add to an atomic. Registering fails only without memory, and then forks go unnoticed.
        unsafe { libc::pthread_atfork(Some(around_fork), Some(around_fork), Some(in_child)) };
    });
}

/// Whether this process is the one that [`watch`] was called in, or a forked child of it. A child that uses its parent's memory
/// (vfork(2)), or was made by a system call that runs no handlers, is not.
pub fn is_owner() -> bool {
    OWNER.load(Ordering::Relaxed) == std::process::id()
}

/// The number of this process's generation, never 0.
#[inline]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// What changes with every fork, on both sides of it: a handle made under another number may be shared.
#[inline]
pub fn sharing() -> u32 {
    FORKS.load(Ordering::SeqCst)
}

/// What a forked child makes of a value that its parent had under a [`ForkLock`].
pub trait InChild: Default {
    /// The child's value. The parent's is `None` if one of its threads was changing it.
    ///
    /// Unless a type needs it, the parent's value is forgotten, not dropped: it may belong to the parent's threads.
    fn in_child(parents: Option<Self>) -> Self {
        std::mem::forget(parents);
        Self::default()
    }
}

impl InChild for () {}
impl<T> InChild for Option<T> {}

/// A lock held for a few instructions at a time. In a forked child it is free, and holds what the child makes of the value.
#[repr(C)] // the value beside the word
pub struct ForkLock<T> {
    /// The generation in the upper half, 1 in the lower while a thread holds the lock.
    word: AtomicU64,
    value: ManuallyDrop<UnsafeCell<T>>,
}

// SAFETY: `value` is reached only through `Held`, of which one exists at a time.
unsafe impl<T: Send> Sync for ForkLock<T> {}

/// Holds a [`ForkLock`] until dropped.
pub struct Held<'a, T>(&'a ForkLock<T>);

impl<T> ForkLock<Option<T>> {
    /// For a static that holds nothing at first.
    #[cfg_attr(any(not(target_os = "linux"), polysock_portable), allow(dead_code))] // only holders keep such a static
    pub const fn none() -> Self {
        Self::inherited(None)
    }
}

impl<T> ForkLock<T> {
    /// For a static. No process has generation 0, so the first thread that locks it finds what a child makes of this value.
    pub const fn inherited(value: T) -> Self {
        Self {
            word: AtomicU64::new(0),
            value: ManuallyDrop::new(UnsafeCell::new(value)),
        }
    }
}

impl<T: InChild> ForkLock<T> {
    pub fn new() -> Self {
        Self {
            word: AtomicU64::new(u64::from(generation()) << 32),
            value: ManuallyDrop::new(UnsafeCell::new(T::default())),
        }
    }

    #[inline]
    pub fn lock(&self) -> Held<'_, T> {
        let ours = u64::from(generation()) << 32;
        let taken = self
            .word
            .compare_exchange(ours, ours | 1, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_err() {
            self.lock_slowly(ours);
        }
        Held(self)
    }

    /// Another thread holds it, or it is inherited from a parent process.
    #[cold]
    fn lock_slowly(&self, ours: u64) {
        let mut tries = 0_u32;
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if word != ours | 1
                && self
                    .word
                    .compare_exchange(word, ours | 1, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                if word & !1 != ours {
                    // SAFETY: we hold the lock. If no thread held it when the process was forked, the value is whole,
                    // and it is overwritten before anything else can see it.
                    let parents = (word & 1 == 0).then(|| unsafe { self.value.get().read() });
                    // SAFETY: as above; the thread that held it before belongs to the parent process.
                    unsafe { self.value.get().write(T::in_child(parents)) };
                }
                return;
            }
            tries += 1;
            match tries {
                ..=100 => std::hint::spin_loop(),
                101..=200 => std::thread::yield_now(),
                // The holder may have a lower priority than this thread: give it the processor.
                _ => std::thread::sleep(Duration::from_micros(50)),
            }
        }
    }
}

impl<T> Drop for ForkLock<T> {
    fn drop(&mut self) {
        // Held although no thread here can hold it: it was held by a thread of the parent process, in the middle of a
        // change.
        if *self.word.get_mut() & 1 == 0 {
            // SAFETY: the value is whole, and is not used again.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        let held = self.0.word.load(Ordering::Relaxed);
        self.0.word.store(held & !1, Ordering::Release);
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: we hold the lock.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: we hold the lock.
        unsafe { &mut *self.0.value.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_value_that_somebody_may_be_changing_is_never_dropped() {
        let seen = Arc::new(());
        let lock = ForkLock::<Option<Arc<()>>>::new();
        *lock.lock() = Some(Arc::clone(&seen));
        // The state of a child that was forked while another thread held the lock.
        std::mem::forget(lock.lock());
        drop(lock);
        assert_eq!(Arc::strong_count(&seen), 2);
    }

    #[test]
    fn a_value_nobody_holds_is_dropped() {
        let seen = Arc::new(());
        let lock = ForkLock::<Option<Arc<()>>>::new();
        *lock.lock() = Some(Arc::clone(&seen));
        drop(lock);
        assert_eq!(Arc::strong_count(&seen), 1);
    }
}
