//! The native socket type: the members that CPython's `_socket.socket` has, and our own.

use crate::convert::{self, Argument, AsInt, CInt, Object, Size};
use crate::gil::Tries;
use crate::raw::buffer::{Readable, Writable};
use crate::raw::{bytes, descriptor, finalize};
use crate::tcp_info::TcpInfo;
use crate::{address, audit, error, gil, message, options, sendfile};
use polysock_core::{Family, Flags, Protocol, Shutdown, Socket, SocketType, Timeout};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyTuple};
use std::ops::Deref;
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What `listen()` asks for when the program does not say: CPython's number.
const BACKLOG: CInt = CInt(128);

/// A socket as Python holds it: nothing yet after `__new__`, then the core's.
#[pyclass(name = "socket", module = "polysock._native", subclass, frozen)]
pub struct NativeSocket {
    first: OnceLock<Arc<Socket>>,
    /// After another `__init__`, which is rare: reading the first one needs no lock.
    later: OnceLock<Mutex<Arc<Socket>>>,
    /// Whether its calls may be tried attached, if it was told.
    tries: AtomicU8,
}

const UNTOLD: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

/// The core's socket of an object, held for a call.
pub enum Current<'a> {
    First(&'a Arc<Socket>),
    Later(Arc<Socket>),
}

impl Deref for Current<'_> {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        match self {
            Self::First(socket) => socket,
            Self::Later(socket) => socket,
        }
    }
}

