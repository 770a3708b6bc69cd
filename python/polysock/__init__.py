"""Sockets without the traps: `import polysock as socket`.

The names, arguments, exceptions and constants are the standard module's. A native type holds the calls; this
module adds what the standard module, too, has in Python.
"""

import errno
import io
import os
import time

from . import _constants, _native
from ._constants import *
from ._constants import _GLOBAL_DEFAULT_TIMEOUT, _GiveupOnSendfile  # noqa: F401
from ._meta import SocketMeta
from ._native import TruncatedError

# Not in __all__: `from socket import *` must not bring a name as common as these.
from ._patch import patch as patch
from ._patch import unpatch as unpatch

__all__ = [
    *_constants.__all__,
    "SocketIO",
    "TruncatedError",
    "create_connection",
    "create_server",
    "fromfd",
    "getaddrinfo",
    "has_dualstack_ipv6",
    "socket",
]

_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"
_blocking_errnos = {errno.EAGAIN, errno.EWOULDBLOCK}


def _intenum_converter(value, enum_class):
    """The member of an enum class for a number, or the number where it has none."""
    try:
        return enum_class(value)
    except ValueError:
        return value


class socket(_native.Socket, metaclass=SocketMeta):
    """A socket that any thread may use and any thread may close."""

    __slots__ = ["__weakref__", "_closed", "_io_refs"]

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        _native.Socket.__init__(self, family, type, proto, fileno)
        self._io_refs = 0
        self._closed = False

    def __enter__(self):
        return self

    def __exit__(self, *args):
        if not self._closed:
            self.close()

    def __repr__(self):
        cls = self.__class__
        closed = getattr(self, "_closed", False)
        text = (
            f"<{cls.__module__}.{cls.__qualname__}{' [closed]' if closed else ''} fd={self.fileno()}"
            f", family={self.family!s}, type={self.type!s}, proto={self.proto}"
        )
        if not closed:
            for name, ask in (("laddr", self.getsockname), ("raddr", self.getpeername)):
                try:
                    address = ask()
                except OSError:
                    continue
                if address:
                    text += f", {name}={address}"
        return text + ">"

    def __getstate__(self):
        raise TypeError(f"cannot pickle {self.__class__.__name__!r} object")

    @property
    def family(self):
        """The address family."""
        return _intenum_converter(super().family, AddressFamily)

    @property
    def type(self):
        """The socket type."""
        return _intenum_converter(super().type, SocketKind)

    def accept(self):
        """Accepts a connection: a new socket and the address of the peer."""
        fd, address = self._accept()
        return socket(self.family, self.type, self.proto, fileno=fd), address

    def dup(self):
        """A new socket object for the same socket, with a descriptor of its own."""
        fd = os.dup(self.fileno())
        try:
            sock = self.__class__(self.family, self.type, self.proto, fileno=fd)
        except BaseException:
            os.close(fd)
            raise
        sock.settimeout(self.gettimeout())
        return sock

    def makefile(self, mode="r", buffering=None, *, encoding=None, errors=None, newline=None):
        """A file object for the socket; the socket is closed when it and all its files are."""
        if not set(mode) <= {"r", "w", "b"}:
            raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
        writing = "w" in mode
        reading = "r" in mode or not writing
        binary = "b" in mode
        raw = SocketIO(self, ("r" if reading else "") + ("w" if writing else ""))
        self._io_refs += 1
        if buffering is None or buffering < 0:
            buffering = io.DEFAULT_BUFFER_SIZE
        if buffering == 0:
            if not binary:
                raise ValueError("unbuffered streams must be binary")
            return raw
        if reading and writing:
            buffer = io.BufferedRWPair(raw, raw, buffering)
        elif reading:
            buffer = io.BufferedReader(raw, buffering)
        else:
            buffer = io.BufferedWriter(raw, buffering)
        if binary:
            return buffer
        text = io.TextIOWrapper(buffer, io.text_encoding(encoding), errors, newline)
        text.mode = mode
        return text

    def _decref_socketios(self):
        if self._io_refs > 0:
            self._io_refs -= 1
        if self._closed:
            self.close()

    def _real_close(self, _ss=_native.Socket):
        _ss.close(self)

    def close(self):
        """Closes the socket, or, while files made by makefile() are open, as soon as the last is closed.

        Every call that waits on it in another thread ends with OSError (EBADF).
        """
        self._closed = True
        if self._io_refs <= 0:
            self._real_close()

    def close_fin_first(self):
        """Closes the socket, FIN first even when there is input nobody read: the peer gets all data."""
        self._closed = True
        super().close_fin_first()

    def abort(self):
        """Ends the connection at once with a reset and closes the socket."""
        self._closed = True
        super().abort()

    def detach(self):
        """Closes the object but not the descriptor, which is returned."""
        fd = super().detach()
        self._closed = True
        return fd

    def get_inheritable(self):
        """Whether child processes get the descriptor."""
        return os.get_inheritable(self.fileno())

    def set_inheritable(self, inheritable):
        """Sets whether child processes get the descriptor."""
        os.set_inheritable(self.fileno(), inheritable)


