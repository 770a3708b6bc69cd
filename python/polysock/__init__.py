"""Sockets without the traps: `import polysock as socket`.

The names, arguments, exceptions and constants are the standard module's. A native type holds the calls; this
module adds what the standard module, too, has in Python.
"""

import _socket
import array
import contextlib
import errno
import io
import operator
import os
import selectors  # noqa: F401  # programs reach it through the module
import stat
import sys

from . import _constants, _multiprocessing, _native
from ._constants import *
from ._constants import _GLOBAL_DEFAULT_TIMEOUT, IntEnum, IntFlag, _GiveupOnSendfile  # noqa: F401
from ._exceptions import Unfinished, UnfinishedReceive
from ._meta import SocketMeta
from ._native import (
    CMSG_LEN,
    CMSG_SPACE,
    SocketType,
    TcpInfo,
    TruncatedError,
    close,
    dup,
    get_try_first,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    getprotobyname,
    getservbyname,
    getservbyport,
    htonl,
    htons,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
    inet_aton,
    inet_ntoa,
    inet_ntop,
    inet_pton,
    ntohl,
    ntohs,
    set_try_first,
    sethostname,
    try_counts,
)
from ._patch import patch, unpatch
from ._server import Server
from ._signature import ConstructorSignature

__version__ = _native.__version__

__all__ = [
    *_constants.__all__,
    "CMSG_LEN",
    "CMSG_SPACE",
    "Server",
    "SocketIO",
    "SocketType",
    "TcpInfo",
    "TruncatedError",
    "Unfinished",
    "UnfinishedReceive",
    "close",
    "create_connection",
    "create_server",
    "dup",
    "fromfd",
    "get_try_first",
    "getaddrinfo",
    "getdefaulttimeout",
    "getfqdn",
    "gethostbyaddr",
    "gethostbyname",
    "gethostbyname_ex",
    "gethostname",
    "getnameinfo",
    "getprotobyname",
    "getservbyname",
    "getservbyport",
    "has_dualstack_ipv6",
    "htonl",
    "htons",
    "if_indextoname",
    "if_nameindex",
    "if_nametoindex",
    "inet_aton",
    "inet_ntoa",
    "inet_ntop",
    "inet_pton",
    "ntohl",
    "ntohs",
    "patch",
    "recv_fds",
    "send_fds",
    "set_try_first",
    "setdefaulttimeout",
    "sethostname",
    "socket",
    "socketpair",
    "try_counts",
    "unpatch",
]

_standard_class = _socket.socket
_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"
_blocking_errnos = {errno.EAGAIN, errno.EWOULDBLOCK}


def _intenum_converter(value, enum_klass):
    """The member of an enum class for a number, or the number where it has none."""
    try:
        return enum_klass(value)
    except ValueError:
        return value