#[pymethods]
impl NativeSocket {
    /// Takes and ignores any arguments: subclasses have constructors of their own.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            first: OnceLock::new(),
            later: OnceLock::new(),
            tries: AtomicU8::new(UNTOLD),
        }
    }

    #[pyo3(signature = (family = AsInt(-1), r#type = AsInt(-1), proto = AsInt(-1), fileno = None))]
    fn __init__(
        slf: &Bound<'_, Self>,
        family: AsInt,
        r#type: AsInt,
        proto: AsInt,
        fileno: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let py = slf.py();
        let (family, r#type, proto) = (CInt(family.0), CInt(r#type.0), CInt(proto.0));
        let (family, r#type, proto) = match fileno {
            Some(_) => (family, r#type, proto),
            None => (
                given(family).map_or(CInt(libc::AF_INET), CInt),
                given(r#type).map_or(CInt(libc::SOCK_STREAM), CInt),
                given(proto).map_or(CInt(0), CInt),
            ),
        };
        let described = match fileno.and_then(Unclaimed::described) {
            Some(described) if family == CInt(-1) => described,
            _ => [family.0, r#type.0, proto.0],
        };
        audit::tell_new(slf, described)?;
        let timeout = default_timeout(py)?;
        let socket = match fileno {
            Some(number) => adopted(number, family, r#type, proto)?,
            None => Arc::new(gil::detached(py, || {
                Socket::new(Family(family.0), SocketType(r#type.0), Protocol(proto.0))
            })?),
        };
        let non_blocking = r#type != CInt(-1) && r#type.0 & libc::SOCK_NONBLOCK != 0;
        if non_blocking {
            socket.set_timeout(Timeout::NonBlocking);
        } else if timeout != Timeout::Never {
            set_timeout(py, &socket, timeout)?;
        }
        slf.get().keep(py, socket)
    }

    /// Warns of a socket that nobody closed, and closes it.
    fn __del__(slf: &Bound<'_, Self>) {
        finalize::finalize(slf);
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

    /// The timeout in seconds; None for ever.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        self.gettimeout()
    }

    /// Gives the socket its own address.
    #[pyo3(signature = (address, /), text_signature = "($self, object, /)")]
    fn bind(slf: &Bound<'_, Self>, address: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let socket = slf.get().socket(py)?;
        let target = address::from_python("bind", &socket, address)?;
        audit::tell_address(c"socket.bind", slf, address)?;
        gil::detached(py, || socket.bind(&target))
    }

    /// Starts to listen; a negative backlog means 0.
    #[pyo3(signature = (backlog = BACKLOG, /), text_signature = "($self, backlog=128, /)")]
    fn listen(&self, py: Python<'_>, backlog: CInt) -> PyResult<()> {
        let socket = self.socket(py)?;
        gil::detached(py, || socket.listen(backlog.0.max(0)))
    }

    /// Accepts a connection: its descriptor, which is the caller's, and the address of the peer.
    fn _accept<'py>(&self, py: Python<'py>) -> PyResult<(i32, Bound<'py, PyAny>)> {
        let socket = self.socket(py)?;
        let (accepted, peer) = gil::call(py, |host| socket.on(host).accept())?;
        let peer = address::to_python(py, socket.protocol(), &peer)?;
        let fd = accepted.detach().map_err(|error| error::exception(py, &error))?;
        Ok((fd.into_raw_fd(), peer))
    }

    /// The same with the connection as something that only a new socket takes, as its `fileno`.
    fn _accept_whole<'py>(&self, py: Python<'py>) -> PyResult<(Unclaimed, Bound<'py, PyAny>)> {
        let socket = self.socket(py)?;
        let (accepted, peer) = gil::call(py, |host| socket.on(host).accept())?;
        let peer = address::to_python(py, socket.protocol(), &peer)?;
        Ok((Unclaimed::new(accepted), peer))
    }

    /// Another descriptor for the same socket, which is the caller's. The socket is known to be held twice from now on.
    fn _duplicate(&self, py: Python<'_>) -> PyResult<i32> {
        let socket = self.socket(py)?;
        let copy = socket.duplicate().and_then(|copy| copy.detach());
        let fd = copy.map_err(|error| error::exception(py, &error))?;
        Ok(fd.into_raw_fd())
    }

    /// Connects to an address.
    #[pyo3(signature = (address, /), text_signature = "($self, object, /)")]
    fn connect(slf: &Bound<'_, Self>, address: &Bound<'_, PyAny>) -> PyResult<()> {
        match connect(slf, "connect", address)? {
            Ok(()) => Ok(()),
            Err(failure) => Err(failure.into_exception(slf.py())),
        }
    }

    /// Connects to an address and returns the error number, 0 when it went well, EAGAIN when time was up.
    #[pyo3(signature = (address, /), text_signature = "($self, object, /)")]
    fn connect_ex(slf: &Bound<'_, Self>, address: &Bound<'_, PyAny>) -> PyResult<i32> {
        match connect(slf, "connect_ex", address)? {
            Ok(()) => Ok(0),
            Err(failure) => match failure.raised {
                Some(raised) => Err(raised),
                None => Ok(failure.error.errno().unwrap_or(libc::EAGAIN)),
            },
        }
    }

    /// Sends as much as there is room for and returns how much.
    #[pyo3(
        signature = (data = Argument::Missing, flags = CInt(0), /),
        text_signature = "($self, data, flags=0, /)"
    )]
    fn send<'py>(&self, py: Python<'py>, data: Argument<Object<'py>>, flags: CInt) -> PyResult<usize> {
        let data = data.or("send() takes at least 1 argument (0 given)")?;
        let (data, socket) = (Readable::of(&data.0)?, self.socket(py)?);
        sent(py, (self, &socket), &data, flags)
    }

    /// Sends everything. An exception has the attribute `done`: how many bytes went out.
    #[pyo3(
        signature = (data = Argument::Missing, flags = CInt(0), /),
        text_signature = "($self, data, flags=0, /)"
    )]
    fn sendall<'py>(&self, py: Python<'py>, data: Argument<Object<'py>>, flags: CInt) -> PyResult<()> {
        let data = data.or("sendall() takes at least 1 argument (0 given)")?;
        let (data, socket) = (Readable::of(&data.0)?, self.socket(py)?);
        sent_all(py, (self, &socket), &data, flags)
    }

    /// Receives at most `bufsize` bytes; none are the end of the stream.
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
            return Ok(PyBytes::new(py, b"")); // as CPython does it, whatever becomes of the socket
        }
        received(py, (self, &*self.socket(py)?), capacity, flags)
    }

    /// Receives into a buffer, at most `nbytes`, or as many as there is room for, and returns how many.
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
        let wanted = "recv_into() argument 1 must be read-write bytes-like object";
        let buffer = Writable::of(buffer).map_err(|_| convert::wrong_argument(wanted, buffer))?;
        let wanted = match nbytes.count("negative buffersize in recv_into")? {
            0 => buffer.len(),
            wanted if wanted <= buffer.len() => wanted,
            _ => return Err(PyValueError::new_err("buffer too small for requested bytes")),
        };
        if wanted == 0 {
            return Ok(0); // as in recv
        }
        received_into(py, (self, &*self.socket(py)?), buffer, wanted, flags)
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
        message::received_from(py, (self, &*self.socket(py)?), capacity, flags)
    }

    /// Receives a datagram into a buffer: how many bytes, and the sender's address.
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
        message::recvfrom_into(py, &*self.socket(py)?, buffer, nbytes, flags)
    }

    /// Sends a datagram to an address: `sendto(data, address)` or `sendto(data, flags, address)`.
    #[pyo3(signature = (*arguments), text_signature = "($self, data, flags_or_address, address=None, /)")]
    fn sendto(slf: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<usize> {
        message::sendto(slf, arguments)
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

    /// Receives a message into buffers, one after the other: how many bytes, and the rest as recvmsg() has it.
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
        signature = (buffers, ancdata = Argument::Missing, flags = CInt(0), address = None, /),
        text_signature = "($self, buffers, ancdata=(), flags=0, address=None, /)"
    )]
    fn sendmsg(
        slf: &Bound<'_, Self>,
        buffers: &Bound<'_, PyAny>,
        ancdata: Argument<Object<'_>>,
        flags: CInt,
        address: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        message::sendmsg(slf, buffers, ancdata, flags, address)
    }

    /// Sends buffers to the kernel's cryptography and says what is to be done with them.
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
        message::sendmsg_afalg(py, &*self.socket(py)?, msg, op, iv, assoclen, flags)
    }

    /// Sends `count` bytes of an open file from `offset`, or all to its end, and returns how many. The time limit
    /// starts anew whenever something went out.
    #[pyo3(signature = (fileno, offset, count, /))]
    fn _sendfile(&self, py: Python<'_>, fileno: CInt, offset: u64, count: Option<u64>) -> PyResult<usize> {
        sendfile::sendfile(py, &*self.socket(py)?, fileno, offset, count)
    }

    /// Sets whether this socket's small transfers are tried before the interpreter lock is given up; None does what
    /// polysock.set_try_first() says.
    #[pyo3(signature = (on, /))]
    fn set_try_first(&self, on: Option<bool>) {
        let told = on.map_or(UNTOLD, |on| if on { ON } else { OFF });
        self.tries.store(told, Ordering::Relaxed);
    }

    /// What set_try_first() set; None unless it did.
    fn get_try_first(&self) -> Option<bool> {
        match self.tries.load(Ordering::Relaxed) {
            UNTOLD => None,
            told => Some(told == ON),
        }
    }

    /// Receives exactly `n` bytes.
    ///
    /// EOFError when the stream ends before the first, TruncatedError in the middle. Every exception of the call
    /// itself has the attributes `done`, how many bytes came, and `partial`, those bytes.
    #[pyo3(signature = (n, /))]
    fn recv_exact<'py>(&self, py: Python<'py>, n: Size) -> PyResult<Bound<'py, PyBytes>> {
        let length = n.count("negative size in recv_exact")?;
        let socket = self.socket(py)?;
        let mut bytes = bytes::Unfinished::new(py, length)?;
        let result = gil::attempt(py, |host| socket.on(host).recv_exact(bytes.room()));
        let Err(failure) = result else {
            return bytes.finish(length);
        };
        let partial = bytes.finish(failure.error.done())?;
        let from_handler = failure.raised.is_some();
        let raised = failure.into_exception(py);
        if !from_handler {
            error::note(py, &raised, "partial", partial);
        }
        Err(raised)
    }

    /// Ends one direction or both: SHUT_RD, SHUT_WR, SHUT_RDWR.
    #[pyo3(signature = (how, /), text_signature = "($self, object, /)")]
    fn shutdown(&self, py: Python<'_>, how: AsInt) -> PyResult<()> {
        let socket = self.socket(py)?;
        let how = Shutdown::from_raw(how.0).ok_or_else(|| {
            let errno = if socket.is_closed() {
                libc::EBADF
            } else {
                libc::EINVAL
            };
            error::os_error(py, errno)
        })?;
        gil::detached(py, || socket.shutdown(how))
    }

    /// Closes the socket; every call that waits in another thread ends.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let Some(socket) = self.current() else {
            return Ok(());
        };
        gil::call(py, |host| socket.on(host).close())
    }

    /// Closes the socket, FIN first even when there is input nobody read.
    fn close_fin_first(&self, py: Python<'_>) -> PyResult<()> {
        let Some(socket) = self.current() else {
            return Ok(());
        };
        gil::call(py, |host| socket.on(host).close_fin_first())
    }

    /// Ends the connection at once with a reset and closes the socket.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        let Some(socket) = self.current() else {
            return Ok(());
        };
        gil::call(py, |host| socket.on(host).abort())
    }

    /// Gives the descriptor up and returns it, -1 when the socket is closed; OSError (EBUSY) while calls are inside.
    fn detach(&self, py: Python<'_>) -> PyResult<i32> {
        match self.current() {
            Some(socket) if !socket.is_closed() => match socket.detach() {
                Ok(fd) => Ok(fd.into_raw_fd()),
                Err(error) => Err(error::exception(py, &error)),
            },
            _ => Ok(-1),
        }
    }

    /// The number of the descriptor, -1 when the socket is closed.
    fn fileno(&self, _py: Python<'_>) -> i32 {
        self.current()
            .and_then(|socket| socket.fileno().ok())
            .unwrap_or(-1)
    }

    /// The socket's own address.
    fn getsockname<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let socket = self.socket(py)?;
        let local = socket
            .local_address()
            .map_err(|error| error::exception(py, &error))?;
        address::to_python(py, socket.protocol(), &local)
    }

    /// The address of the other end.
    fn getpeername<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let socket = self.socket(py)?;
        let peer = socket
            .peer_address()
            .map_err(|error| error::exception(py, &error))?;
        address::to_python(py, socket.protocol(), &peer)
    }

    /// Sets the timeout in seconds: None waits for ever, 0 never waits.
    #[pyo3(signature = (timeout, /), text_signature = "($self, object, /)")]
    fn settimeout(&self, py: Python<'_>, timeout: &Bound<'_, PyAny>) -> PyResult<()> {
        let timeout = convert::timeout(timeout)?;
        let socket = self.socket(py)?;
        set_timeout(py, &socket, timeout)
    }

    /// The timeout in seconds; None for ever.
    fn gettimeout(&self) -> Option<f64> {
        self.current()
            .and_then(|socket| convert::seconds(socket.recv_timeout()))
    }

    /// True is settimeout(None), False is settimeout(0).
    #[pyo3(signature = (flag, /), text_signature = "($self, object, /)")]
    fn setblocking(&self, py: Python<'_>, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        // From CPython 3.12 on anything is true or false.
        let on = if convert::since(py, 12) {
            flag.is_truthy()?
        } else {
            flag.extract::<i64>()? != 0
        };
        let socket = self.socket(py)?;
        let set = socket.set_blocking(on);
        set.map_err(|error| error::exception(py, &error))
    }

    /// Whether calls may wait.
    fn getblocking(&self) -> bool {
        self.gettimeout() != Some(0.0)
    }

    /// Sets an option: from a number, from bytes, or from None and a length.
    #[pyo3(
        signature = (
            level = Argument::Missing, option = Argument::Missing, value = Argument::Missing, optlen = Argument::Missing, /
        ),
        text_signature = "($self, level, option, value, optlen=None, /)"
    )]
    fn setsockopt<'py>(
        &self,
        py: Python<'py>,
        level: Argument<Object<'py>>,
        option: Argument<Object<'py>>,
        value: Argument<Object<'py>>,
        optlen: Argument<Object<'py>>,
    ) -> PyResult<()> {
        let Object(level) = level.or("setsockopt() takes exactly 3 arguments (0 given)")?;
        let Object(option) = option.or("setsockopt() takes exactly 3 arguments (1 given)")?;
        let Object(value) = value.or("setsockopt() takes exactly 3 arguments (2 given)")?;
        let setting = options::Setting::of(&level, &option, &value, &optlen)?;
        if (setting.level, setting.name) == (libc::SOL_SOCKET, libc::SO_RCVLOWAT) {
            gil::low_water_was_set();
        }
        setting.set(py, &*self.socket(py)?)
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

    /// What close does with data not sent yet: None goes on in the background, 0 drops them and resets the
    /// connection, more waits so many seconds (parts are rounded up).
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
        match self.socket(py)?.state() {
            Ok(state) => Ok(state.name()),
            Err(error) => Err(error::exception(py, &error)),
        }
    }

    /// State and statistics of the TCP connection.
    fn tcp_info(&self, py: Python<'_>) -> PyResult<TcpInfo> {
        TcpInfo::of(py, &*self.socket(py)?)
    }
}

