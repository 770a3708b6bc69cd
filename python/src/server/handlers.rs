//! The callback server with a thread for each connection.
//!
//! A worker returns to Python to have a connection handled, so that none of our frames is below a handler on the stack:
//! the interpreter may end a thread in the middle of a handler when it shuts down.

use super::arguments::{count, kind_of, limit, Listener};
use super::step::{busy, Step};
use crate::core_call::CoreCall;
use crate::socket::Unclaimed;
use crate::{address, arguments};
use polysock::{ServeOptions, Step as CoreStep, Timeout};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};

/// A listener, and the threads that serve on it.
#[pyclass(module = "polysock._native", frozen)]
pub struct Server(Arc<polysock::Server>);

/// A thread's part in a server. Only that thread uses it.
#[pyclass(module = "polysock._native", frozen)]
pub struct Worker(Mutex<polysock::Worker>);

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
        let mut options = ServeOptions::default();
        options.max_connections = count(max_connections, "max_connections")?;
        options.idle_timeout = limit(idle_timeout, "idle_timeout")?;
        options.handler_timeout = limit(handler_timeout, "handler_timeout")?;
        let listener = listener.share(py)?;
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
            CoreStep::Trouble(error) => Step::trouble(py, &error),
            CoreStep::Recruit | _ => Step::Recruit {},
        })
    }

    /// Whether the failure of the handler that has just returned should be reported; called once for each failure.
    #[pyo3(signature = (exception, /))]
    fn should_report(&self, exception: &Bound<'_, PyAny>) -> PyResult<bool> {
        let worker = self.0.try_lock().map_err(|_| busy())?;
        Ok(worker.should_report(kind_of(exception)))
    }

    /// Continues without another worker, because none could be started.
    fn become_last_worker(&self) -> PyResult<()> {
        self.0.try_lock().map_err(|_| busy())?.become_last_worker();
        Ok(())
    }
}
