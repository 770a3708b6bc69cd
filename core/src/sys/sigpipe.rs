//! System calls without `MSG_NOSIGNAL`.

use super::unix::is_interrupted;

/// Runs a system call without `MSG_NOSIGNAL` with SIGPIPE blocked in this thread, and removes the signal if the call
/// raised one. No disposition changes, and a SIGPIPE that was already pending stays pending.
pub fn without_sigpipe<T>(call: impl FnOnce() -> T) -> T {
    // SAFETY: zeroed signal sets are valid memory for the calls that fill them.
    let (mut sigpipe, mut before, mut pending): (libc::sigset_t, libc::sigset_t, libc::sigset_t) =
        unsafe { std::mem::zeroed() };
    // SAFETY: the set is ours.
    unsafe { libc::sigemptyset(&mut sigpipe) };
    // SAFETY: the set is ours and SIGPIPE a valid signal.
    unsafe { libc::sigaddset(&mut sigpipe, libc::SIGPIPE) };
    // SAFETY: the set is ours.
    unsafe { libc::sigpending(&mut pending) };
    // SAFETY: the set was filled just now.
    if unsafe { libc::sigismember(&pending, libc::SIGPIPE) } == 1 {
        return call(); // it is already blocked and pending: another one changes nothing
    }
    // SAFETY: both sets are ours; only this thread's mask changes, and is restored below.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &sigpipe, &mut before) };
    let result = call();
    let no_time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the set and the timespec are ours. Takes the signal if the call raised one, otherwise finds none.
    while unsafe { libc::sigtimedwait(&sigpipe, std::ptr::null_mut(), &no_time) } < 0 && is_interrupted() {}
    // SAFETY: `before` is what the mask was.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    result
}