impl NativeSocket {
    /// Whether there is a descriptor that nobody closed, nor will: a server closes what it has handed out.
    pub fn is_forgotten(&self) -> bool {
        match self.current() {
            None => false,
            Some(Current::First(socket)) => !socket.is_closed() && Arc::strong_count(socket) == 1,
            // `current` counts as one.
            Some(Current::Later(socket)) => !socket.is_closed() && Arc::strong_count(&socket) == 2,
        }
    }

    /// The core's socket to keep; OSError (EBADF) where `__init__` never ran.
    pub fn share(&self, py: Python<'_>) -> PyResult<Arc<Socket>> {
        Ok(match self.socket(py)? {
            Current::First(socket) => Arc::clone(socket),
            Current::Later(socket) => socket,
        })
    }

    /// Closes without anybody to tell of a failure.
    pub fn close_quietly(&self, py: Python<'_>) {
        if let Some(socket) = self.current() {
            let _ = gil::attempt(py, |host| socket.on(host).close());
        }
    }

    /// When a transfer may be tried attached.
    pub fn tries(&self, socket: &Socket, direction: Tries, flags: CInt, plain_memory: bool) -> Tries {
        let on = match self.tries.load(Ordering::Relaxed) {
            UNTOLD => gil::tries(),
            told => told == ON,
        };
        if !on || flags.0 & (libc::MSG_WAITALL | libc::MSG_FASTOPEN) != 0 {
            return Tries::Never;
        }
        let calls_never_sleep = matches!(socket.family(), Family::IPV4 | Family::IPV6 | Family::UNIX)
            && matches!(
                socket.socket_type(),
                SocketType::STREAM | SocketType::DATAGRAM | SocketType::SEQPACKET
            );
        if plain_memory && calls_never_sleep {
            direction
        } else {
            Tries::Alone
        }
    }

