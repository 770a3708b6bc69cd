//! The members that CPython's type does not have: our own, and those that the package's class calls.

use super::tcp_info::TcpInfo;
use super::{batch, close, connect, options, sendfile, transfer, NativeSocket, Unclaimed};
use crate::arguments::{CInt, CLong, Size};
use crate::core_call::CoreCall;
use crate::errors;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
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

    /// The same, but returns an object that only a new socket accepts, as its `fileno`.
    fn _duplicate_whole(&self, py: Python<'_>) -> PyResult<Unclaimed> {
        let copy = self.socket(py)?.duplicate();
        errors::raise(py, copy).map(Unclaimed::new)
    }

    /// Counts another file made by makefile(), which keeps the socket open.
    fn _add_file(slf: &Bound<'_, Self>) -> PyResult<()> {
        close::add_file(slf)
    }

    /// Counts one file less.
    fn _remove_file(slf: &Bound<'_, Self>) -> PyResult<()> {
        close::remove_file(slf)
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
    ) -> PyResult<u64> {
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

    /// Sends many datagrams in few system calls and returns how many were sent (sendmmsg(2), UDP_SEGMENT).
    ///
    /// Each is bytes, or a tuple of bytes and an address. A refused one does not stop the others; after they were sent, the
    /// OSError of the first is raised, with the attributes `done`, how many were sent, and `failures`, a list of
    /// `(index, exception)`.
    #[pyo3(signature = (datagrams, /))]
    fn send_batch(slf: &Bound<'_, Self>, datagrams: &Bound<'_, PyAny>) -> PyResult<usize> {
        batch::send_batch(slf, datagrams)
    }

    /// Waits for a datagram, receives it and all others that have arrived, at most `max`, and returns a list of
    /// `(bytes, address)` (recvmmsg(2)). What is longer than `bufsize` is cut, as by recvfrom().
    ///
    /// After set_udp_gro(True) the list may be longer than `max`, and `bufsize` should be left at its default.
    #[pyo3(signature = (max, bufsize = Size::LARGEST_DATAGRAM), text_signature = "($self, max, bufsize=65535)")]
    fn recv_batch<'py>(&self, py: Python<'py>, max: Size, bufsize: Size) -> PyResult<Bound<'py, PyList>> {
        batch::recv_batch(py, &*self.socket(py)?, max, bufsize)
    }

    /// Waits for a datagram, receives it and all others that have arrived, one into each buffer, and returns a list of
    /// `(nbytes, address, flags, segment_size)` (recvmmsg(2)). The flags of one that was longer than its buffer have MSG_TRUNC.
    ///
    /// `segment_size` is 0, or after set_udp_gro(True) the length of each of several datagrams in the buffer, of which the last
    /// may be shorter.
    #[pyo3(signature = (buffers, /))]
    fn recv_batch_into<'py>(
        &self,
        py: Python<'py>,
        buffers: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        batch::recv_batch_into(py, &*self.socket(py)?, buffers)
    }

    /// Sends `data` as datagrams of `size` bytes, the last one perhaps shorter, and returns how many bytes were sent
    /// (UDP_SEGMENT). Fewer than all are sent only when something ends the call.
    #[pyo3(signature = (data, size, address = None))]
    fn send_segments(
        slf: &Bound<'_, Self>,
        data: &Bound<'_, PyAny>,
        size: Size,
        address: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        batch::send_segments(slf, data, size, address)
    }

    /// Sets whether a receive may take several datagrams of one sender together (UDP_GRO). recv_batch() splits them; recv()
    /// and recvfrom() do not, and return them as if they were one.
    #[pyo3(signature = (on, /))]
    fn set_udp_gro(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        errors::raise(py, self.socket(py)?.set_receive_offload(on))
    }

    /// Whether a receive may take several datagrams together.
    fn udp_gro(&self, py: Python<'_>) -> PyResult<bool> {
        errors::raise(py, self.socket(py)?.receive_offload())
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
