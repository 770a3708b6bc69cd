//! The callback server: the core's, with threads that Python makes.

use crate::gil::{self, Attached};
use crate::socket::{NativeSocket, Unclaimed};
use crate::{address, convert, error};
use polysock_core::{Address, Protocol, ServeOptions, Service, Socket, Timeout, Trouble};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use std::sync::Arc;

/// A listener, and the threads that serve on it.
#[pyclass(module = "polysock._native", frozen)]
pub struct Server(polysock_core::Server);

#[pymethods]
impl Server {
    #[new]
    fn new(listener: &Bound<'_, NativeSocket>, max_connections: i64) -> PyResult<Self> {
        let py = listener.py();
        let max_connections = usize::try_from(max_connections).unwrap_or(0);
        if max_connections == 0 {
            return Err(PyValueError::new_err("max_connections must be at least 1"));
        }
        let mut options = ServeOptions::default();
        options.max_connections = max_connections;
        let server = polysock_core::Server::new(listener.get().share(py)?, options);
        server.map(Self).map_err(|error| error::exception(py, &error))
    }

    /// Accepts and handles connections in this thread, as long as it is needed: `handle(accepted, address)`, where
    /// `accepted` is the `fileno` of a new socket, `failed(exception, address or None)`, and `recruit()`, which makes a
    /// thread that calls this.
    #[pyo3(signature = (handle, failed, recruit, /))]
    fn help<'py>(
        &self,
        py: Python<'py>,
        handle: Bound<'py, PyAny>,
        failed: Bound<'py, PyAny>,
        recruit: Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let mut program = Program {
            protocol: self.0.listener().protocol(),
            handle,
            failed,
            recruit,
        };
        gil::call(py, |host| self.0.help(host, &mut program))
    }

    /// Ends accepting, gives handlers so many seconds (None for ever), closes their connections, and returns how many
    /// still run.
    #[pyo3(signature = (timeout, /))]
    fn stop(&self, py: Python<'_>, timeout: &Bound<'_, PyAny>) -> PyResult<usize> {
        let timeout = convert::timeout(timeout)?;
        gil::call(py, |host| self.0.stop(timeout, host))
    }

    /// Waits until accepting has ended, and raises why if nobody stopped it.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        gil::call(py, |host| self.0.wait(Timeout::Never, host))
    }

    /// How many connections are being handled now.
    #[getter]
    fn connections(&self) -> usize {
        self.0.connections()
    }
}

/// What handles, is told, and makes threads.
struct Program<'py> {
    protocol: Protocol,
    handle: Bound<'py, PyAny>,
    failed: Bound<'py, PyAny>,
    recruit: Bound<'py, PyAny>,
}

impl<'py> Program<'py> {
    fn tell(&self, raised: &PyErr, peer: Option<&Address>) -> PyResult<()> {
        let py = self.failed.py();
        let peer = peer
            .map(|peer| address::to_python(py, self.protocol, peer))
            .transpose()?;
        self.failed.call1((raised.value(py), peer)).map(drop)
    }
}

impl<'py> Service<Attached<'py>> for Program<'py> {
    type Failure = PyErr;

    fn handle(
        &mut self,
        _host: &mut Attached<'py>,
        connection: &Arc<Socket>,
        peer: &Address,
    ) -> Result<(), PyErr> {
        let py = self.handle.py();
        let accepted = Unclaimed::new(Arc::clone(connection));
        let peer = address::to_python(py, self.protocol, peer)?;
        self.handle.call1((accepted, peer)).map(drop)
    }

    fn failed(&mut self, _host: &mut Attached<'py>, trouble: Trouble<PyErr>, peer: Option<&Address>) {
        let py = self.failed.py();
        let raised = match trouble {
            // It passed on that stop has closed its connection.
            Trouble::Woken(raised) if is_bad_descriptor(py, &raised) => return,
            Trouble::Handler(raised) | Trouble::Woken(raised) => raised,
            Trouble::Accept(error) | Trouble::Thread(error) => error::exception(py, &error),
            trouble @ (Trouble::Panic(_) | _) => PanicException::new_err(trouble.to_string()),
        };
        if let Err(failed) = self.tell(&raised, peer) {
            failed.write_unraisable(py, Some(&self.failed));
        }
    }

    fn recruit(&mut self, _host: &mut Attached<'py>) -> bool {
        match self.recruit.call0() {
            Ok(_) => true,
            Err(raised) => {
                if let Err(failed) = self.tell(&raised, None) {
                    failed.write_unraisable(self.failed.py(), Some(&self.failed));
                }
                false
            }
        }
    }
}

fn is_bad_descriptor(py: Python<'_>, raised: &PyErr) -> bool {
    let number = || raised.value(py).getattr("errno")?.extract::<i32>();
    raised.is_instance_of::<PyOSError>(py) && matches!(number(), Ok(libc::EBADF))
}