    /// The core's socket of an object that was initialised once, as nearly all are.
    pub fn only(&self) -> Option<&Socket> {
        match self.later.get() {
            None => self.first.get().map(|socket| &**socket),
            Some(_) => None,
        }
    }

    fn current(&self) -> Option<Current<'_>> {
        match self.later.get() {
            None => self.first.get().map(Current::First),
            Some(later) => {
                let socket = later.lock().unwrap_or_else(PoisonError::into_inner);
                Some(Current::Later(Arc::clone(&socket)))
            }
        }
    }

    /// The core's socket; OSError (EBADF) where `__init__` never ran.
    pub fn socket(&self, py: Python<'_>) -> PyResult<Current<'_>> {
        self.current().ok_or_else(|| error::bad_descriptor(py))
    }

    /// Keeps a new socket and forgets the descriptor of the one before without closing it.
    fn keep(&self, py: Python<'_>, socket: Arc<Socket>) -> PyResult<()> {
        let Err(socket) = self.first.set(socket) else {
            return Ok(());
        };
        if let Some(old) = self.current().filter(|old| !old.is_closed()) {
            let fd = old.detach().map_err(|error| error::exception(py, &error))?;
            let _ = fd.into_raw_fd();
        }
        let later = self.later.get_or_init(|| Mutex::new(Arc::clone(&socket)));
        *later.lock().unwrap_or_else(PoisonError::into_inner) = socket;
        Ok(())
    }
}

