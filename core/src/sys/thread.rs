//! Threads: their identity, how they sleep and are woken, and how they are started. Unlike `std::thread`, none of this
//! ends the process for lack of memory.

use super::local::PerThread;
use super::{kernel, os};
use libc::{c_void, pthread_t};
use std::cell::Cell;
use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// The identity of a thread. No two threads of a process ever have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(u64);

static LAST_ID: AtomicU64 = AtomicU64::new(0);

thread_local! {
    // Without a destructor, so that nothing is registered; 0 until it is first used.
    static ID: Cell<u64> = const { Cell::new(0) };
}

impl ThreadId {
    /// As a number.
    pub fn number(self) -> u64 {
        self.0
    }

    fn next() -> Self {
        Self(LAST_ID.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// The identity of this thread.
pub fn me() -> ThreadId {
    let known = ID.get();
    if known != 0 {
        return ThreadId(known);
    }
    let new = ThreadId::next();
    ID.set(new.0);
    new
}

/// A thread that may sleep and be woken.
#[derive(Clone)]
pub struct Thread(Arc<Bed>);

/// The place where a thread sleeps.
struct Bed {
    id: ThreadId,
    /// [`WOKEN`] when it was woken since it last slept.
    wake: AtomicU32,
}

const WOKEN: u32 = 1;

impl Default for Bed {
    fn default() -> Self {
        Self {
            id: me(),
            wake: AtomicU32::new(0),
        }
    }
}

static BED: PerThread<Arc<Bed>> = PerThread::new();

/// How long a thread without a place to be woken at sleeps at a time.
const SLICE: Duration = Duration::from_millis(10);

/// This thread, so that others can wake it.
pub fn current() -> Thread {
    Thread(BED.with(Arc::clone).unwrap_or_default())
}

impl Thread {
    /// Its identity.
    pub fn id(&self) -> ThreadId {
        self.0.id
    }

    /// Ends its sleep, or the next one.
    pub fn unpark(&self) {
        self.0.wake.store(WOKEN, Ordering::Release);
        os::wake_at(&self.0.wake);
    }
}

/// Sleeps until it is woken, or sooner.
pub fn park() {
    sleep(None);
}

/// The same, for no longer than the given time.
pub fn park_timeout(longest: Duration) {
    sleep(Some(longest));
}

fn sleep(longest: Option<Duration>) {
    let slept = BED.with(|bed| {
        let wake = &bed.wake;
        if wake.load(Ordering::Acquire) != WOKEN {
            os::sleep_at(wake, 0, longest);
        }
        wake.swap(0, Ordering::AcqRel);
    });
    if slept.is_none() {
        std::thread::sleep(longest.map_or(SLICE, |longest| longest.min(SLICE)));
    }
}

/// A thread that was started; dropped without [`join`](Self::join) it runs on by itself.
pub struct Started {
    thread: Option<pthread_t>,
    id: ThreadId,
    finished: Arc<AtomicBool>,
}

// SAFETY: a thread may be joined by any one other thread.
unsafe impl Send for Started {}
// SAFETY: as above; through a shared reference it is only looked at.
unsafe impl Sync for Started {}

struct Start {
    work: Box<dyn FnOnce() + Send>,
    id: ThreadId,
    finished: Arc<AtomicBool>,
}

/// The same default as the standard library's.
const STACK: usize = 2 * 1024 * 1024;

/// Starts a thread. The name is for debuggers and top(1).
pub fn start(name: &'static CStr, work: impl FnOnce() + Send + 'static) -> io::Result<Started> {
    let (id, finished) = (ThreadId::next(), Arc::<AtomicBool>::default());
    let named = move || {
        kernel::name_thread(name);
        work();
    };
    let start = Box::into_raw(Box::new(Start {
        work: Box::new(named),
        id,
        finished: Arc::clone(&finished),
    }));
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the attributes are ours to write.
    let mut failed = unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) };
    if failed == 0 {
        // SAFETY: they were set just now; a size that the system does not accept leaves them as they are.
        unsafe { libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK) };
        // SAFETY: `run` takes the only pointer to `start`; the attributes are set and `thread` is ours to write.
        failed = unsafe { libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), run, start.cast()) };
        // SAFETY: they are not used again.
        unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    }
    if failed != 0 {
        // SAFETY: no thread has taken it.
        drop(unsafe { Box::from_raw(start) });
        return Err(io::Error::from_raw_os_error(failed));
    }
    Ok(Started {
        // SAFETY: pthread_create has set it.
        thread: Some(unsafe { thread.assume_init() }),
        id,
        finished,
    })
}

extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: `start` gave the pointer to this thread alone.
    let Start { work, id, finished } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    ID.set(id.0);
    // The panic's payload is forgotten: its destructor may panic too.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(std::mem::forget);
    finished.store(true, Ordering::Release);
    ptr::null_mut()
}

impl Started {
    /// Its identity.
    pub fn id(&self) -> ThreadId {
        self.id
    }

    /// Whether its work is done.
    pub fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Waits until it has ended.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            // SAFETY: it was neither joined nor detached.
            unsafe { libc::pthread_join(thread, ptr::null_mut()) };
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // SAFETY: it was not joined, and is not detached elsewhere.
            unsafe { libc::pthread_detach(thread) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Instant;

    #[test]
    fn a_thread_is_who_it_is_and_ends() {
        let (tell, told) = mpsc::channel();
        let started = start(c"test", move || tell.send(me()).unwrap()).unwrap();
        assert_eq!(told.recv().unwrap(), started.id());
        assert_ne!(started.id(), me());
        started.join();
        let panics = start(c"test", || panic!("on purpose")).unwrap();
        while !panics.is_finished() {
            std::thread::yield_now();
        }
        panics.join();
    }

    #[test]
    fn sleep_ends_when_it_is_woken_before_or_meanwhile_and_when_time_is_up() {
        let this = current();
        assert_eq!(this.id(), me());
        this.unpark();
        park();
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(20) {
            park_timeout(Duration::from_millis(20).saturating_sub(began.elapsed()));
        }
        let waker = std::thread::spawn(move || {
            for _ in 0..1000 {
                this.unpark();
            }
        });
        park();
        waker.join().unwrap();
    }

    #[test]
    fn both_ways_to_sleep_end_by_a_change_a_wake_or_the_clock() {
        use crate::sys::os::portable;
        static VALUE: AtomicU32 = AtomicU32::new(0);
        for (sleep_at, wake_at) in [
            (
                os::sleep_at as fn(&AtomicU32, u32, Option<Duration>),
                os::wake_at as fn(&AtomicU32),
            ),
            (portable::sleep_at, portable::wake_at),
        ] {
            VALUE.store(0, Ordering::SeqCst);
            sleep_at(&VALUE, 1, None);
            sleep_at(&VALUE, 0, Some(Duration::from_millis(1)));
            let sleeper = std::thread::spawn(move || {
                while VALUE.load(Ordering::SeqCst) == 0 {
                    sleep_at(&VALUE, 0, None);
                }
            });
            VALUE.store(1, Ordering::SeqCst);
            wake_at(&VALUE);
            sleeper.join().unwrap();
        }
    }
}