class socket(_native.socket, metaclass=SocketMeta):
    """A socket that any thread may use and any thread may close."""

    __slots__ = ["__weakref__", "_closed", "_io_refs"]

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        _native.socket.__init__(self, family, type, proto, fileno)
        self._io_refs = 0
        self._closed = False

    def __enter__(self):
        """The socket itself; leaving the with statement closes it."""
        return self

    def __exit__(self, *args):
        """Closes the socket."""
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

    def __reduce_ex__(self, protocol, /):
        # As with the standard module's class, only multiprocessing can pickle a socket. It may have been loaded after
        # this module, and then learns of the class here.
        if type(self) is _own_class and _multiprocessing.is_pickling(sys._getframe(1)):
            _multiprocessing.register(_own_class)
            return _multiprocessing.reduce(self)
        return super().__reduce_ex__(protocol)

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
        if socket is _own_class and type(self)._accept is _native_accept:
            connection, address = self._accept_whole()
            return socket(fileno=connection), address
        # A class with an accept of its own gets asked, and somebody's class in place of ours gets a number.
        fd, address = self._accept()
        return socket(self.family, self.type, self.proto, fileno=fd), address

    def dup(self):
        """A new socket object for the same socket, with a descriptor of its own."""
        # Not closed when the class refuses it: it may have taken it, and close it once more.
        sock = self.__class__(self.family, self.type, self.proto, fileno=self._duplicate())
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

    def sendfile(self, file, offset=0, count=None):
        """Sends a binary file from `offset` to its end, or `count` bytes of it, and returns how many bytes went out.

        The file's position does not matter; afterwards it is behind the last byte sent, even after an exception, which
        has the number of bytes sent in `done`. A file without positions, such as a pipe, is sent as it comes.
        """
        try:
            return self._sendfile_use_sendfile(file, offset, count)
        except _GiveupOnSendfile:
            return self._sendfile_use_send(file, offset, count)

    def _sendfile_use_sendfile(self, file, offset=0, count=None):
        """Sends within the kernel; _GiveupOnSendfile, with nothing sent, where it can't."""
        self._check_sendfile_params(file, offset, count)
        try:
            fd = file.fileno()
            status = os.fstat(fd)
            regular = stat.S_ISREG(status.st_mode)
            # Files in /proc report a size of 0.
            empty = regular and not status.st_size and not os.pread(fd, 1, 0)
        except (AttributeError, io.UnsupportedOperation, OSError) as exc:
            raise _GiveupOnSendfile(exc) from exc
        if not regular:
            raise _GiveupOnSendfile("not a regular file")
        if empty:
            return 0
        if self.gettimeout() == 0:
            raise ValueError("non-blocking sockets are not supported")
        sent = 0
        try:
            sent = self._sendfile(fd, offset, count)
            return sent
        except BaseException as exc:
            sent = getattr(exc, "done", 0)
            if sent or isinstance(exc, TimeoutError) or not isinstance(exc, OSError):
                raise
            # A closed socket, or a file that the kernel can't send from; the other way finds out which.
            raise _GiveupOnSendfile(exc) from exc
        finally:
            if sent and hasattr(file, "seek"):
                file.seek(offset + sent)

    def _sendfile_use_send(self, file, offset=0, count=None):
        """Reads the file and sends what it read."""
        self._check_sendfile_params(file, offset, count)
        if self.gettimeout() == 0:
            raise ValueError("non-blocking sockets are not supported")
        seekable = _is_seekable(file)
        if offset or seekable:
            file.seek(offset)
        block = min(count, 8192) if count else 8192
        sent = 0
        try:
            while not count or sent < count:
                data = memoryview(file.read(min(count - sent, block) if count else block))
                if not data:
                    break
                while data:
                    try:
                        moved = self.send(data)
                    except BlockingIOError:
                        continue
                    except BaseException as exc:
                        sent += getattr(exc, "done", 0)
                        raise
                    sent += moved
                    data = data[moved:]
            return sent
        except BaseException as exc:
            with contextlib.suppress(AttributeError):
                exc.done = sent
            raise
        finally:
            if sent and seekable:
                file.seek(offset + sent)

    def _check_sendfile_params(self, file, offset, count):
        if "b" not in getattr(file, "mode", "b"):
            raise ValueError("file should be opened in binary mode")
        if not self.type & SOCK_STREAM:
            raise ValueError("only SOCK_STREAM type sockets are supported")
        if count is not None:
            if not isinstance(count, int):
                raise TypeError(f"count must be a positive integer (got {count!r})")
            if count <= 0:
                raise ValueError(f"count must be a positive integer (got {count!r})")

    def _decref_socketios(self):
        if self._io_refs > 0:
            self._io_refs -= 1
        if self._closed:
            self.close()

    def _real_close(self, _ss=_standard_class):
        # The standard module's signature, as others write it too; its class can't close ours.
        (_native.socket if _ss is _standard_class else _ss).close(self)

    def close(self):
        """Closes the socket, or, while files made by makefile() are open, as soon as the last is closed.

        Every call that waits on it in another thread ends with OSError (EBADF).
        """
        self._closed = True
        if self._io_refs <= 0:
            self._real_close()

    def close_fin_first(self):
        """Closes the socket, FIN first even when there is unread input, so that the peer gets all data."""
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


