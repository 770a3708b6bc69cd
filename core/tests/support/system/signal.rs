//! Signals.

use super::{check, Thread};
use libc::c_int;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
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

/// Signals this thread again and again from another one, until dropped.
pub struct Ticks {
    stop: Option<Sender<()>>,
    ticking: Option<JoinHandle<()>>,
}

impl Ticks {
    pub fn every(interval: Duration) -> Self {
        handle_signal(libc::SIGALRM);
        let this = Thread::current();
        let (stop, stopped) = mpsc::channel();
        let ticking = thread::spawn(move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                this.signal(libc::SIGALRM);
            }
        });
        Self {
            stop: Some(stop),
            ticking: Some(ticking),
        }
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.ticking.take().map(JoinHandle::join);
    }
}