/// A socket on its way to its own object, as that one's `fileno`. Unlike a descriptor's number it says that nobody else
/// holds the socket.
#[pyclass(module = "polysock._native", frozen)]
pub struct Unclaimed(Mutex<Option<Arc<Socket>>>);

impl Unclaimed {
    pub fn new(socket: impl Into<Arc<Socket>>) -> Self {
        Self(Mutex::new(Some(socket.into())))
    }

    /// The family, type and protocol of the socket, where the object is one of these.
    fn described(object: &Bound<'_, PyAny>) -> Option<[i32; 3]> {
        let unclaimed = object.cast_exact::<Self>().ok()?.get();
        let socket = unclaimed.0.lock().unwrap_or_else(PoisonError::into_inner);
        let socket = socket.as_ref()?;
        Some([socket.family().0, socket.socket_type().0, socket.protocol().0])
    }

    pub fn take(&self) -> Option<Arc<Socket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl Unclaimed {
    /// Gives the descriptor away, to a class that takes numbers only.
    fn __index__(&self, py: Python<'_>) -> PyResult<i32> {
        let socket = self.take().ok_or_else(|| error::bad_descriptor(py))?;
        let fd = socket.detach().map_err(|error| error::exception(py, &error))?;
        Ok(fd.into_raw_fd())
    }
}

/// An argument that is there: -1 stands for one that is not.
fn given(number: CInt) -> Option<i32> {
    (number != CInt(-1)).then_some(number.0)
}

fn adopted(number: &Bound<'_, PyAny>, family: CInt, r#type: CInt, proto: CInt) -> PyResult<Arc<Socket>> {
    let py = number.py();
    if let Ok(unclaimed) = number.cast_exact::<Unclaimed>() {
        return unclaimed.get().take().ok_or_else(|| error::bad_descriptor(py));
    }
    if number.is_instance_of::<PyFloat>() {
        return Err(PyTypeError::new_err("integer argument expected, got float"));
    }
    let CInt(number) = number.extract()?;
    let fd = descriptor::adopt(number).ok_or_else(|| PyValueError::new_err("negative file descriptor"))?;
    let (family, kind, proto) = (
        given(family).map(Family),
        given(r#type).map(SocketType),
        given(proto).map(Protocol),
    );
    Socket::from_fd_as(fd, family, kind, proto)
        .map(Arc::new)
        .map_err(|refused| {
            let _ = refused.fd.into_raw_fd(); // it stays the caller's
            error::exception(py, &refused.error)
        })
}

/// An object, and the core's socket that it has for this call.
pub type Using<'a> = (&'a NativeSocket, &'a Socket);

/// Receives at most `capacity` bytes.
pub fn received<'py>(
    py: Python<'py>,
    (native, socket): Using<'_>,
    capacity: usize,
    flags: CInt,
) -> PyResult<Bound<'py, PyBytes>> {
    bytes::received(py, capacity, |room| {
        gil::receive(py, native.tries(socket, Tries::Receive, flags, true), |host| {
            socket.on(host).recv_with(room, Flags(flags.0))
        })
    })
}

