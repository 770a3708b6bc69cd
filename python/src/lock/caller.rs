//! Python as the caller of the core, and the only place that detaches from the interpreter.

use super::budget::FREE_BYTES;
use super::contention::{self, Detached};
use super::policy::{self, LockPolicy};
use crate::raw::threads::{is_only_thread, HAS_LOCK};
use polysock::{has_low_water, CallHints, Caller, Start, Stop};
use pyo3::prelude::*;
use std::time::Instant;

/// The most bytes that a call tries to move before it detaches: copying them takes about as long as detaching.
const MOST_BYTES: usize = 64 * 1024;

/// A thread of Python that calls the core: sleeps detached, runs signal handlers, and keeps the exception that one raised.
pub struct PythonCaller<'py> {
    py: Python<'py>,
    policy: LockPolicy,
    raised: Option<PyErr>,
    /// Whether there is no other thread, once that has been checked.
    alone: Option<bool>,
    /// Since when it has kept trying, within the budget.
    spinning_since: Option<Instant>,
}

impl<'py> PythonCaller<'py> {
    #[inline]
    pub fn new(py: Python<'py>, policy: LockPolicy) -> Self {
        Self {
            py,
            policy,
            raised: None,
            alone: None,
            spinning_since: None,
        }
    }

    /// Whether a signal handler has raised an exception.
    pub fn has_raised(&self) -> bool {
        self.raised.is_some()
    }

    /// The exception of a signal handler, if one raised.
    pub fn into_raised(self) -> Option<PyErr> {
        self.raised
    }

    #[inline]
    fn is_alone(&mut self) -> bool {
        *self.alone.get_or_insert_with(|| is_only_thread(self.py))
    }

    /// How many bytes the call counts for if it is tried although there are other threads; `None` if it may not be.
    #[inline]
    fn price(&self, hint: CallHints) -> Option<usize> {
        let (most, price) = match self.policy {
            LockPolicy::KeepToSend => (FREE_BYTES, hint.bytes),
            LockPolicy::KeepToReceive | LockPolicy::KeepToReceiveInBudget => (MOST_BYTES, 0), // what arrives is counted in `end`
            LockPolicy::GiveUp | LockPolicy::KeepIfAlone => return None,
        };
        (hint.bytes <= most).then_some(price)
    }

    /// Decides how an operation starts beside other threads: `detached`, or attached because they are idle or the budget allows it.
    #[inline(never)]
    fn start_beside_others(&mut self, hint: CallHints, detached: Start) -> Start {
        let Some(price) = self.price(hint) else {
            return detached;
        };
        if !contention::is_counted() {
            let may_sleep = hint.expects_wait || self.policy == LockPolicy::KeepToReceiveInBudget;
            let keeps = !may_sleep && contention::keep_beside_idle_ones();
            return if keeps { Start::Direct } else { detached };
        }
        if !contention::spend(price) {
            return detached;
        }
        self.spinning_since = hint.expects_wait.then(Instant::now);
        Start::Direct
    }

    #[inline]
    fn end_spin(&mut self, found: bool) {
        if let Some(start) = self.spinning_since.take() {
            contention::spun_since(start, found);
        }
    }
}

impl Caller for PythonCaller<'_> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        self.end_spin(false);
        if !HAS_LOCK || self.is_alone() {
            return self.py.detach(f);
        }
        let detached = Detached::begin();
        let (result, attaching) = self.py.detach(|| {
            detached.is_detached();
            (f(), detached.end())
        });
        if let Some(attaching) = attaching {
            attaching.end();
        }
        result
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        self.py.check_signals().map_err(|raised| {
            self.raised = Some(raised);
            Stop
        })
    }

    #[allow(clippy::inline_always)] // every call begins with it, and most know what it finds out
    #[inline(always)]
    fn start(&mut self, hint: CallHints) -> Start {
        if has_low_water() {
            return Start::Waiting; // a try would return less than the program asked to wait for
        }
        let detached = if hint.expects_wait {
            Start::Waiting
        } else {
            Start::Blocking
        };
        if !HAS_LOCK || !hint.alone || hint.bytes > MOST_BYTES || self.policy == LockPolicy::GiveUp {
            return detached;
        }
        if !self.is_alone() {
            return self.start_beside_others(hint, detached);
        }
        if hint.expects_wait {
            Start::Waiting
        } else {
            Start::Direct
        }
    }

    /// Next to a thread that computes, waiting for an answer costs milliseconds once this thread has detached. So it
    /// keeps trying for some microseconds, if that pays off.
    fn try_again(&mut self) -> bool {
        if !self.policy.receives() || self.alone == Some(true) {
            return false;
        }
        let limit = contention::spin_limit();
        if limit.is_zero() && self.spinning_since.is_none() {
            return false; // no budget is left for it, or it has not paid off
        }
        let start = *self.spinning_since.get_or_insert_with(Instant::now);
        let goes_on = !contention::others_wait() && start.elapsed() < limit;
        if goes_on {
            std::thread::yield_now(); // the peer may need the processor
        }
        goes_on
    }

    #[inline]
    fn end(&mut self, moved: usize) {
        self.end_spin(true);
        if moved > FREE_BYTES && self.policy.receives() {
            contention::received_much();
        }
    }
}

/// Runs, detached, a function that takes no caller and may take long, such as a look-up.
pub fn detach<T: Send>(py: Python<'_>, f: impl FnOnce() -> T + Send) -> T {
    py.detach(f)
}

/// Runs a short function that takes no caller, such as making a socket: attached if no other thread can be waiting for
/// the interpreter lock.
pub fn brief<T: Send>(py: Python<'_>, f: impl FnOnce() -> T + Send) -> T {
    if policy::try_first() && is_only_thread(py) {
        f()
    } else {
        py.detach(f)
    }
}
