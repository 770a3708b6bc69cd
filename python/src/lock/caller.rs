//! The interpreter lock: the only place that detaches from the interpreter.
//!
//! A call that need not wait is made attached where nobody can be waiting for the interpreter, or where this thread has
//! [credit](super::budget): it was kept waiting for long, by a thread that computes, and now may make some calls in a
//! row. Everything else detaches, as the standard module does.

use super::budget::{Account, Timing, SMALL};
use crate::errors::exception as error;
use crate::errors::notes::{self, About};
use crate::raw::threads::{coarse_time, is_only_thread};
use polysock::{CallHints, Caller, Error, Result, Start, Stop};
use pyo3::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// The most bytes that a call tries to move before it detaches: copying them takes about as long as detaching.
const MOST: usize = 64 * 1024;

/// How many threads have credit. Only while some have are those counted that wait to attach again.
static CREDITORS: AtomicUsize = AtomicUsize::new(0);

/// How many threads are waiting to attach again after a call.
static RETURNING: AtomicUsize = AtomicUsize::new(0);

/// Some socket is to be ready only when more than one byte is there (`SO_RCVLOWAT`); sockets that it accepts inherit
/// that. Nothing is tried any more: a try would return less than what is to be waited for.
static LOW_WATER: AtomicBool = AtomicBool::new(false);

/// What sockets do that were not told themselves: see [`set_tries`].
static TRIES: AtomicBool = AtomicBool::new(true);

thread_local! {
    static ACCOUNT: Account = const { Account::new() };
    static CREDITOR: Creditor = const { Creditor(Cell::new(false)) };
}

/// Counts this thread among those that have credit, until that is spent or the thread ends.
struct Creditor(Cell<bool>);

impl Creditor {
    fn update(&self, has_credit: bool) {
        if self.0.replace(has_credit) != has_credit {
            if has_credit {
                CREDITORS.fetch_add(1, Ordering::Relaxed);
            } else {
                CREDITORS.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Creditor {
    fn drop(&mut self) {
        self.update(false);
    }
}

/// From now on no call is tried before it waits: see [`LOW_WATER`].
pub fn low_water_was_set() {
    LOW_WATER.store(true, Ordering::Relaxed);
}

/// Sets whether calls may be tried attached, of all sockets that were not told themselves.
pub fn set_tries(on: bool) {
    TRIES.store(on, Ordering::Relaxed);
}

/// Whether calls may be tried attached.
pub fn tries() -> bool {
    TRIES.load(Ordering::Relaxed)
}

/// The tries, where calls may be tried attached.
pub fn allowed(tries: Tries) -> Tries {
    if self::tries() {
        tries
    } else {
        Tries::Never
    }
}

/// How many calls of this thread beside others were made attached, and how many detached.
pub fn counts() -> (u64, u64) {
    ACCOUNT.with(Account::counts)
}

/// When a call may be tried attached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// Never: a try would not do what the waiting call does.
    Never,
    /// Where no other thread can be waiting: a try may take some time.
    Alone,
    /// Beside other threads too, where there is credit: sends what is in plain memory over a socket of a family whose
    /// calls don't sleep.
    Send,
    /// The same for a receive, of which only the room is known.
    Receive,
}

/// Python as the core's host: sleeps detached, runs signal handlers, and keeps the exception that one raised.
pub struct Attached<'py> {
    py: Python<'py>,
    raised: Option<PyErr>,
    tries: Tries,
    /// Whether there is no other thread, once somebody has asked.
    alone: Option<bool>,
    /// Since when it goes on trying, on credit.
    trying: Option<Instant>,
}

/// When a wait to attach again began.
enum Began {
    Coarse(i64),
    Exact(Instant),
    Unseen,
}

impl<'py> Attached<'py> {
    fn new(py: Python<'py>, tries: Tries) -> Self {
        Self {
            py,
            raised: None,
            tries,
            alone: None,
            trying: None,
        }
    }

    #[inline]
    fn is_alone(&mut self) -> bool {
        *self.alone.get_or_insert_with(|| is_only_thread(self.py))
    }

    /// Whether this thread has credit for a try, and pays for it.
    fn pays(&self, hint: CallHints) -> bool {
        let bytes = match self.tries {
            Tries::Send if hint.bytes <= SMALL => hint.bytes,
            Tries::Receive if hint.bytes <= MOST => 0, // what comes is looked at afterwards
            Tries::Never | Tries::Alone | Tries::Send | Tries::Receive => return false,
        };
        if CREDITORS.load(Ordering::Relaxed) == 0 {
            return false;
        }
        ACCOUNT.with(|account| {
            let pays = account.has_credit() && RETURNING.load(Ordering::Relaxed) == 0 && account.pay(bytes);
            if pays && !account.has_credit() {
                note_credit(account);
            }
            pays
        })
    }

    /// Ends the time of trying, if there was one.
    #[inline]
    fn tried(&mut self, found: bool) {
        if let Some(since) = self.trying.take() {
            tried_since(since, found);
        }
    }
}

#[cold]
fn tried_since(since: Instant, found: bool) {
    ACCOUNT.with(|account| {
        account.tried_for(since.elapsed(), found);
        note_credit(account);
    });
}

#[cold]
fn note_credit(account: &Account) {
    let has_credit = account.has_credit();
    // A thread that is ending has no use for it.
    let _ = CREDITOR.try_with(|creditor| creditor.update(has_credit));
}

impl Caller for Attached<'_> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        self.tried(false);
        if self.is_alone() {
            return self.py.detach(f);
        }
        let timing = ACCOUNT.with(Account::detach);
        let (result, began, counted) = self.py.detach(|| {
            let result = f();
            let counted = CREDITORS.load(Ordering::Relaxed) > 0;
            if counted {
                RETURNING.fetch_add(1, Ordering::Relaxed);
            }
            let began = match timing {
                Timing::Exact => Began::Exact(Instant::now()),
                Timing::Coarse => Began::Coarse(coarse_time()),
                Timing::None => Began::Unseen,
            };
            (result, began, counted)
        });
        if counted {
            RETURNING.fetch_sub(1, Ordering::Relaxed);
        }
        match began {
            Began::Unseen => {}
            Began::Coarse(began) if coarse_time() == began => {}
            Began::Coarse(_) => ACCOUNT.with(Account::ticked),
            Began::Exact(began) => ACCOUNT.with(|account| {
                account.waited(began.elapsed());
                note_credit(account);
            }),
        }
        result
    }

