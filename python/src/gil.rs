//! The interpreter lock: the only place that detaches from the interpreter.
//!
//! A call that need not wait is made attached where nobody can be waiting for the interpreter, or where this thread has
//! credit: it was kept waiting for long, by a thread that computes, and now may make some calls in a row. Everything
//! else detaches, as the standard module does.

use crate::error;
use crate::raw::threads::{coarse_time, is_only_thread};
use polysock_core::{Error, FirstTry, Host, Result, Stop, Try};
use pyo3::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The most bytes a call tries to move before it detaches: copying them takes about as long as detaching.
const SMALL: usize = 64 * 1024;
/// The same where there are other threads.
const SMALL_BESIDE_OTHERS: usize = 8 * 1024;
/// Who waits so long to attach waits for a thread that computes: that one gives way every 5 ms only.
const LONG: Duration = Duration::from_millis(2);
/// Who waits less has nobody beside it.
const SHORT: Duration = Duration::from_micros(5);
/// How many calls a long wait pays for: about as long as the wait.
const CREDIT: usize = 2000;
/// Each so many bytes cost one call more.
const BYTES_PER_CALL: usize = 8 * 1024;
/// So many calls in a row are timed exactly once one seemed to have waited long.
const WATCHED: usize = 64;

/// How many threads are waiting to attach again after a call.
static RETURNING: AtomicUsize = AtomicUsize::new(0);

/// Some socket is to be ready only when more than one byte is there (`SO_RCVLOWAT`); sockets that it accepts inherit
/// that. Nothing is tried any more: a try would return less than what is to be waited for.
static LOW_WATER: AtomicBool = AtomicBool::new(false);

thread_local! {
    static ACCOUNT: Account = const { Account { credit: Cell::new(0), watched: Cell::new(0) } };
}

/// What a thread may still do attached beside others.
struct Account {
    credit: Cell<usize>,
    /// How many of the next calls to time exactly.
    watched: Cell<usize>,
}

impl Account {
    fn pay(&self, bytes: usize) -> bool {
        let price = 1 + bytes / BYTES_PER_CALL;
        let left = self.credit.get().checked_sub(price);
        let paid = left.is_some() && RETURNING.load(Ordering::Relaxed) == 0;
        if let (true, Some(left)) = (paid, left) {
            self.credit.set(left);
        }
        paid
    }

    /// Takes note of how long attaching again took.
    fn note(&self, waited: Duration) {
        if waited >= LONG {
            self.credit.set(CREDIT);
            self.watched.set(WATCHED);
        } else {
            if waited >= SHORT {
                self.credit.set(0); // others take turns with us
            }
            self.watched.set(self.watched.get().saturating_sub(1));
        }
    }
}

/// From now on no call is tried before it waits: see [`LOW_WATER`].
pub fn low_water_was_set() {
    LOW_WATER.store(true, Ordering::Relaxed);
}

/// Python as the core's host: sleeps detached, runs signal handlers, and keeps the exception that one raised.
pub struct Attached<'py> {
    py: Python<'py>,
    raised: Option<PyErr>,
    tries: Tries,
}

/// When a call may be tried attached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// Never: a try would not do what the waiting call does.
    Never,
    /// Where no other thread can be waiting: a try may take some time.
    Alone,
    /// Beside other threads too, where there is credit: an ordinary transfer between plain memory and a socket of a
    /// family whose calls don't sleep.
    Paid,
}

enum Clock {
    Coarse(i64),
    Exact(Instant),
}

impl Host for Attached<'_> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        if is_only_thread(self.py) {
            return self.py.detach(f);
        }
        let exact = ACCOUNT.with(|account| account.watched.get() > 0);
        let (result, began) = self.py.detach(|| {
            let result = f();
            RETURNING.fetch_add(1, Ordering::Relaxed);
            let began = if exact {
                Clock::Exact(Instant::now())
            } else {
                Clock::Coarse(coarse_time())
            };
            (result, began)
        });
        RETURNING.fetch_sub(1, Ordering::Relaxed);
        ACCOUNT.with(|account| match began {
            Clock::Exact(began) => account.note(began.elapsed()),
            Clock::Coarse(began) if coarse_time() != began => account.watched.set(WATCHED),
            Clock::Coarse(_) => {}
        });
        result
    }

    fn interrupted(&mut self) -> std::result::Result<(), Stop> {
        self.py.check_signals().map_err(|raised| {
            self.raised = Some(raised);
            Stop
        })
    }

    fn moved(&mut self) -> std::result::Result<(), Stop> {
        self.interrupted()
    }

    fn first_try(&mut self, hint: Try) -> FirstTry {
        if hint.expects_wait || LOW_WATER.load(Ordering::Relaxed) {
            return FirstTry::Skip;
        }
        let may_try = hint.alone
            && hint.bytes <= SMALL
            && self.tries != Tries::Never
            && (is_only_thread(self.py)
                || self.tries == Tries::Paid
                    && hint.bytes <= SMALL_BESIDE_OTHERS
                    && ACCOUNT.with(|account| account.pay(hint.bytes)));
        if may_try {
            FirstTry::Direct
        } else {
            FirstTry::Blocking
        }
    }
}

/// What ended a call: the core's error, and the exception of the signal handler where one raised.
pub struct Failure<E = Error> {
    pub error: E,
    pub raised: Option<PyErr>,
}

impl Failure {
    /// The exception to raise.
    pub fn into_exception(self, py: Python<'_>) -> PyErr {
        self.raised.unwrap_or_else(|| error::exception(py, &self.error))
    }
}

/// Runs one call of the core that may wait.
pub fn attempt<'py, T>(
    py: Python<'py>,
    call: impl FnOnce(&mut Attached<'py>) -> Result<T>,
) -> std::result::Result<T, Box<Failure>> {
    attempt_with(py, Tries::Alone, call)
}

/// Runs one call of the core, whatever its error, with tries as they are allowed.
pub fn attempt_with<'py, T, E>(
    py: Python<'py>,
    tries: Tries,
    call: impl FnOnce(&mut Attached<'py>) -> std::result::Result<T, E>,
) -> std::result::Result<T, Box<Failure<E>>> {
    let mut host = Attached {
        py,
        raised: None,
        tries,
    };
    call(&mut host).map_err(|error| {
        Box::new(Failure {
            error,
            raised: host.raised,
        })
    })
}

/// Runs one call of the core that may wait, and raises what ended it.
pub fn call<'py, T>(py: Python<'py>, call: impl FnOnce(&mut Attached<'py>) -> Result<T>) -> PyResult<T> {
    attempt(py, call).map_err(|failure| failure.into_exception(py))
}

/// Runs one transfer, which may wait, and raises what ended it.
pub fn transfer<'py, T>(
    py: Python<'py>,
    tries: Tries,
    call: impl FnOnce(&mut Attached<'py>) -> Result<T>,
) -> PyResult<T> {
    attempt_with(py, tries, call).map_err(|failure| failure.into_exception(py))
}

/// Runs one call of the core that takes no host and yet may take long, such as a look-up, detached.
pub fn detached<T: Send>(py: Python<'_>, call: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(call).map_err(|error| error::exception(py, &error))
}
