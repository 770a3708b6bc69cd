//! The message server.
//!
//! A worker calls the callbacks of everything that has arrived while it holds the interpreter lock once, without a frame of
//! Python in between. That its frames are below a callback's on the stack is harmless when the interpreter ends the thread
//! there (docs/decisions/python-threads-at-exit.md).

use super::arguments::{count, limit, Listener};
use super::callbacks::{Callbacks, Raised, Style};
use super::step::{busy, Step};
use crate::arguments;
use crate::core_call::CoreCall;
use crate::framing::Framing;
use polysock::{MessageServeOptions, MessageStep, Timeout};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};

/// A listener, and the threads that serve on it.
#[pyclass(module = "polysock._native", frozen)]
pub struct MessageServer {
    core: Arc<polysock::MessageServer>,
    style: Style,
}

/// A thread's part in a message server. Only that thread uses it.
#[pyclass(module = "polysock._native", frozen)]
pub struct MessageWorker {
    core: Mutex<polysock::MessageWorker>,
    callbacks: Callbacks,
}

#[pymethods]
impl MessageServer {
    #[new]
    #[pyo3(signature = (
        listener, framing, raw_replies, max_connections, workers, max_unsent, idle_timeout = None, handler_timeout = None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        listener: Listener<'_>,
        framing: Option<&Bound<'_, Framing>>,
        raw_replies: bool,
        max_connections: i64,
        workers: i64,
        max_unsent: i64,
        idle_timeout: Option<&Bound<'_, PyAny>>,
        handler_timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut options = MessageServeOptions::default();
        options.max_connections = count(max_connections, "max_connections")?;
        options.workers = count(workers, "workers")?;
        options.max_unsent = count(max_unsent, "max_unsent")?;
        options.raw_replies = raw_replies;
        options.idle_timeout = limit(idle_timeout, "idle_timeout")?;
        options.handler_timeout = limit(handler_timeout, "handler_timeout")?;
        let framing = framing.map(|framing| framing.get().core());
        let socket = listener.share(py)?;
        let style = match listener {
            Listener::Plain(_) => Style::Python(socket.protocol()),
            Listener::Java(_) => Style::Java,
        };
        let made = CoreCall::on(py, &*socket)
            .run_attached(|| polysock::MessageServer::new(Arc::clone(&socket), framing, options));
        made.map(|core| Self { core, style })
    }

    /// Makes this thread a worker that calls these callbacks, for as long as it is needed.
    fn worker(
        &self,
        on_message: Py<PyAny>,
        on_open: Option<Py<PyAny>>,
        on_close: Option<Py<PyAny>>,
    ) -> MessageWorker {
        MessageWorker {
            core: Mutex::new(self.core.worker().while_needed()),
            callbacks: Callbacks {
                on_message,
                on_open,
                on_close,
                style: self.style,
            },
        }
    }

    /// Ends accepting, gives callbacks this many seconds (None is no limit) to answer what has arrived, closes all
    /// connections, and returns how many callbacks are still running.
    #[pyo3(signature = (timeout, /))]
    fn stop(&self, py: Python<'_>, timeout: &Bound<'_, PyAny>) -> PyResult<usize> {
        let timeout = arguments::timeout(timeout)?;
        CoreCall::new(py).run(|caller| self.core.stop(timeout, caller))
    }

    /// Waits until accepting has ended, and raises the reason unless the server was stopped.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        CoreCall::new(py).run(|caller| self.core.wait(Timeout::Never, caller))
    }

    /// What the server has counted: connections that have ended, resets, idle timeouts, handler timeouts, bad messages.
    #[getter]
    fn stats(&self) -> (u64, u64, u64, u64, u64) {
        let stats = self.core.stats();
        (
            stats.handled,
            stats.resets,
            stats.idle_timeouts,
            stats.handler_timeouts,
            stats.bad_messages,
        )
    }

    /// How many connections are open.
    #[getter]
    fn connections(&self) -> usize {
        self.core.connections()
    }
}

#[pymethods]
impl MessageWorker {
    /// Calls callbacks, until there is something else to do for the thread.
    fn step(&self, py: Python<'_>) -> PyResult<Step> {
        let mut worker = self.core.try_lock().map_err(|_| busy())?;
        loop {
            let Some(step) = CoreCall::new(py).run(|caller| worker.step(caller))? else {
                return Ok(Step::Leave {});
            };
            let called = match step {
                MessageStep::Batch(mut batch) => self.callbacks.run(py, &mut batch),
                MessageStep::Trouble(error) => return Ok(Step::trouble(py, &error)),
                MessageStep::Recruit | _ => return Ok(Step::Recruit {}),
            };
            if let Err(Raised { exception, about }) = called {
                return Ok(Step::Report {
                    failure: exception.into_value(py),
                    about: about.map(Bound::unbind),
                });
            }
        }
    }

    /// Continues without another worker, because none could be started. It is requested again later.
    fn become_last_worker(&self) {}
}
