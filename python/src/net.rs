//! The classes of `polysock.net`: Java's names and rules over the core.

use crate::error;
use crate::gil::{self, Attached, Failure};
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes;
use polysock_core::{
    create_connection_with, create_server, ConnectOptions, Result, Shutdown, Socket, Timeout,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};
use std::sync::Arc;
use std::time::Duration;

/// What `ServerSocket` asks for when the program does not say, or says less than 1: Java's number.
const BACKLOG: i32 = 50;

/// A TCP connection: `Socket(host, port)` connects.
#[pyclass(name = "Socket", module = "polysock.net", frozen)]
pub struct NetSocket(Arc<Socket>);

/// A TCP listener on every interface; port 0 lets the system choose. A backlog below 1 means 50.
#[pyclass(module = "polysock.net", frozen)]
pub struct ServerSocket(Socket);

/// What a connection receives.
#[pyclass(module = "polysock.net", frozen)]
pub struct InputStream(Arc<Socket>);

/// What a connection sends.
#[pyclass(module = "polysock.net", frozen)]
pub struct OutputStream(Arc<Socket>);

#[pymethods]
impl NetSocket {
    #[new]
    fn new(py: Python<'_>, host: &str, port: i64) -> PyResult<Self> {
        let port = port_number(port)?;
        let socket = call(py, |language| {
            create_connection_with(host, port, &ConnectOptions::default(), Timeout::Never, language)
        })?;
        Ok(Self(Arc::new(socket)))
    }

    /// The stream to receive from.
    #[pyo3(name = "getInputStream")]
    fn input_stream(&self) -> InputStream {
        InputStream(Arc::clone(&self.0))
    }

    /// The stream to send to.
    #[pyo3(name = "getOutputStream")]
    fn output_stream(&self) -> OutputStream {
        OutputStream(Arc::clone(&self.0))
    }

    /// Sets how many milliseconds a read waits; 0 is for ever.
    #[pyo3(name = "setSoTimeout")]
    fn set_so_timeout(&self, milliseconds: i64) -> PyResult<()> {
        self.0.set_recv_timeout(so_timeout(milliseconds)?);
        Ok(())
    }

    /// How many milliseconds a read waits; 0 is for ever.
    #[pyo3(name = "getSoTimeout")]
    fn so_timeout(&self) -> u128 {
        milliseconds(self.0.recv_timeout())
    }

    /// Ends the sending half; the peer reads to the end of the stream.
    #[pyo3(name = "shutdownOutput")]
    fn shutdown_output(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |_| self.0.shutdown(Shutdown::Write))
    }

    /// The port of the peer.
    #[pyo3(name = "getPort")]
    fn port(&self, py: Python<'_>) -> PyResult<u16> {
        call(py, |_| self.0.peer_address()).map(|address| address.port().unwrap_or(0))
    }

    /// Our own port.
    #[pyo3(name = "getLocalPort")]
    fn local_port(&self, py: Python<'_>) -> PyResult<u16> {
        call(py, |_| self.0.local_address()).map(|address| address.port().unwrap_or(0))
    }

    /// Whether the socket was closed.
    #[pyo3(name = "isClosed")]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Closes the socket, FIN first; every call that waits in another thread ends.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |language| self.0.on(language).close_fin_first())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}

#[pymethods]
impl ServerSocket {
    #[new]
    #[pyo3(signature = (port, backlog = 0))]
    fn new(py: Python<'_>, port: i64, backlog: i32) -> PyResult<Self> {
        let port = port_number(port)?;
        let backlog = if backlog < 1 { BACKLOG } else { backlog };
        call(py, |_| create_server("", port, backlog)).map(Self)
    }

    /// Waits for a connection.
    fn accept(&self, py: Python<'_>) -> PyResult<NetSocket> {
        let (socket, _peer) = call(py, |language| self.0.on(language).accept())?;
        Ok(NetSocket(Arc::new(socket)))
    }

    /// Sets how many milliseconds `accept` waits; 0 is for ever.
    #[pyo3(name = "setSoTimeout")]
    fn set_so_timeout(&self, milliseconds: i64) -> PyResult<()> {
        self.0.set_recv_timeout(so_timeout(milliseconds)?);
        Ok(())
    }

    /// How many milliseconds `accept` waits; 0 is for ever.
    #[pyo3(name = "getSoTimeout")]
    fn so_timeout(&self) -> u128 {
        milliseconds(self.0.recv_timeout())
    }

