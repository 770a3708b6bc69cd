//! Facts about this process.

use super::fork;
use super::large_file::{getrlimit, rlimit, RLIM_INFINITY};
use std::cell::Cell;
#[cfg(all(target_os = "linux", not(target_env = "gnu")))]
use std::ffi::OsStr;
use std::ffi::OsString;
use std::sync::OnceLock;

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

/// The words of the command line; those that were found first, if they can't be found any more.
pub fn arguments() -> Vec<OsString> {
    static FIRST: OnceLock<Vec<OsString>> = OnceLock::new();
    let found = find_arguments();
    if found.is_empty() {
        return FIRST.get().cloned().unwrap_or_default();
    }
    FIRST.get_or_init(|| found.clone());
    found
}

#[cfg(all(target_os = "linux", not(target_env = "gnu")))]
fn find_arguments() -> Vec<OsString> {
    use std::os::unix::ffi::OsStrExt;
    const LONGEST: usize = 4096;
    let passed: Vec<_> = std::env::args_os().collect();
    if !passed.is_empty() {
        return passed;
    }
    // musl passes them to programs only, not to libraries.
    let mut room = [0; LONGEST];
    let text = super::direct::read_beginning(c"/proc/self/cmdline", &mut room);
    let words = text.split_inclusive(|byte| *byte == 0);
    let without_end = |word: &[u8]| OsStr::from_bytes(word.strip_suffix(b"\0").unwrap_or(word)).to_owned();
    words.map(without_end).collect()
}

#[cfg(not(all(target_os = "linux", not(target_env = "gnu"))))]
fn find_arguments() -> Vec<OsString> {
    std::env::args_os().collect()
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

#[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)] // the type differs between systems
/// The largest size to which this process may extend a file; a write beyond it would end the process with SIGXFSZ.
pub fn largest_file() -> u64 {
    let mut limit = rlimit {
        rlim_cur: RLIM_INFINITY,
        rlim_max: RLIM_INFINITY,
    };
    // SAFETY: `limit` is ours to write.
    unsafe { getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    limit.rlim_cur.try_into().unwrap_or(u64::MAX)
}