class SocketIO(io.RawIOBase):
    """The file under the buffers that socket.makefile() returns."""

    def __init__(self, sock, mode):
        if mode not in ("r", "w", "rw", "rb", "wb", "rwb"):
            raise ValueError(f"invalid mode: {mode!r}")
        super().__init__()
        self._sock = sock
        self._mode = mode if "b" in mode else mode + "b"
        self._reading = "r" in mode
        self._writing = "w" in mode
        self._timeout_occurred = False

    def readinto(self, b):
        """Receives into a buffer; None when nothing is there and the socket does not wait."""
        self._checkClosed()
        self._checkReadable()
        if self._timeout_occurred:
            raise OSError("cannot read from timed out object")
        try:
            return self._sock.recv_into(b)
        except timeout:
            self._timeout_occurred = True
            raise
        except BlockingIOError:
            return None

    def write(self, b):
        """Sends what there is room for; None when there is none and the socket does not wait."""
        self._checkClosed()
        self._checkWritable()
        try:
            return self._sock.send(b)
        except BlockingIOError:
            return None

    def readable(self):
        """Whether it was made for reading."""
        if self.closed:
            raise ValueError("I/O operation on closed socket.")
        return self._reading

    def writable(self):
        """Whether it was made for writing."""
        if self.closed:
            raise ValueError("I/O operation on closed socket.")
        return self._writing

    def seekable(self):
        """Never."""
        if self.closed:
            raise ValueError("I/O operation on closed socket.")
        return super().seekable()

    def fileno(self):
        """The descriptor of the socket."""
        self._checkClosed()
        return self._sock.fileno()

    @property
    def name(self):
        """The descriptor of the socket, -1 when closed."""
        return -1 if self.closed else self.fileno()

    @property
    def mode(self):
        """What it was made for."""
        return self._mode

    def close(self):
        """Closes this file; the socket too when it was closed already and this was its last file."""
        if self.closed:
            return
        super().close()
        self._sock._decref_socketios()
        self._sock = None


def fromfd(fd, family, type, proto=0):
    """A socket object for a duplicate of a descriptor."""
    new = os.dup(fd)
    try:
        return socket(family, type, proto, new)
    except BaseException:
        os.close(new)
        raise


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    """Looks up a host and a service: a list of (family, type, proto, canonname, sockaddr)."""
    return [
        (
            _intenum_converter(found_family, AddressFamily),
            _intenum_converter(found_type, SocketKind),
            found_proto,
            canonname,
            sockaddr,
        )
        for found_family, found_type, found_proto, canonname, sockaddr in _native.getaddrinfo(
            host, port, family, type, proto, flags
        )
    ]


def create_connection(address, timeout=_GLOBAL_DEFAULT_TIMEOUT, source_address=None, *, all_errors=False):
    """Connects to (host, port): every address the host has, in order, until one answers.

    The timeout covers all addresses together, from the end of the look-up. The last address's error is
    raised, or with `all_errors` a group of all.
    """
    host, port = address
    errors = []
    deadline = None
    for family, kind, proto, _canonname, sockaddr in getaddrinfo(host, port, 0, SOCK_STREAM):
        sock = None
        try:
            sock = socket(family, kind, proto)
            if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
                sock.settimeout(timeout)
            limit = sock.gettimeout()
            if limit:
                if deadline is None:
                    deadline = time.monotonic() + limit
                elif deadline <= time.monotonic():
                    sock.close()
                    break
                else:
                    sock.settimeout(deadline - time.monotonic())
            if source_address:
                sock.bind(source_address)
            sock.connect(sockaddr)
            if limit:
                sock.settimeout(limit)
            errors.clear()
            return sock
        except error as exc:
            if not all_errors:
                errors.clear()
            errors.append(exc)
            if sock is not None:
                sock.close()
        except BaseException:
            if sock is not None:
                sock.close()
            raise
    try:
        if not errors:
            raise error("getaddrinfo returns an empty list")
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        raise errors[0]
    finally:
        errors.clear()  # an exception refers to this frame, the frame must not refer to it


def has_dualstack_ipv6():
    """Whether one IPv6 socket can take IPv4 connections too."""
    if not has_ipv6:
        return False
    try:
        with socket(AF_INET6, SOCK_STREAM) as sock:
            sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
            return True
    except error:
        return False


def create_server(address, *, family=AF_INET, backlog=None, reuse_port=False, dualstack_ipv6=False):
    """Listens on (host, port), with SO_REUSEADDR; port 0 lets the system choose."""
    if reuse_port and "SO_REUSEPORT" not in globals():
        raise ValueError("SO_REUSEPORT not supported on this platform")
    if dualstack_ipv6:
        if not has_dualstack_ipv6():
            raise ValueError("dualstack_ipv6 not supported on this platform")
        if family != AF_INET6:
            raise ValueError("dualstack_ipv6 requires AF_INET6 family")
    sock = socket(family, SOCK_STREAM)
    try:
        sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        if has_ipv6 and family == AF_INET6:
            sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0 if dualstack_ipv6 else 1)
        try:
            sock.bind(address)
        except error as exc:
            text = f"{exc.strerror} (while attempting to bind on address {address!r})"
            raise error(exc.errno, text) from None
        if backlog is None:
            sock.listen()
        else:
            sock.listen(backlog)
        return sock
    except BaseException:
        sock.close()
        raise
