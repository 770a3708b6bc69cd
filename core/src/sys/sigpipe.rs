//! System calls without `MSG_NOSIGNAL`.

#[cfg(not(target_vendor = "apple"))]
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
    take_pending(&sigpipe);
    // SAFETY: `before` is what the mask was.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    result
}

/// Takes a signal of the set if one is pending.
#[cfg(not(target_vendor = "apple"))]
fn take_pending(signals: &libc::sigset_t) {
    let no_time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the set and the timespec are ours. Takes the signal if the call raised one, otherwise finds none.
    while unsafe { libc::sigtimedwait(signals, std::ptr::null_mut(), &no_time) } < 0 && is_interrupted() {}
}

/// The same without sigtimedwait(2). Sockets and pipes of ours raise none here (`SO_NOSIGPIPE`, `F_SETNOSIGPIPE`); this is for
/// what a program has done to them. The signal is the whole process's, so another thread may take it at the same time:
/// `sigwait` would then wait for the next one, and is called only when one is pending.
#[cfg(target_vendor = "apple")]
fn take_pending(signals: &libc::sigset_t) {
    let mut pending: libc::sigset_t = 0;
    // SAFETY: the set is ours.
    unsafe { libc::sigpending(&raw mut pending) };
    // SAFETY: the set was filled just now.
    if unsafe { libc::sigismember(&raw const pending, libc::SIGPIPE) } == 1 {
        let mut taken = 0;
        // SAFETY: the set is initialized, and `taken` is ours.
        unsafe { libc::sigwait(signals, &raw mut taken) };
    }
}
