//! The signal that ends a call in which another thread waits.

use super::direct;
use libc::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

/// What happens in the thread that gets the signal.
static HANDLER: OnceLock<fn()> = OnceLock::new();

/// A real-time signal, of which each one that is sent arrives. The highest numbers have other users (debuggers, Java).
pub fn number() -> c_int {
    libc::SIGRTMAX() - 3
}

/// Chooses what happens in the thread that gets the signal, and lets this thread, and those that it starts, get it. Called
/// once.
pub fn prepare(handler: fn()) {
    let _ = HANDLER.set(handler);
    let only = only();
    // SAFETY: the set was filled.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const only, ptr::null_mut()) };
}

extern "C" fn on_signal(_: c_int) {
    if let Some(handler) = HANDLER.get() {
        handler();
    }
}

/// Sends the signal to a thread; fails if the program has its own handler for it.
pub fn send(thread: i32) -> io::Result<()> {
    if !has_handler() {
        return Err(io::Error::from_raw_os_error(libc::EBUSY));
    }
    direct::signal_thread(thread, number())
}

/// Whether our handler is in its place, which is put there when it is first needed.
fn has_handler() -> bool {
    let ours = on_signal as *const () as libc::sighandler_t;
    // SAFETY: zeros are a value of this type.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: without a new action the call only reads.
    unsafe { libc::sigaction(number(), ptr::null(), &raw mut action) };
    if action.sa_sigaction == ours {
        return true;
    }
    if action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN {
        return false;
    }
    // No SA_RESTART: the call should end. No SA_ONSTACK: the handler needs little.
    action.sa_sigaction = ours;
    action.sa_flags = 0;
    // SAFETY: the action is initialized, and its handler is a function for the life of the process (the library is linked
    // `-z nodelete`) that uses only atomics.
    unsafe { libc::sigaction(number(), &raw const action, ptr::null_mut()) == 0 }
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

/// Takes the signal out of a set that a thread is about to block.
pub fn take_out(set: &mut libc::sigset_t) {
    // SAFETY: the set is initialized, and the signal valid.
    unsafe { libc::sigdelset(set, number()) };
}

fn only() -> libc::sigset_t {
    let mut only = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set is ours to write.
    unsafe { libc::sigemptyset(only.as_mut_ptr()) };
    // SAFETY: it was filled just now, and the signal is valid.
    unsafe { libc::sigaddset(only.as_mut_ptr(), number()) };
    // SAFETY: as above.
    unsafe { only.assume_init() }
}
