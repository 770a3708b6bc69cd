//! The callback server: the core's, with threads that Python makes.
//!
//! A worker returns to Python to have a connection handled, so that none of our frames is below a handler on the stack:
//! the interpreter may end a thread in the middle of a handler when it shuts down.

use crate::arguments::one_of;
use crate::core_call::CoreCall;
use crate::errors::{Context, Failure};
use crate::net::ServerSocket;
use crate::socket::{NativeSocket, Unclaimed};
use crate::{address, arguments};
use polysock::{Kind, ServeOptions, Step as CoreStep, Timeout};
use pyo3::exceptions::{PyBaseException, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A listener, and the threads that serve on it.
#[pyclass(module = "polysock._native", frozen)]
pub struct Server(Arc<polysock::Server>);

/// A thread's part in a server. Only that thread uses it.
#[pyclass(module = "polysock._native", frozen)]
pub struct Worker(Mutex<polysock::Worker>);

one_of! {
    /// What a server may accept on.
    enum Listener {
        Plain(Bound<'py, NativeSocket>),
        Java(Bound<'py, ServerSocket>),
    } otherwise "expected a socket or a ServerSocket"
}

#[pymethods]
impl Server {
    #[new]
    #[pyo3(signature = (listener, max_connections, idle_timeout = None, handler_timeout = None))]
    fn new(
        py: Python<'_>,
        listener: Listener<'_>,
        max_connections: i64,
        idle_timeout: Option<&Bound<'_, PyAny>>,
        handler_timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let max_connections = usize::try_from(max_connections).unwrap_or(0);
        if max_connections == 0 {
            return Err(PyValueError::new_err("max_connections must be at least 1"));
        }
        let mut options = ServeOptions::default();
        options.max_connections = max_connections;
        options.idle_timeout = limit(idle_timeout, "idle_timeout")?;
        options.handler_timeout = limit(handler_timeout, "handler_timeout")?;
        let listener = match &listener {
            Listener::Plain(socket) => socket.get().share(py)?,
            Listener::Java(socket) => Arc::clone(socket.get().share(py)?),
        };
        CoreCall::on(py, &*listener)
            .run_attached(|| polysock::Server::new(Arc::clone(&listener), options))
            .map(|server| Self(Arc::new(server)))
    }

    /// Makes this thread a worker, for as long as it is needed.
    fn worker(&self) -> Worker {
        Worker(Mutex::new(self.0.worker().while_needed()))
    }

    /// Ends accepting, gives handlers this many seconds (None is no limit), closes their connections, and returns how many
    /// are still running.
    #[pyo3(signature = (timeout, /))]
    fn stop(&self, py: Python<'_>, timeout: &Bound<'_, PyAny>) -> PyResult<usize> {
        let timeout = arguments::timeout(timeout)?;
        CoreCall::new(py).run(|caller| self.0.stop(timeout, caller))
    }

    /// Waits until accepting has ended, and raises the reason unless the server was stopped.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        CoreCall::new(py).run(|caller| self.0.wait(Timeout::Never, caller))
    }

    /// What the server has counted: handlers that have returned, resets, idle timeouts, handler timeouts.
    #[getter]
    fn stats(&self) -> (u64, u64, u64, u64) {
        let stats = self.0.stats();
        (
            stats.handled,
            stats.resets,
            stats.idle_timeouts,
            stats.handler_timeouts,
        )
    }

    /// How many connections are being handled now.
    #[getter]
    fn connections(&self) -> usize {
        self.0.connections()
    }
}

/// What a worker should do next.
#[pyclass(module = "polysock._native", frozen)]
pub enum Step {
    /// Handle a connection, given as the `fileno` of a new socket, from an address.
    Handle {
        connection: Py<Unclaimed>,
        address: Py<PyAny>,
    },
    /// Start another worker, in another thread.
    Recruit {},
    /// Report that accepting failed.
    Report { failure: Py<PyBaseException> },
    /// End: the server has stopped, or does not need this worker.
    Leave {},
}

#[pymethods]
impl Worker {
    /// Closes the connection of the previous step, and waits for the next.
    fn step(&self, py: Python<'_>) -> PyResult<Step> {
        let mut worker = self.0.try_lock().map_err(|_| busy())?;
        let Some(step) = CoreCall::new(py).run(|caller| worker.step(caller))? else {
            return Ok(Step::Leave {});
        };
        Ok(match step {
            CoreStep::Handle { connection, peer } => Step::Handle {
                address: address::to_python(py, connection.protocol(), &peer)?.unbind(),
                connection: Py::new(py, Unclaimed::new(connection))?,
            },
            CoreStep::Trouble(error) => Step::Report {
                failure: error.exception(py, Context::default()).into_value(py),
            },
            CoreStep::Recruit | _ => Step::Recruit {},
        })
    }

    /// Whether the failure of the handler that has just returned should be reported; called once for each failure.
    /// `errno` is that of an OSError, ETIMEDOUT for a timeout, None for anything else.
    #[pyo3(signature = (errno, /))]
    fn should_report(&self, errno: Option<i32>) -> PyResult<bool> {
        let kind = errno.map(|errno| match errno {
            libc::EBADF => Kind::Closed,
            libc::ETIMEDOUT => Kind::TimedOut,
            errno => Kind::Os(errno),
        });
        Ok(self.0.try_lock().map_err(|_| busy())?.should_report(kind))
    }

    /// Continues without another worker, because none could be started.
    fn become_last_worker(&self) -> PyResult<()> {
        self.0.try_lock().map_err(|_| busy())?.become_last_worker();
        Ok(())
    }
}

/// A time limit in seconds, None for no limit.
fn limit(seconds: Option<&Bound<'_, PyAny>>, name: &str) -> PyResult<Option<Duration>> {
    let Some(seconds) = seconds else { return Ok(None) };
    match arguments::timeout(seconds)? {
        Timeout::Never => Ok(None),
        Timeout::After(time) => Ok(Some(time)),
        Timeout::NonBlocking => Err(PyValueError::new_err(format!(
            "{name} must be above 0 seconds, or None for no limit"
        ))),
    }
}

fn busy() -> PyErr {
    PyRuntimeError::new_err("another thread uses this worker")
}
