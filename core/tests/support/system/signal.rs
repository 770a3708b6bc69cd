//! Signals.

use super::{check, gettid};
use libc::c_int;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static SIGNALS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
}

extern "C" fn count_signal(_: c_int) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
    PENDING.set(true);
}

/// Whether the handler has seen a signal in this thread since it was last asked.
pub fn take_signal() -> bool {
    PENDING.replace(false)
}

/// How many signals the handler has seen in this process.
pub fn signals() -> u64 {
    SIGNALS.load(Ordering::Relaxed)
}

/// Installs the counting handler, without SA_RESTART.
pub fn handle_signal(signal: c_int) {
    // SAFETY: a sigaction is plain data, zero is "no flags, nothing blocked".
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = count_signal as extern "C" fn(c_int) as usize;
    // SAFETY: the handler only adds to an atomic.
    check(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) });
}

/// Resets a signal to what a fresh process does with it.
pub fn default_signal(signal: c_int) {
    // SAFETY: the default action is no function of ours.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Sends a signal to one thread of this process.
pub fn signal_thread(tid: i32, signal: c_int) {
    // SAFETY: no memory is involved.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, std::process::id() as i32, tid, signal) };
    assert_eq!(sent, 0);
}

/// A timer that signals this thread again and again until dropped.
pub struct Ticks(libc::timer_t);

impl Ticks {
    pub fn every(interval: Duration) -> Self {
        handle_signal(libc::SIGALRM);
        // SAFETY: a sigevent is plain data.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGALRM;
        event.sigev_notify_thread_id = gettid();
        let mut timer = std::ptr::null_mut();
        // SAFETY: both structures are ours.
        check(unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) });
        let time = libc::timespec {
            tv_sec: 0,
            tv_nsec: interval.subsec_nanos().into(),
        };
        let spec = libc::itimerspec {
            it_interval: time,
            it_value: time,
        };
        // SAFETY: `spec` is ours and readable.
        check(unsafe { libc::timer_settime(timer, 0, &raw const spec, std::ptr::null_mut()) });
        Self(timer)
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        // SAFETY: the timer is ours and not used again.
        check(unsafe { libc::timer_delete(self.0) });
    }
}