    fn check_signals(&mut self) -> std::result::Result<(), Stop> {
        self.py.check_signals().map_err(|raised| {
            self.raised = Some(raised);
            Stop
        })
    }

    #[inline]
    fn start(&mut self, hint: CallHints) -> Start {
        if LOW_WATER.load(Ordering::Relaxed) {
            return Start::Waiting;
        }
        if !hint.alone || hint.bytes > MOST || self.tries == Tries::Never {
            return if hint.expects_wait {
                Start::Waiting
            } else {
                Start::Blocking
            };
        }
        if self.is_alone() {
            return if hint.expects_wait {
                Start::Waiting
            } else {
                Start::Direct
            };
        }
        if self.pays(hint) {
            self.trying = hint.expects_wait.then(Instant::now);
            Start::Direct
        } else if hint.expects_wait {
            Start::Waiting
        } else {
            Start::Blocking
        }
    }

    /// Beside a thread that computes, waiting for an answer costs milliseconds once it has detached. So it goes on trying
    /// for some microseconds, where it pays.
    fn try_again(&mut self) -> bool {
        if self.tries != Tries::Receive || self.alone == Some(true) {
            return false;
        }
        let since = *self.trying.get_or_insert_with(Instant::now);
        let patience = ACCOUNT.with(Account::patience);
        let goes_on = RETURNING.load(Ordering::Relaxed) == 0 && since.elapsed() < patience;
        if goes_on {
            std::thread::yield_now(); // the peer may need the processor
        }
        goes_on
    }
}

/// What ended a call: the core's error, and the exception of the signal handler where one raised.
pub struct Failure<E = Error> {
    pub error: E,
    pub raised: Option<PyErr>,
}

impl Failure {
    /// The exception to raise. Whatever raised it, the bytes that a transfer moved are not lost: `done` counts them.
    pub fn into_exception(self, py: Python<'_>, about: About<'_>) -> PyErr {
        match self.raised {
            Some(raised) => {
                error::note_done(py, &raised, &self.error);
                raised
            }
            None => notes::exception(py, &self.error, about),
        }
    }
}

/// Runs one call of the core that may wait.
pub fn attempt<'py, T>(
    py: Python<'py>,
    call: impl FnOnce(&mut Attached<'py>) -> Result<T>,
) -> std::result::Result<T, Box<Failure>> {
    attempt_with(py, allowed(Tries::Alone), call)
}

/// Runs one call of the core, whatever its error, with tries as they are allowed.
pub fn attempt_with<'py, T, E>(
    py: Python<'py>,
    tries: Tries,
    call: impl FnOnce(&mut Attached<'py>) -> std::result::Result<T, E>,
) -> std::result::Result<T, Box<Failure<E>>> {
    let mut host = Attached::new(py, tries);
    let result = call(&mut host);
    host.tried(true);
    result.map_err(|error| {
        Box::new(Failure {
            error,
            raised: host.raised,
        })
    })
}

/// Runs one call of the core that may wait, and raises what ended it.
pub fn call<'py, T>(
    py: Python<'py>,
    about: About<'_>,
    call: impl FnOnce(&mut Attached<'py>) -> Result<T>,
) -> PyResult<T> {
    attempt(py, call).map_err(|failure| failure.into_exception(py, about))
}

/// Runs one transfer, which may wait, and raises what ended it.
pub fn transfer<'py, T>(
    py: Python<'py>,
    about: About<'_>,
    tries: Tries,
    call: impl FnOnce(&mut Attached<'py>) -> Result<T>,
) -> PyResult<T> {
    attempt_with(py, tries, call).map_err(|failure| failure.into_exception(py, about))
}

/// Receives, which may wait. What came is paid for afterwards.
pub fn receive<'py>(
    py: Python<'py>,
    tries: Tries,
    call: impl FnOnce(&mut Attached<'py>) -> Result<usize>,
) -> std::result::Result<usize, Box<Failure>> {
    let count = attempt_with(py, tries, call)?;
    received(count);
    Ok(count)
}

/// Takes note of how much came.
pub fn received(count: usize) {
    if count > SMALL {
        ACCOUNT.with(|account| {
            account.forfeit();
            note_credit(account);
        });
    }
}

/// Runs one call of the core that takes no host and is soon over, such as making a socket: attached where nobody can
/// be waiting for the interpreter.
pub fn briefly<T: Send>(py: Python<'_>, call: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    if tries() && is_only_thread(py) {
        call().map_err(|error| notes::exception(py, &error, About::default()))
    } else {
        detached(py, About::default(), call)
    }
}

/// Runs one call of the core that takes no host and yet may take long, such as a look-up, detached.
pub fn detached<T: Send>(
    py: Python<'_>,
    about: About<'_>,
    call: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    detach(py, call).map_err(|error| notes::exception(py, &error, about))
}

/// The same for what has errors of its own, or none.
pub fn detach<T: Send>(py: Python<'_>, call: impl FnOnce() -> T + Send) -> T {
    py.detach(call)
}
