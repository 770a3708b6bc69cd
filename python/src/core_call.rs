//! The one way from a Python call into the core, and back with its value or an exception.

use crate::errors::{self, Context, Failure, Subject};
use crate::lock::{self, LockPolicy, PythonCaller};
use crate::place;
use polysock::{Address, Error};
use pyo3::prelude::*;

/// A call into the core: its subject, and when it gives up the interpreter lock.
#[derive(Clone, Copy)]
pub struct CoreCall<'a, 'py> {
    py: Python<'py>,
    subject: &'a dyn Subject,
    address: Option<&'a Address>,
    policy: Option<LockPolicy>,
}

impl<'a, 'py> CoreCall<'a, 'py> {
    /// A call on no socket.
    #[inline]
    pub fn new(py: Python<'py>) -> Self {
        Self::on(py, &())
    }

    /// A call on this socket, which the exception's notes name.
    #[inline]
    pub fn on(py: Python<'py>, subject: &'a dyn Subject) -> Self {
        Self {
            py,
            subject,
            address: None,
            policy: None,
        }
    }

    /// A call to this address, which the exception's notes name.
    #[inline]
    pub fn to(self, address: impl Into<Option<&'a Address>>) -> Self {
        Self {
            address: address.into(),
            ..self
        }
    }

    /// When the call may be tried before the interpreter lock is given up; unless set, when no other thread can be waiting
    /// for the lock.
    #[inline]
    pub fn keeping_lock(self, policy: LockPolicy) -> Self {
        Self {
            policy: Some(policy),
            ..self
        }
    }

    /// Makes a call that may wait.
    #[allow(clippy::inline_always)] // it does nothing else
    #[inline(always)]
    pub fn run<T, F: Failure>(
        self,
        call: impl FnOnce(&mut PythonCaller<'py>) -> Result<T, F>,
    ) -> PyResult<T> {
        let policy = self.policy.unwrap_or_else(LockPolicy::if_alone);
        let mut caller = PythonCaller::new(self.py, policy);
        match call(&mut caller) {
            Ok(value) => Ok(value),
            Err(failure) => Err(self.exception(&failure, caller.into_raised())),
        }
    }

    /// Makes a receiving call that may wait; if it fails, `received` is set to the number of bytes that had arrived.
    #[inline]
    pub fn run_receive<T>(
        self,
        received: &mut usize,
        call: impl FnOnce(&mut PythonCaller<'py>) -> Result<T, Error>,
    ) -> PyResult<T> {
        self.run(|caller| call(caller).inspect_err(|error| *received = error.done()))
    }

    /// Makes a call that never waits.
    #[inline]
    pub fn run_attached<T, F: Failure>(self, call: impl FnOnce() -> Result<T, F>) -> PyResult<T> {
        call().map_err(|failure| self.exception(&failure, None))
    }

    /// Makes a call that takes no caller but may take long, such as a look-up.
    #[inline]
    pub fn run_detached<T: Send, F: Failure + Send>(
        self,
        call: impl FnOnce() -> Result<T, F> + Send,
    ) -> PyResult<T> {
        place::from_here(self.py, || lock::detach(self.py, call))
            .map_err(|failure| self.exception(&failure, None))
    }

    /// Makes a short call that takes no caller.
    #[inline]
    pub fn run_brief<T: Send, F: Failure + Send>(
        self,
        call: impl FnOnce() -> Result<T, F> + Send,
    ) -> PyResult<T> {
        place::from_here(self.py, || lock::brief(self.py, call))
            .map_err(|failure| self.exception(&failure, None))
    }

    /// The exception to raise: a signal handler's, or the one for the failure.
    #[cold]
    fn exception<F: Failure>(&self, failure: &F, raised: Option<PyErr>) -> PyErr {
        let Some(raised) = raised else {
            let context = Context {
                socket: self.subject.socket(),
                address: self.address,
            };
            return failure.exception(self.py, context);
        };
        // The bytes that a transfer has moved are not lost, regardless of what ended it.
        if let Some(error) = failure.error() {
            errors::set_done(self.py, &raised, error);
        }
        raised
    }
}
