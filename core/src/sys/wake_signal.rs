//! The signal that ends a call in which another thread waits.
//!
//! It is one of a few candidates, one that the program does not use. No thread blocks a candidate, unless the program blocks it
//! by name, because it takes it itself by sigwait(3), signalfd(2) and the like.

use super::direct;
use libc::{c_int, c_void, siginfo_t};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::OnceLock;

/// How many signals are candidates.
const CANDIDATES: c_int = 4;

/// Those that are left to the program, each with a bit.
static LEFT: AtomicU32 = AtomicU32::new(0);

/// Whether the program has blocked all signals in some thread, which does not block ours.
static ALL_WERE_BLOCKED: AtomicBool = AtomicBool::new(false);

/// What happens in the thread that gets the signal.
static HANDLER: OnceLock<fn()> = OnceLock::new();

/// The size of the kernel's sets of signals: a bit for each.
const IN_KERNEL: usize = if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
    16
} else {
    8
};

/// Real-time signals, of which each one that is sent arrives. The highest numbers have other users (debuggers, Java).
fn candidates() -> impl Iterator<Item = c_int> {
    let highest = libc::SIGRTMAX() - 3;
    (0..CANDIDATES).map(move |below| highest - below)
}

/// The candidates that are not left to the program.
fn ours() -> impl Iterator<Item = c_int> {
    candidates().filter(|signal| LEFT.load(Ordering::SeqCst) & bit(*signal) == 0)
}

fn bit(signal: c_int) -> u32 {
    1 << (libc::SIGRTMAX() - signal).clamp(0, 31)
}

fn leave(signal: c_int) {
    LEFT.fetch_or(bit(signal), Ordering::SeqCst);
}

/// Chooses what happens in the thread that gets the signal, and lets this thread, and those that it starts, get it. Called
/// once.
pub fn prepare(handler: fn()) {
    let _ = HANDLER.set(handler);
    let only = only();
    // SAFETY: the set was filled.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const only, ptr::null_mut()) };
}

extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes what SA_SIGINFO promises.
    if unsafe { (*info).si_code } == SENT_TO_THREAD {
        if let Some(handler) = HANDLER.get() {
            handler();
        }
    } else {
        pass_on(signal, info, context);
    }
}

/// `SI_TKILL`, as [`send`] sends it. The program's own signals are sent otherwise, as a rule.
const SENT_TO_THREAD: c_int = -6;

/// The signal was not sent by this library. The program does not expect a handler here.
#[cold]
fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    leave(signal);
    // It waits for the thread that takes it, if all threads block it, as the program wanted.
    let waits = ALL_WERE_BLOCKED.load(Ordering::SeqCst) && block_on_return(signal, context);
    if !waits {
        set_action(signal, libc::SIG_DFL, 0);
    }
    direct::queue_signal(signal, info);
}

/// Has this thread block a signal from when the handler returns; `false` where the context of a handler is not known.
fn block_on_return(signal: c_int, context: *mut c_void) -> bool {
    #[cfg(any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64",
        target_arch = "s390x",
        target_arch = "loongarch64",
    ))]
    // SAFETY: the kernel passes the context to which the thread returns; the signal is valid.
    return unsafe {
        let mask = &raw mut (*context.cast::<libc::ucontext_t>()).uc_sigmask;
        libc::sigaddset(mask, signal) == 0
    };
    #[allow(unreachable_code)] // on the processors above
    {
        let _ = (signal, context);
        false
    }
}

/// Sends the signal to a thread; fails if the program has its own handlers for all candidates.
pub fn send(thread: i32) -> io::Result<()> {
    match ours().find(|signal| has_handler(*signal)) {
        Some(signal) => direct::signal_thread(thread, signal),
        None => Err(io::Error::from_raw_os_error(libc::EBUSY)),
    }
}

/// Whether our handler is in its place, which is put there when it is first needed.
fn has_handler(signal: c_int) -> bool {
    let ours = on_signal as *const () as libc::sighandler_t;
    // SAFETY: zeros are a value of this type.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: without a new action the call only reads.
    unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) };
    if action.sa_sigaction == ours {
        return true;
    }
    if action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN {
        return false;
    }
    // No SA_RESTART: the call should end. No SA_ONSTACK: the handler needs little.
    set_action(signal, ours, libc::SA_SIGINFO)
}

fn set_action(signal: c_int, handler: libc::sighandler_t, flags: c_int) -> bool {
    // SAFETY: zeros are a value of this type.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the action is initialized, and its handler is the default one or a function for the life of the process (the library is
    // linked `-z nodelete`) that uses only atomics and system calls.
    unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) == 0 }
}

/// Runs `work` while this thread gets the signal, even if the program has blocked it.
pub fn unblocked(work: impl FnOnce()) {
    let only = only();
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the first set was filled, the other is ours to write.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const only, before.as_mut_ptr()) };
    work();
    // SAFETY: it was filled by the call; before that it was zero, which is an empty set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
}

/// Takes the signals out of a set that a thread is about to block, unless the program names them: then they are left to it. A set with all
/// candidates was made by sigfillset(3).
pub fn take_out(set: &mut libc::sigset_t) {
    if take_out_all(set) {
        ALL_WERE_BLOCKED.store(true, Ordering::SeqCst);
        // In case one arrives from elsewhere, where the program expects it to be blocked.
        ours().for_each(|signal| {
            has_handler(signal);
        });
    } else {
        candidates().filter(|signal| is_in(set, *signal)).for_each(leave);
    }
}

/// Takes the signals out of a set with all candidates; `false` if it is none. Enough for what is blocked while a handler
/// runs.
pub fn take_out_all(set: &mut libc::sigset_t) -> bool {
    let has_all = candidates().all(|signal| is_in(set, signal));
    if has_all {
        // SAFETY: the set is initialized, and the signals valid.
        ours().for_each(|signal| unsafe {
            libc::sigdelset(set, signal);
        });
    }
    has_all
}

fn is_in(set: &libc::sigset_t, signal: c_int) -> bool {
    // SAFETY: the set is initialized, and the signal valid.
    unsafe { libc::sigismember(set, signal) == 1 }
}

/// The set of signals at a program's address, as the kernel reads it; `None` if it can't be read.
pub fn set_at(address: *const libc::sigset_t) -> Option<libc::sigset_t> {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set is ours, at least as large as the kernel's, and zeroed bytes are initialized.
    let room = unsafe { std::slice::from_raw_parts_mut(set.as_mut_ptr().cast::<u8>(), IN_KERNEL) };
    let copied = direct::copy(address.addr(), room);
    // SAFETY: any bytes are a set.
    (copied == IN_KERNEL).then(|| unsafe { set.assume_init() })
}

fn only() -> libc::sigset_t {
    let mut only = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set is ours to write.
    unsafe { libc::sigemptyset(only.as_mut_ptr()) };
    for signal in ours() {
        // SAFETY: it was filled just now, and the signal is valid.
        unsafe { libc::sigaddset(only.as_mut_ptr(), signal) };
    }
    // SAFETY: as above.
    unsafe { only.assume_init() }
}
