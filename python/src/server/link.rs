//! What connections of a message server have in common in both styles: the core's connection, and what Python keeps with
//! it.

use crate::core_call::CoreCall;
use crate::errors::Failure;
use crate::lock;
use crate::raw::buffer::Readable;
use polysock::{Connection, Error, Timeout};
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub struct Link {
    core: Arc<Connection>,
    kept: Mutex<Kept>,
}

/// Objects of Python. They are dropped only when the lock is not held: a finalizer may use the connection.
#[derive(Default)]
struct Kept {
    state: Option<Py<PyAny>>,
    failure: Option<Py<PyBaseException>>,
}

impl Link {
    pub fn new(core: &Arc<Connection>) -> Self {
        Self {
            core: Arc::clone(core),
            kept: Mutex::default(),
        }
    }

    pub fn core(&self) -> &Connection {
        &self.core
    }

    /// Sends a message; `failed` makes the failure that becomes an exception.
    pub fn send<F: Failure>(
        &self,
        py: Python<'_>,
        message: &Bound<'_, PyAny>,
        timeout: Timeout,
        failed: impl Fn(Error) -> F,
    ) -> PyResult<()> {
        let message = Readable::of(message)?;
        let copied;
        let bytes = match &message {
            Readable::Bytes(bytes) => bytes,
            // Another thread may change it while this one waits.
            Readable::Exported(_) => {
                copied = message.to_vec()?;
                copied.as_slice()
            }
        };
        CoreCall::new(py).run(|caller| self.core.send_with(bytes, timeout, caller).map_err(&failed))
    }

    pub fn close(&self, py: Python<'_>) {
        lock::brief(py, || self.core.close());
    }

    pub fn abort(&self, py: Python<'_>) {
        lock::brief(py, || self.core.abort());
    }

    /// The program's own object.
    pub fn state(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.kept().state.as_ref().map(|state| state.clone_ref(py))
    }

    /// Replaces the program's own object, and returns the previous one.
    pub fn set_state(&self, state: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        mem::replace(&mut self.kept().state, state)
    }

    /// The exception behind the end of the connection.
    pub fn failure(&self, py: Python<'_>) -> Option<Py<PyBaseException>> {
        self.kept().failure.as_ref().map(|failure| failure.clone_ref(py))
    }

    pub fn set_failure(&self, failure: Py<PyBaseException>) {
        let previous = self.kept().failure.replace(failure);
        drop(previous);
    }

    /// For the garbage collector, which may run while another thread has the lock.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(kept) = self.kept.try_lock() else {
            return Ok(());
        };
        visit.call(&kept.state)?;
        visit.call(&kept.failure)
    }

    pub fn clear(&self) {
        let kept = mem::take(&mut *self.kept());
        drop(kept);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
