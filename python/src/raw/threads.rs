//! The interpreter's threads, the processors they may use, and a clock that is cheap to read.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::CStr;
use std::mem::transmute;
use std::sync::OnceLock;

type ThreadHead = unsafe extern "C" fn(*mut ffi::PyInterpreterState) -> *mut ffi::PyThreadState;
type ThreadNext = unsafe extern "C" fn(*mut ffi::PyThreadState) -> *mut ffi::PyThreadState;

/// Whether the interpreter has a lock that one thread holds at a time. In a free-threaded build, threads run at the same
/// time, so no call keeps others waiting, and giving up what they share costs next to nothing.
pub const HAS_LOCK: bool = cfg!(not(Py_GIL_DISABLED));

/// Whether this is the interpreter's only thread, so that no other can be waiting for it to detach. Never without the
/// interpreter lock, which guards the list of threads.
///
/// New threads are put at the head of the interpreter's list before they wait for anything. So the only thread is at
/// its head and has no next one; no other thread's state is looked into. If the two functions (exported by every
/// CPython, but not part of its stable ABI) are missing, no thread counts as the only one.
#[inline]
pub fn is_only_thread(_attached: Python<'_>) -> bool {
    static LIST: OnceLock<Option<List>> = OnceLock::new();
    if !HAS_LOCK {
        return false;
    }
    let Some(list) = LIST.get_or_init(look_up) else {
        return false;
    };
    // SAFETY: we are attached, and the interpreter lives as long as its threads.
    unsafe {
        let this = ffi::PyThreadState_Get();
        (list.head)(list.interpreter) == this && (list.next)(this).is_null()
    }
}

/// Whether this is the process's main interpreter, not a sub-interpreter.
pub fn is_main_interpreter(_attached: Python<'_>) -> bool {
    // SAFETY: we are attached to the interpreter that is asked.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) == 0 }
}

/// The interpreter's list of threads, and how to read it.
struct List {
    head: ThreadHead,
    next: ThreadNext,
    interpreter: *mut ffi::PyInterpreterState,
}

// SAFETY: the address of the only interpreter that this module can be loaded into; threads attached to it read its list.
unsafe impl Send for List {}
// SAFETY: as above.
unsafe impl Sync for List {}

fn look_up() -> Option<List> {
    let head = symbol(c"PyInterpreterState_ThreadHead");
    let next = symbol(c"PyThreadState_Next");
    // SAFETY: null becomes None, and CPython's functions of these names have these signatures.
    let (head, next) = unsafe {
        (
            transmute::<*mut libc::c_void, Option<ThreadHead>>(head),
            transmute::<*mut libc::c_void, Option<ThreadNext>>(next),
        )
    };
    Some(List {
        head: head?,
        next: next?,
        // SAFETY: the thread that asks is attached.
        interpreter: unsafe { ffi::PyInterpreterState_Get() },
    })
}

/// Has a function called in the thread of each child that the process forks.
pub fn call_in_forked_children(call: extern "C" fn()) {
    // SAFETY: it is a function for the life of the process, since Python unloads no module. Registering fails only without memory.
    unsafe { libc::pthread_atfork(None, None, Some(call)) };
}

/// The address of the process's function of this name, or null.
pub fn symbol(name: &CStr) -> *mut libc::c_void {
    // SAFETY: the name ends with NUL.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}

/// Nanoseconds on a monotonic clock that ticks every few milliseconds where that is cheaper to read.
pub fn coarse_time() -> i64 {
    #[cfg(target_os = "linux")]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
    #[cfg(target_vendor = "apple")]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_RAW_APPROX;
    #[cfg(target_os = "freebsd")]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_FAST;
    #[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    read(CLOCK).unwrap_or(0) // always the same time
}

/// How many nanoseconds of processor time the other threads of the process have used; `None` if the system lacks these clocks.
pub fn processor_time_of_others() -> Option<i64> {
    let own = read(libc::CLOCK_THREAD_CPUTIME_ID)?;
    Some(read(libc::CLOCK_PROCESS_CPUTIME_ID)?.saturating_sub(own))
}

/// Nanoseconds on this clock; `None` if it is missing.
#[allow(clippy::useless_conversion)] // narrower on some systems
fn read(clock: libc::clockid_t) -> Option<i64> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is ours to write.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut now) } != 0;
    let (seconds, rest): (i64, i64) = (now.tv_sec.into(), now.tv_nsec.into());
    (!failed).then(|| seconds * 1_000_000_000 + rest)
}

/// Whether the process may run on more than one processor, judged by its first thread; true where that can't be found
/// out.
pub fn has_several_processors() -> bool {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: a set of processors is plain bits, and none of them set is a valid value.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        let size = std::mem::size_of::<libc::cpu_set_t>();
        // SAFETY: `set` is ours to write and as large as is said; the process's number is its first thread's, too.
        let found = unsafe { libc::sched_getaffinity(libc::getpid(), size, &raw mut set) };
        // SAFETY: `set` was written, or is empty.
        found != 0 || unsafe { libc::CPU_COUNT(&set) } > 1
    }
    #[cfg(not(target_os = "linux"))]
    true
}