/// Receives at most `wanted` bytes into memory of Python's.
pub fn received_into(
    py: Python<'_>,
    (native, socket): Using<'_>,
    mut buffer: Writable<'_>,
    wanted: usize,
    flags: CInt,
) -> PyResult<usize> {
    let tries = native.tries(socket, Tries::Receive, flags, buffer.is_plain());
    gil::receive(py, tries, |host| {
        socket.on(host).recv_with(buffer.room(wanted), Flags(flags.0))
    })
}

/// Sends as much as there is room for.
pub fn sent(
    py: Python<'_>,
    (native, socket): Using<'_>,
    data: &Readable<'_, '_>,
    flags: CInt,
) -> PyResult<usize> {
    let tries = native.tries(socket, Tries::Send, flags, data.is_plain());
    gil::transfer(py, tries, |host| {
        socket.on(host).send_with(data.data(), Flags(flags.0))
    })
}

/// Sends everything.
pub fn sent_all(
    py: Python<'_>,
    (native, socket): Using<'_>,
    data: &Readable<'_, '_>,
    flags: CInt,
) -> PyResult<()> {
    let tries = native.tries(socket, Tries::Send, flags, data.is_plain());
    gil::transfer(py, tries, |host| {
        socket.on(host).send_all_with(data.data(), Flags(flags.0))
    })
}

/// Sets the timeout and, as CPython does, the descriptor's mode: non-blocking for any timeout.
fn set_timeout(py: Python<'_>, socket: &Socket, timeout: Timeout) -> PyResult<()> {
    let set = socket.set_descriptor_nonblocking(timeout != Timeout::Never);
    set.map_err(|error| error::exception(py, &error))?;
    socket.set_timeout(timeout);
    Ok(())
}

/// The timeout of new sockets, from the store that the standard module shares.
fn default_timeout(py: Python<'_>) -> PyResult<Timeout> {
    static STORE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let seconds = STORE.import(py, "_socket", "getdefaulttimeout")?.call0()?;
    convert::timeout(&seconds)
}

fn connect(
    slf: &Bound<'_, NativeSocket>,
    caller: &str,
    address: &Bound<'_, PyAny>,
) -> PyResult<Result<(), Box<gil::Failure>>> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let target = address::from_python(caller, &socket, address)?;
    audit::tell_address(c"socket.connect", slf, address)?;
    Ok(gil::attempt(py, |host| socket.on(host).connect(&target)))
}
