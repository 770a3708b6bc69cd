//! The members that CPython's type does not have: our own, and those that the package's class calls.

use super::tcp_info::TcpInfo;
use super::{connect, options, sendfile, transfer, NativeSocket, Unclaimed};
use crate::arguments::{CInt, CLong, Size};
use crate::core_call::CoreCall;
use crate::errors;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::os::fd::IntoRawFd;

#[pymethods]
impl NativeSocket {
    /// Accepts a connection: its descriptor, which the program owns, and the address of the peer.
    fn _accept<'py>(&self, py: Python<'py>) -> PyResult<(i32, Bound<'py, PyAny>)> {
        let (accepted, peer) = connect::accept(py, &*self.socket(py)?)?;
        let fd = errors::raise(py, accepted.detach())?;
        Ok((fd.into_raw_fd(), peer))
    }

    /// The same, but returns the connection as an object that only a new socket accepts, as its `fileno`.
    fn _accept_whole<'py>(&self, py: Python<'py>) -> PyResult<(Unclaimed, Bound<'py, PyAny>)> {
        let (accepted, peer) = connect::accept(py, &*self.socket(py)?)?;
        Ok((Unclaimed::new(accepted), peer))
    }

    /// Another descriptor for the same socket, which the program owns. From now on the socket counts as held twice.
    fn _duplicate(&self, py: Python<'_>) -> PyResult<i32> {
        let socket = self.socket(py)?;
        let copy = socket.duplicate().and_then(|copy| copy.detach());
        errors::raise(py, copy).map(IntoRawFd::into_raw_fd)
    }

    /// Sends `count` bytes of an open file from `offset`, or up to its end, and returns how many. The time limit starts
    /// anew whenever something was sent.
    #[pyo3(signature = (fileno, offset, count, /))]
    fn _sendfile(
        &self,
        py: Python<'_>,
        fileno: CInt,
        offset: CLong,
        count: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        sendfile::sendfile(py, &*self.socket(py)?, fileno, offset, count)
    }

    /// Sets whether this socket's small transfers are tried before the interpreter lock is given up; None follows
    /// polysock.set_try_first().
    #[pyo3(signature = (on, /))]
    fn set_try_first(&self, on: Option<bool>) {
        self.set_own_try_first(on);
    }

    /// What set_try_first() set; None if it was not called.
    fn get_try_first(&self) -> Option<bool> {
        self.own_try_first()
    }

    /// Receives exactly `n` bytes.
    ///
    /// EOFError when the stream ends before the first byte, TruncatedError when it ends in the middle. Every exception
    /// that ends the call, including a signal handler's, has the attributes `done`, how many bytes arrived, and
    /// `partial`, those bytes.
    #[pyo3(signature = (n, /))]
    fn recv_exact<'py>(&self, py: Python<'py>, n: Size) -> PyResult<Bound<'py, PyBytes>> {
        transfer::recv_exact(py, self, n)
    }

    /// Closes the socket, FIN first even when there is unread input.
    fn close_fin_first(&self, py: Python<'_>) -> PyResult<()> {
        match self.current() {
            Some(socket) => CoreCall::new(py).run(|caller| socket.on(caller).close_fin_first()),
            None => Ok(()),
        }
    }

    /// Ends the connection at once with a reset and closes the socket.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        match self.current() {
            Some(socket) => CoreCall::new(py).run(|caller| socket.on(caller).abort()),
            None => Ok(()),
        }
    }

    /// Sets what close does with unsent data: None sends it in the background, 0 drops it and resets the connection,
    /// more waits this many seconds (fractions are rounded up).
    #[pyo3(signature = (seconds, /))]
    fn set_linger(&self, py: Python<'_>, seconds: &Bound<'_, PyAny>) -> PyResult<()> {
        options::set_linger(&*self.socket(py)?, seconds)
    }

    /// The linger time in seconds, None when off.
    fn linger(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        options::linger(py, &*self.socket(py)?)
    }

    /// The state of the TCP connection by its name, such as 'ESTABLISHED'.
    fn state(&self, py: Python<'_>) -> PyResult<&'static str> {
        errors::raise(py, self.socket(py)?.state()).map(|state| state.name())
    }

    /// State and statistics of the TCP connection.
    fn tcp_info(&self, py: Python<'_>) -> PyResult<TcpInfo> {
        TcpInfo::of(py, &*self.socket(py)?)
    }
}