_own_class = socket
_native.socket.__signature__ = ConstructorSignature(lambda inspect: inspect.signature(_own_class))
_multiprocessing.register(socket)
_native_accept = _native.socket._accept


def _is_seekable(file):
    """Whether a file object can be positioned; without seekable(), whether it has seek()."""
    seekable = getattr(file, "seekable", None)
    return seekable() if seekable else hasattr(file, "seek")


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
    new = dup(fd)
    try:
        return socket(family, type, proto, new)
    except BaseException:
        if socket is _own_class:  # else it may have taken it
            close(new)
        raise


def socketpair(family=None, type=SOCK_STREAM, proto=0):
    """Two sockets connected to each other, of the Unix domain unless the program says otherwise."""
    if family is None:
        family = AF_UNIX
    first, second = _native.socketpair(family, type, proto)
    first = socket(family, type, proto, _for_the_class(first))
    try:
        return first, socket(family, type, proto, _for_the_class(second))
    except BaseException:
        first.close()
        raise


def _for_the_class(unclaimed):
    """What nobody holds yet, for our own class; somebody's class in place of ours gets a descriptor's number."""
    return unclaimed if socket is _own_class else operator.index(unclaimed)


def _fallback_socketpair(family=AF_INET, type=SOCK_STREAM, proto=0):
    """Two TCP sockets connected to each other over loopback, as on systems without socketpair(2)."""
    if family not in (AF_INET, AF_INET6):
        raise ValueError("Only AF_INET and AF_INET6 socket address families are supported")
    if type != SOCK_STREAM:
        raise ValueError("Only SOCK_STREAM socket type is supported")
    if proto != 0:
        raise ValueError("Only protocol zero is supported")
    listener = socket(family, type, proto)
    try:
        listener.bind((_LOCALHOST if family == AF_INET else _LOCALHOST_V6, 0))
        listener.listen()
        client = socket(family, type, proto)
        try:
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError, InterruptedError):
                client.connect(listener.getsockname()[:2])
            client.setblocking(True)
            server, _ = listener.accept()
        except BaseException:
            client.close()
            raise
    finally:
        listener.close()
    try:
        # Anybody on this machine may have connected in our place.
        if server.getsockname() != client.getpeername() or client.getsockname() != server.getpeername():
            raise ConnectionError("Unexpected peer connection")
    except BaseException:
        server.close()
        client.close()
        raise
    return server, client


def send_fds(sock, buffers, fds, flags=0, address=None):
    """Sends buffers, and descriptors with them, over a Unix socket.

    `flags` has no effect, as in the standard module, where programs (pyroute2) pass other things for it; `sendmsg` has
    flags.
    """
    return sock.sendmsg(buffers, [(SOL_SOCKET, SCM_RIGHTS, array.array("i", fds))], 0, address)


def recv_fds(sock, bufsize, maxfds, flags=0):
    """Receives bytes and up to `maxfds` descriptors over a Unix socket: returns bytes, descriptors, flags, address."""
    fds = array.array("i")
    data, ancillary, flags, address = sock.recvmsg(bufsize, CMSG_LEN(maxfds * fds.itemsize), flags)
    for level, kind, rights in ancillary:
        if (level, kind) == (SOL_SOCKET, SCM_RIGHTS):
            fds.frombytes(rights[: len(rights) - len(rights) % fds.itemsize])
    return data, list(fds), flags, address


def getfqdn(name=""):
    """The full name of a host, this machine unless one is named; the name itself where there is no better."""
    name = name.strip()
    if not name or name in ("0.0.0.0", "::"):
        name = gethostname()
    try:
        official, aliases, _ = gethostbyaddr(name)
    except error:
        return name
    return next((known for known in (official, *aliases) if "." in known), official)


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