    /// The port it listens on.
    #[pyo3(name = "getLocalPort")]
    fn local_port(&self, py: Python<'_>) -> PyResult<u16> {
        call(py, |_| self.0.local_address()).map(|address| address.port().unwrap_or(0))
    }

    /// Whether the socket was closed.
    #[pyo3(name = "isClosed")]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Closes the socket; an `accept` that waits in another thread ends.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |language| self.0.on(language).close())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}

#[pymethods]
impl InputStream {
    /// Receives one byte as a number, or into a buffer and says how many bytes; -1 is the end of the stream.
    #[pyo3(signature = (buffer = None, /))]
    fn read(&self, py: Python<'_>, buffer: Option<&Bound<'_, PyAny>>) -> PyResult<i64> {
        let Some(buffer) = buffer else {
            let mut byte = [0_u8; 1];
            let count = call(py, |language| self.0.on(language).recv(&mut byte))?;
            let [byte] = byte;
            return Ok(if count == 0 { -1 } else { byte.into() });
        };
        let mut buffer = Writable::of(buffer)?;
        let room = buffer.len();
        let count = call(py, |language| self.0.on(language).recv(buffer.room(room)))?;
        Ok(match i64::try_from(count) {
            Ok(0) if room > 0 => -1,
            count => count.unwrap_or(i64::MAX),
        })
    }

    /// Receives `n` bytes, fewer only at the end of the stream. An exception has what came in `partial`.
    #[pyo3(name = "readNBytes", signature = (n, /))]
    fn read_n_bytes<'py>(&self, py: Python<'py>, n: i64) -> PyResult<Bound<'py, PyBytes>> {
        let length = usize::try_from(n).map_err(|_| PyValueError::new_err("len < 0"))?;
        let mut bytes = bytes::Unfinished::new(py, length)?;
        let Err(failure) = gil::attempt(py, |language| self.0.on(language).recv_exact(bytes.room())) else {
            return bytes.finish(length);
        };
        let received = bytes.finish(failure.error.done())?;
        if error::is_end_of_stream(&failure.error) {
            return Ok(received);
        }
        let from_handler = failure.raised.is_some();
        let raised = exception(py, *failure);
        if !from_handler {
            error::note(py, &raised, "partial", received);
        }
        Err(raised)
    }

    /// Closes the socket.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |language| self.0.on(language).close_fin_first())
    }
}

#[pymethods]
impl OutputStream {
    /// Sends all of a bytes-like object, or the low 8 bits of a number.
    #[pyo3(signature = (data, /))]
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        if data.is_instance_of::<PyInt>() {
            let low: u8 = data.call_method1("__and__", (0xff,))?.extract()?;
            return call(py, |language| self.0.on(language).send_all(&[low]));
        }
        let data = Readable::of(data)?;
        call(py, |language| self.0.on(language).send_all(data.data()))
    }

    /// Does nothing: every write is sent at once.
    #[allow(clippy::unused_self)]
    fn flush(&self) {}

    /// Closes the socket.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, |language| self.0.on(language).close_fin_first())
    }
}

/// Runs one call of the core and raises Java's exceptions.
fn call<'py, T>(py: Python<'py>, operation: impl FnOnce(&mut Attached<'py>) -> Result<T>) -> PyResult<T> {
    gil::attempt(py, operation).map_err(|failure| exception(py, *failure))
}

fn exception(py: Python<'_>, failure: Failure) -> PyErr {
    failure
        .raised
        .unwrap_or_else(|| error::java_exception(py, &failure.error))
}

fn port_number(port: i64) -> PyResult<u16> {
    u16::try_from(port).map_err(|_| PyValueError::new_err(format!("port out of range: {port}")))
}

/// Java's timeout: milliseconds, 0 for ever.
fn so_timeout(milliseconds: i64) -> PyResult<Timeout> {
    match u64::try_from(milliseconds) {
        Ok(0) => Ok(Timeout::Never),
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds).into()),
        Err(_) => Err(PyValueError::new_err("timeout can't be negative")),
    }
}

fn milliseconds(timeout: Timeout) -> u128 {
    match timeout {
        Timeout::Never | Timeout::NonBlocking => 0,
        Timeout::After(duration) => duration.as_millis(),
    }
}
