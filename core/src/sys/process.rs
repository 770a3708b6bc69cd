//! Facts about this process.

use super::fork;
use std::cell::Cell;
use std::ffi::OsString;

/// The thread's number as the system shows it, such as in /proc.
pub fn thread_number() -> u64 {
    thread_local! {
        // Without a destructor, so that nothing is registered. The generation, because a forked child's number is new.
        static KNOWN: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
    }
    let generation = fork::generation();
    let (of, number) = KNOWN.get();
    if of == generation {
        return number;
    }
    let number = ask_thread_number();
    KNOWN.set((generation, number));
    number
}

#[cfg(target_os = "linux")]
fn ask_thread_number() -> u64 {
    // SAFETY: no memory is involved.
    let number = unsafe { libc::syscall(libc::SYS_gettid) };
    u64::try_from(number).unwrap_or(0)
}

#[cfg(target_vendor = "apple")]
fn ask_thread_number() -> u64 {
    let mut number = 0;
    // SAFETY: `number` is ours to write, and this thread is running.
    unsafe { libc::pthread_threadid_np(libc::pthread_self(), &raw mut number) };
    number
}

#[cfg(target_os = "freebsd")]
fn ask_thread_number() -> u64 {
    // SAFETY: no memory is involved.
    u64::try_from(unsafe { libc::pthread_getthreadid_np() }).unwrap_or(0)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
fn ask_thread_number() -> u64 {
    super::thread::me().number()
}

/// The parent's process number.
pub fn parent() -> u32 {
    std::os::unix::process::parent_id()
}

/// An environment variable; none in a program that runs with more rights than its caller, who must not choose where such
/// a program writes.
pub fn trusted_environment(name: &str) -> Option<OsString> {
    if has_gained_rights() {
        return None;
    }
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether the program was started setuid, setgid or with capabilities of its file.
fn has_gained_rights() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: no memory is involved.
    return unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    #[cfg(not(target_os = "linux"))]
    // SAFETY: no memory is involved.
    return unsafe { libc::issetugid() } != 0;
}

/// Calls `function` when the process exits normally. One that is registered before the program begins is called after
/// the destructors of all libraries.
#[cfg(target_os = "linux")]
pub fn at_exit(function: extern "C" fn()) {
    use std::ffi::{c_int, c_void};
    extern "C" fn call(function: *mut c_void) {
        // SAFETY: it was made from such a function below.
        unsafe { std::mem::transmute::<*mut c_void, extern "C" fn()>(function)() };
    }
    extern "C" {
        fn __cxa_atexit(
            call: extern "C" fn(*mut c_void),
            argument: *mut c_void,
            library: *mut c_void,
        ) -> c_int;
    }
    // SAFETY: they are functions for the life of the process (the library is linked `-z nodelete`), so they need not be called
    // with this library's destructors, which atexit(3) would do. Registering fails only without memory.
    unsafe { __cxa_atexit(call, function as *mut c_void, std::ptr::null_mut()) };
}

/// Calls `function` when the process exits in order.
#[cfg(not(target_os = "linux"))]
pub fn at_exit(function: extern "C" fn()) {
    // SAFETY: it is a function for the life of the process (the library is linked `-z nodelete`). Registering fails only
    // without memory.
    unsafe { libc::atexit(function) };
}

#[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)] // the type differs between systems
/// The largest size to which this process may extend a file; a write beyond it would end the process with SIGXFSZ.
pub fn largest_file() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: `limit` is ours to write.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    limit.rlim_cur.try_into().unwrap_or(u64::MAX)
}