def create_connection(
    address, timeout=_GLOBAL_DEFAULT_TIMEOUT, source_address=None, *, all_errors=False, happy_eyeballs_delay=0.25
):
    """Connects to (host, port): tries all addresses of the host, and the first that connects wins.

    When an address has not answered after `happy_eyeballs_delay` seconds, or its share of the time, the next one is
    tried beside it, the families taking turns (RFC 8305); after a refusal the next is tried at once. None tries one
    after the other, in the resolver's order.
    The timeout covers all addresses together, from the end of the look-up. If all fail, the last address's error is
    raised, or with `all_errors` a group of all errors.
    """
    host, port = address
    found = list(getaddrinfo(host, port, 0, SOCK_STREAM))  # a program's own may return any iterable
    limit = getdefaulttimeout() if timeout is _GLOBAL_DEFAULT_TIMEOUT else timeout

    def make(family, kind, proto):
        sock = socket(family, kind, proto)
        try:
            if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
                sock.settimeout(timeout)
            if source_address:
                sock.bind(source_address)
        except BaseException:
            sock.close()
            raise
        return sock

    # A class that overrides connect, such as a proxy's, has to connect to one address after another, and so has a call
    # that may not wait.
    if len(found) > 1 and limit != 0 and getattr(socket, "connect", None) is _native.socket.connect:
        one_at_a_time = bool(source_address and source_address[1])
        race = _native.Race([family for family, *_ in found], limit, happy_eyeballs_delay, one_at_a_time)
        sock, errors = _first_of(race, found, make)
    else:
        sock, errors = _one_after_another(found, make)
    try:
        if sock is not None:
            return sock
        if not errors:
            raise error("getaddrinfo returns an empty list")
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        raise errors[-1]
    finally:
        errors.clear()  # an exception refers to this frame, the frame must not refer to it


def _first_of(race, found, make):
    """The socket that connects first, or None and the error of each address, in their order."""
    made, failed = {}, {}
    try:
        while (place := race.step()) is not None:
            for out in [other for other in made if not race.runs(other)]:
                made.pop(out).close()
            family, kind, proto, _canonname, sockaddr = found[place]
            try:
                made[place] = make(family, kind, proto)
                race.enter(place, made[place], sockaddr)
            except error as exc:
                failed[place] = exc
                race.fail(place)
        if race.winner is not None:
            return made.pop(race.winner), []
        return None, [failed.get(place) or race.error(place) for place in range(len(found))]
    finally:
        failed.clear()
        for sock in made.values():
            sock.close()
        made.clear()


def _one_after_another(found, make):
    """The same, one address after another by the socket's own connect, each with its share of the time."""
    errors = []
    deadline = None
    for place, (family, kind, proto, _canonname, sockaddr) in enumerate(found):
        sock = None
        try:
            sock = make(family, kind, proto)
            limit = sock.gettimeout()
            if limit and len(found) > 1:
                deadline = deadline or _native.Deadline(limit)
                # Never 0, which would mean not to wait.
                sock.settimeout(max(deadline.left(), 1e-6) / (len(found) - place))
            sock.connect(sockaddr)
            if limit and len(found) > 1:
                sock.settimeout(limit)
            return sock, []
        except error as exc:
            errors.append(exc)
            if sock is not None:
                sock.close()
        except BaseException:
            if sock is not None:
                sock.close()
            raise
    return None, errors


def getdefaulttimeout():
    """The timeout in seconds that new sockets get; None for ever. The standard module has the same."""
    return _socket.getdefaulttimeout()


def setdefaulttimeout(timeout, /):
    """Sets the timeout in seconds that new sockets get: None waits for ever, 0 never waits."""
    _socket.setdefaulttimeout(timeout)


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
            worded = error(exc.errno, text)
            for note in getattr(exc, "__notes__", ()):
                worded.add_note(note)
            raise worded from None
        if backlog is None:
            sock.listen()
        else:
            sock.listen(backlog)
        return sock
    except BaseException:
        sock.close()
        raise
