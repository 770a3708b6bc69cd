//! Every order in which threads can enter, leave, close and detach, tried by loom (`make test-loom`).
#![allow(unsafe_code)]

use super::atomic::{AtomicBool, Ordering};
use super::exposure::Exposure;
use super::state::{Left, State, WaitsIn};
use crate::error::Kind;
use crate::sys::entry::Entry;
use loom::cell::UnsafeCell;
use loom::sync::{Arc, Mutex};
use loom::thread::{self, Thread};

/// A handle that works like those of `handle.rs` and `close.rs`, with a descriptor that loom watches: a use that the
/// close does not see end fails the model, and so does a second close.
struct Handle {
    state: State,
    open: UnsafeCell<bool>,
    closer: Mutex<Option<Thread>>,
    exposure: Exposure,
}

// SAFETY: loom reports every pair of accesses to `open` that are not ordered.
unsafe impl Sync for Handle {}

impl Handle {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: State::new(Entry::now()),
            open: UnsafeCell::new(true),
            closer: Mutex::new(None),
            exposure: Exposure::none(),
        })
    }

    fn use_descriptor(&self) {
        // SAFETY: see `Sync`.
        assert!(self.open.with(|open| unsafe { *open }), "used after the close");
    }

    fn take_descriptor(&self) {
        // SAFETY: see `Sync`.
        let open = self
            .open
            .with_mut(|open| unsafe { std::mem::replace(&mut *open, false) });
        assert!(open, "closed twice");
    }

    fn call(&self, waits: WaitsIn) {
        if self.state.enter(waits).is_ok() {
            self.use_descriptor();
            self.leave(waits);
        }
    }

    fn leave(&self, waits: WaitsIn) {
        match self.state.leave(waits) {
            Left::Nothing => {}
            Left::WakeCloser => {
                if let Some(closer) = &*self.closer.lock().unwrap() {
                    closer.unpark();
                }
            }
            Left::CloseDescriptor => self.take_descriptor(),
        }
    }

    /// Closes, waiting for the calls inside or leaving the descriptor to the last of them.
    fn close(&self, waits_for_calls: bool) {
        let Some(closing) = self.state.close(Entry::now(), || true) else {
            return;
        };
        if !closing.alone {
            *self.closer.lock().unwrap() = Some(thread::current());
            while waits_for_calls && self.state.calls().inside > 1 {
                thread::park();
            }
            *self.closer.lock().unwrap() = None;
            if !self.state.leave_closed() {
                return;
            }
        }
        self.take_descriptor();
    }
}

/// Tries the orders in which a thread is interrupted at most twice: trying more takes minutes and has found nothing else.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

fn two_calls(handle: &Arc<Handle>) -> [thread::JoinHandle<()>; 2] {
    [WaitsIn::Poll, WaitsIn::Kernel].map(|waits| spawn(handle, move |h| h.call(waits)))
}

fn spawn(handle: &Arc<Handle>, work: impl FnOnce(&Handle) + 'static) -> thread::JoinHandle<()> {
    let handle = Arc::clone(handle);
    thread::spawn(move || work(&handle))
}

#[test]
fn a_close_waits_for_the_calls_inside() {
    explore(|| {
        let handle = Handle::new();
        let calls = two_calls(&handle);
        handle.close(true);
        assert_eq!(handle.state.enter(WaitsIn::Poll), Err(Kind::Closed));
        for call in calls {
            call.join().unwrap();
        }
    });
}

#[test]
fn the_last_call_closes_what_the_close_has_given_up() {
    explore(|| {
        let handle = Handle::new();
        let calls = two_calls(&handle);
        handle.close(false);
        for call in calls {
            call.join().unwrap();
        }
        // SAFETY: no other thread is running any more.
        assert!(!handle.open.with(|open| unsafe { *open }), "left open");
    });
}

#[test]
fn of_two_closes_one_closes() {
    explore(|| {
        let handle = Handle::new();
        let close = spawn(&handle, |h| h.close(true));
        let call = spawn(&handle, |h| h.call(WaitsIn::Poll));
        handle.close(true);
        call.join().unwrap();
        close.join().unwrap();
    });
}

#[test]
fn a_call_that_helps_the_close_never_finds_it_done() {
    explore(|| {
        let handle = Handle::new();
        assert_eq!(handle.state.enter(WaitsIn::Kernel), Ok(1));
        let call = spawn(&handle, |h| h.leave(WaitsIn::Kernel));
        let helper = spawn(&handle, |h| {
            if h.state.enter_closed() {
                h.use_descriptor();
                h.leave(WaitsIn::Poll);
            }
        });
        handle.close(false);
        call.join().unwrap();
        helper.join().unwrap();
    });
}

#[test]
fn a_descriptor_is_given_up_only_without_calls() {
    explore(|| {
        let handle = Handle::new();
        let call = spawn(&handle, |h| h.call(WaitsIn::Poll));
        let close = spawn(&handle, |h| h.close(true));
        if handle.state.detach().is_ok() {
            handle.take_descriptor();
        }
        call.join().unwrap();
        close.join().unwrap();
    });
}

/// Either the close sees that a thread has registered, or that thread sees the close.
#[test]
fn a_thread_that_registers_is_notified_or_sees_the_close() {
    explore(|| {
        let handle = Handle::new();
        let waiters = Arc::new(AtomicBool::new(false));
        let registers = {
            let (handle, waiters) = (Arc::clone(&handle), Arc::clone(&waiters));
            thread::spawn(move || {
                waiters.store(true, Ordering::Relaxed);
                handle.state.note_registered();
                handle.state.is_closed()
            })
        };
        let closing = handle.state.close(Entry::now(), || true).unwrap();
        let notified = closing.registered && waiters.load(Ordering::Relaxed);
        assert!(registers.join().unwrap() || notified);
    });
}

/// Where a call waits in the kernel, only a close that precedes giving out the number may shut the socket down: either
/// the close sees that the number was given out, or the program does not get it.
#[test]
fn a_call_in_the_kernel_is_not_shut_down_once_the_number_is_out() {
    explore(|| {
        let handle = Handle::new();
        let gives_out = {
            let handle = Arc::clone(&handle);
            thread::spawn(move || {
                handle.exposure.give_out_fd();
                !handle.state.is_closed()
            })
        };
        assert_eq!(handle.state.enter(WaitsIn::Kernel), Ok(1));
        handle.state.close(Entry::now(), || true).unwrap();
        assert_eq!(handle.state.calls().in_kernel, 1);
        let shut_down = !handle.exposure.fd_was_given_out_before_close();
        let given_out = gives_out.join().unwrap();
        assert!(!(shut_down && given_out));
    });
}
