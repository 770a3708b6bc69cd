//! The members that the type shares with CPython's, with their signatures.

use super::NativeSocket;
use super::{close, connect, create, crypto, datagram, message, options, timeout, transfer};
use crate::arguments::{self, Argument, AsInt, CInt, Object, SendFlags, Size};
use crate::core_call::CoreCall;
use crate::errors;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

/// The default backlog of `listen()`: CPython's number.
const BACKLOG: CInt = CInt(128);
const NO_SEND_FLAGS: SendFlags = SendFlags(CInt(0));

#[pymethods]
impl NativeSocket {
    /// Ignores its arguments: subclasses may have other constructors.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::empty()
    }

    #[pyo3(signature = (family = AsInt(-1), r#type = AsInt(-1), proto = AsInt(-1), fileno = None))]
    fn __init__(
        slf: &Bound<'_, Self>,
        family: AsInt,
        r#type: AsInt,
        proto: AsInt,
        fileno: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        create::init(slf, [family, r#type, proto].map(|number| CInt(number.0)), fileno)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!(
            "<socket object, fd={}, family={}, type={}, proto={}>",
            self.fileno(py),
            self.family(),
            self.get_type(),
            self.proto()
        )
    }

    /// The address family, as a number.
    #[getter]
    fn family(&self) -> i32 {
        self.current().map_or(0, |socket| socket.family().0)
    }

    /// The socket type without flag bits, as a number.
    #[getter]
    fn get_type(&self) -> i32 {
        self.current().map_or(0, |socket| socket.socket_type().0)
    }

    /// The protocol, as a number.
    #[getter]
    fn proto(&self) -> i32 {
        self.current().map_or(0, |socket| socket.protocol().0)
    }

    /// The timeout in seconds; None means forever.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        self.gettimeout()
    }

    /// Binds the socket to an address.
    #[pyo3(signature = (*arguments), text_signature = "($self, object, /)")]
    fn bind(slf: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
        connect::bind(slf, &connect::only_address("bind", arguments)?)
    }

    /// Starts to listen; a negative backlog means 0.
    #[pyo3(signature = (backlog = BACKLOG, /), text_signature = "($self, backlog=128, /)")]
    fn listen(&self, py: Python<'_>, backlog: CInt) -> PyResult<()> {
        let socket = self.socket(py)?;
        CoreCall::on(py, &*socket).run_detached(|| socket.listen(backlog.0.max(0)))
    }

    /// Connects to an address.
    #[pyo3(signature = (*arguments), text_signature = "($self, object, /)")]
    fn connect(slf: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
        connect::connect(slf, &connect::only_address("connect", arguments)?)
    }

    /// Connects to an address and returns the error number: 0 on success, EAGAIN when the time is up.
    #[pyo3(signature = (*arguments), text_signature = "($self, object, /)")]
    fn connect_ex(slf: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<i32> {
        connect::connect_ex(slf, &connect::only_address("connect_ex", arguments)?)
    }

    /// Sends as much as there is room for and returns how much.
    #[pyo3(
        signature = (data = Argument::Missing, flags = NO_SEND_FLAGS, /),
        text_signature = "($self, data, flags=0, /)"
    )]
    fn send<'py>(&self, py: Python<'py>, data: Argument<Object<'py>>, flags: SendFlags) -> PyResult<usize> {
        let newer = arguments::since(py, 15);
        let data = data.or(if newer {
            "send expected at least 1 argument, got 0"
        } else {
            "send() takes at least 1 argument (0 given)"
        })?;
        let (data, socket) = (transfer::data_of(&data.0)?, self.socket(py)?);
        transfer::send(py, (self, &socket), &data, flags.0)
    }

    /// Sends everything. An exception has the attribute `done`: how many bytes were sent.
    #[pyo3(
        signature = (data = Argument::Missing, flags = NO_SEND_FLAGS, /),
        text_signature = "($self, data, flags=0, /)"
    )]
    fn sendall<'py>(&self, py: Python<'py>, data: Argument<Object<'py>>, flags: SendFlags) -> PyResult<()> {
        let newer = arguments::since(py, 15);
        let data = data.or(if newer {
            "sendall expected at least 1 argument, got 0"
        } else {
            "sendall() takes at least 1 argument (0 given)"
        })?;
        let (data, socket) = (transfer::data_of(&data.0)?, self.socket(py)?);
        transfer::sendall(py, (self, &socket), &data, flags.0)
    }

    /// Receives at most `bufsize` bytes; an empty result means the end of the stream.
    #[pyo3(
        signature = (bufsize = Argument::Missing, flags = CInt(0), /),
        text_signature = "($self, bufsize, flags=0, /)"
    )]
    fn recv<'py>(
        &self,
        py: Python<'py>,
        bufsize: Argument<Size>,
        flags: CInt,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bufsize = bufsize.or("recv() takes at least 1 argument (0 given)")?;
        let capacity = bufsize.count("negative buffersize in recv")?;
        if capacity == 0 {
            return Ok(PyBytes::new(py, b"")); // like CPython, without looking at the socket
        }
        transfer::recv(py, (self, &*self.socket(py)?), capacity, flags)
    }

    /// Receives into a buffer, at most `nbytes` bytes or as many as fit, and returns how many.
    #[pyo3(
        signature = (buffer, nbytes = Size::ZERO, flags = CInt(0)),
        text_signature = "($self, buffer, nbytes=0, flags=0)"
    )]
    fn recv_into(
        &self,
        py: Python<'_>,
        buffer: &Bound<'_, PyAny>,
        nbytes: Size,
        flags: CInt,
    ) -> PyResult<usize> {
        transfer::recv_into(py, self, buffer, nbytes, flags)
    }

    /// Receives a datagram of at most `bufsize` bytes: the bytes and the sender's address.
    #[pyo3(signature = (bufsize, flags = CInt(0), /), text_signature = "($self, bufsize, flags=0, /)")]
    fn recvfrom<'py>(
        &self,
        py: Python<'py>,
        bufsize: Size,
        flags: CInt,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyAny>)> {
        let capacity = bufsize.count("negative buffersize in recvfrom")?;
        datagram::recvfrom(py, (self, &*self.socket(py)?), capacity, flags)
    }

    /// Receives a datagram into a buffer: returns the number of bytes, and the sender's address.
    #[pyo3(
        signature = (buffer, nbytes = Size::ZERO, flags = CInt(0)),
        text_signature = "($self, buffer, nbytes=0, flags=0)"
    )]
    fn recvfrom_into<'py>(
        &self,
        py: Python<'py>,
        buffer: &Bound<'py, PyAny>,
        nbytes: Size,
        flags: CInt,
    ) -> PyResult<(usize, Bound<'py, PyAny>)> {
        datagram::recvfrom_into(py, &*self.socket(py)?, buffer, nbytes, flags)
    }

    /// Sends a datagram to an address: `sendto(data, address)` or `sendto(data, flags, address)`.
    #[pyo3(signature = (*arguments), text_signature = "($self, data, flags_or_address, address=None, /)")]
    fn sendto(slf: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<usize> {
        datagram::sendto(slf, arguments)
    }

    /// Receives a message: the bytes, a list of control messages `(level, type, data)`, flags, the sender's address.
    #[pyo3(
        signature = (bufsize, ancbufsize = Size::ZERO, flags = CInt(0), /),
        text_signature = "($self, bufsize, ancbufsize=0, flags=0, /)"
    )]
    fn recvmsg<'py>(
        &self,
        py: Python<'py>,
        bufsize: Size,
        ancbufsize: Size,
        flags: CInt,
    ) -> PyResult<Bound<'py, PyTuple>> {
        message::recvmsg(py, &*self.socket(py)?, bufsize, ancbufsize, flags)
    }

    /// Receives a message into buffers, one after the other: returns the number of bytes, and the rest as in recvmsg().
    #[pyo3(
        signature = (buffers, ancbufsize = Size::ZERO, flags = CInt(0), /),
        text_signature = "($self, buffers, ancbufsize=0, flags=0, /)"
    )]
    fn recvmsg_into<'py>(
        &self,
        py: Python<'py>,
        buffers: &Bound<'py, PyAny>,
        ancbufsize: Size,
        flags: CInt,
    ) -> PyResult<Bound<'py, PyTuple>> {
        message::recvmsg_into(py, &*self.socket(py)?, buffers, ancbufsize, flags)
    }

    /// Sends buffers as one message, with control messages `(level, type, data)`, perhaps to an address.
    #[pyo3(
        signature = (buffers, ancdata = Argument::Missing, flags = NO_SEND_FLAGS, address = None, /),
        text_signature = "($self, buffers, ancdata=(), flags=0, address=None, /)"
    )]
    fn sendmsg(
        slf: &Bound<'_, Self>,
        buffers: &Bound<'_, PyAny>,
        ancdata: Argument<Object<'_>>,
        flags: SendFlags,
        address: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        message::sendmsg(slf, buffers, ancdata, flags.0, address)
    }

    /// Sends buffers to the kernel's cryptography, with the operation to apply to them.
    #[pyo3(
        signature = (msg = None, *, op = None, iv = None, assoclen = None, flags = CInt(0)),
        text_signature = "($self, msg=(), *, op, iv=None, assoclen=None, flags=0)"
    )]
    fn sendmsg_afalg(
        &self,
        py: Python<'_>,
        msg: Option<&Bound<'_, PyAny>>,
        op: Option<&Bound<'_, PyAny>>,
        iv: Option<&Bound<'_, PyAny>>,
        assoclen: Option<&Bound<'_, PyAny>>,
        flags: CInt,
    ) -> PyResult<usize> {
        crypto::sendmsg_afalg(py, &*self.socket(py)?, msg, op, iv, assoclen, flags)
    }

    /// Ends one direction or both: SHUT_RD, SHUT_WR, SHUT_RDWR.
    #[pyo3(signature = (how, /), text_signature = "($self, object, /)")]
    fn shutdown(&self, py: Python<'_>, how: AsInt) -> PyResult<()> {
        close::shutdown(py, &*self.socket(py)?, how.0)
    }

    /// Closes the socket, or if files made by makefile() are open, once the last of them is closed. Calls that wait on it
    /// in other threads end with OSError (EBADF).
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        close::close(py, self)
    }

    /// Whether the program has closed the socket; files made by makefile() may keep it open.
    #[getter(_closed)]
    fn closed(slf: &Bound<'_, Self>) -> PyResult<bool> {
        close::marked_closed(slf)
    }

    #[setter(_closed)]
    fn set_closed(&self, closed: &Bound<'_, PyAny>) -> PyResult<()> {
        self.mark_closed(closed.is_truthy()?);
        Ok(())
    }

    /// How many files made by makefile() are open.
    #[getter(_io_refs)]
    fn io_refs(slf: &Bound<'_, Self>) -> PyResult<isize> {
        close::files(slf)
    }

    #[setter(_io_refs)]
    fn set_io_refs(&self, count: isize) {
        self.set_files(count);
    }

    /// Gives up the descriptor and returns it; -1 when the socket is closed. OSError (EBUSY) while other threads are
    /// inside calls.
    fn detach(&self, py: Python<'_>) -> PyResult<i32> {
        close::detach(py, self)
    }

    /// The number of the descriptor; -1 when the socket is closed.
    fn fileno(&self, _py: Python<'_>) -> i32 {
        self.current()
            .and_then(|socket| socket.fileno().ok())
            .unwrap_or(-1)
    }

    /// The socket's local address.
    fn getsockname<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let socket = self.socket(py)?;
        connect::address_of(py, &socket, socket.local_address())
    }

    /// The address of the other end.
    fn getpeername<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let socket = self.socket(py)?;
        connect::address_of(py, &socket, socket.peer_address())
    }

    /// Sets the timeout in seconds: None waits forever, 0 never waits.
    #[pyo3(signature = (timeout, /), text_signature = "($self, object, /)")]
    fn settimeout(&self, py: Python<'_>, timeout: &Bound<'_, PyAny>) -> PyResult<()> {
        let timeout = arguments::timeout(timeout)?;
        timeout::set_timeout(py, &*self.socket(py)?, timeout)?;
        self.note_came_nonblocking(false);
        Ok(())
    }

    /// The timeout in seconds; None means forever.
    fn gettimeout(&self) -> Option<f64> {
        self.current()
            .filter(|_| !self.came_nonblocking())
            .and_then(|socket| arguments::seconds(socket.recv_timeout()))
    }

    /// True means settimeout(None), False means settimeout(0).
    #[pyo3(signature = (flag, /), text_signature = "($self, object, /)")]
    fn setblocking(&self, py: Python<'_>, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        let on = timeout::blocking(flag)?;
        errors::raise(py, self.socket(py)?.set_blocking(on))?;
        self.note_came_nonblocking(false);
        Ok(())
    }

    /// Whether calls may wait.
    fn getblocking(&self) -> bool {
        self.gettimeout() != Some(0.0)
    }

    /// Sets an option: from a number, from bytes, or from None and a length.
    #[pyo3(signature = (*arguments), text_signature = "($self, level, option, value, optlen=None, /)")]
    fn setsockopt(&self, py: Python<'_>, arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
        let arguments: Vec<_> = arguments.iter().collect();
        options::Setting::of(py, &arguments)?.set(py, &*self.socket(py)?)
    }

    /// Reads an option: as a number, or with `buflen` as bytes.
    #[pyo3(
        signature = (level, option, buflen = CInt(0), /),
        text_signature = "($self, level, option, buflen=0, /)"
    )]
    fn getsockopt<'py>(
        &self,
        py: Python<'py>,
        level: CInt,
        option: CInt,
        buflen: CInt,
    ) -> PyResult<Bound<'py, PyAny>> {
        options::get(py, &*self.socket(py)?, level.0, option.0, buflen.0)
    }
}
