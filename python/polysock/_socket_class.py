"""The socket class."""

import _socket
import os
import sys

from . import _makefile, _multiprocessing, _native, _sendfile, _tls
from ._constants import AddressFamily, SocketKind, _GiveupOnSendfile, _intenum_converter
from ._delivery import DISCARD_LIMIT, CloseReport, CloseVerdict, SendQueue
from ._meta import SocketMeta
from ._namespace import package
from ._signature import ConstructorSignature

_standard_class = _socket.socket
_native_accept = _native.socket._accept


class socket(_native.socket, metaclass=SocketMeta):
    """A socket that any thread may use and any thread may close."""

    # The standard class's, of which the native type has the other two.
    __slots__ = ["__weakref__"]

    def __enter__(self):
        """Returns the socket; leaving the with statement closes it."""
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
        # As with the standard class, only multiprocessing can pickle a socket. If it was loaded after this module, the
        # class is registered with it here.
        if type(self) is socket and _multiprocessing.is_pickling(sys._getframe(1)):
            _multiprocessing.register(socket)
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
        """Accepts a connection and returns a new socket and the peer's address."""
        if package.socket is socket and type(self)._accept is _native_accept:
            connection, address = self._accept_whole()
            return socket(-1, -1, -1, connection), address
        # A class that overrides _accept is asked, and a class that replaces ours gets a descriptor's number.
        fd, address = self._accept()
        return package.socket(self.family, self.type, self.proto, fileno=fd), address

    def dup(self):
        """Returns a new socket object for the same socket, with a new descriptor."""
        if self.__class__ is socket:
            sock = socket(-1, -1, -1, self._duplicate_whole())
        else:
            # Another class gets a descriptor's number. If it raises, the descriptor is left open: it may own it by now.
            sock = self.__class__(self.family, self.type, self.proto, fileno=self._duplicate())
        sock.settimeout(self.gettimeout())
        return sock

    def makefile(self, mode="r", buffering=None, *, encoding=None, errors=None, newline=None):
        """Returns a file object for the socket. The socket is closed once it and all its files have been closed."""
        return _makefile.makefile(self, mode, buffering, encoding, errors, newline)

    def sendfile(self, file, offset=0, count=None):
        """Sends a binary file from `offset` to its end, or `count` bytes of it, and returns the number of bytes sent.

        The file's position does not matter. Afterwards it is behind the last byte sent, even after an exception, whose
        `done` is the number of bytes sent. A file that can't seek, such as a pipe, is sent from where it is.
        """
        try:
            return self._sendfile_use_sendfile(file, offset, count)
        except _GiveupOnSendfile:
            return self._sendfile_use_send(file, offset, count)

    def _sendfile_use_sendfile(self, file, offset=0, count=None):
        return _sendfile.use_sendfile(self, file, offset, count)

    def _sendfile_use_send(self, file, offset=0, count=None):
        return _sendfile.use_send(self, file, offset, count)

    def _check_sendfile_params(self, file, offset, count):
        _sendfile.check(self, file, offset, count)

    def _decref_socketios(self):
        self._remove_file()
        if self._closed:
            self.close()

    def _real_close(self, _ss=_standard_class):
        # The standard class's signature, which other libraries override. The standard class can't close our sockets.
        (_native.socket if _ss is _standard_class else _ss).close(self)

    def close_fin_first(self):
        """Closes the socket with a FIN even if there is unread input, so that the peer receives all data."""
        self._closed = True
        super().close_fin_first()

    def close_graceful(self, timeout, *, limit=DISCARD_LIMIT):
        """Closes the socket without losing data to a reset, and returns a CloseReport of what that proves.

        Ends this side's stream, reads and throws away what the peer still sends, at most `limit` bytes, until the peer
        ends its own stream, and closes. `timeout` is in seconds; None waits forever, 0 does not wait. Running out of
        time is a verdict, not an exception. If a signal handler raises, only close_graceful() and close() can still be
        called; either goes on.
        """
        verdict, unacked, unsent, discarded = super()._close_graceful(timeout, limit)
        self._closed = True
        return CloseReport(CloseVerdict[verdict], unacked, unsent, discarded)

    def send_queue(self):
        """Returns how many bytes of what was sent are still on the way, as a SendQueue."""
        return SendQueue(*super()._send_queue())

    def abort(self):
        """Resets the connection at once and closes the socket."""
        self._closed = True
        super().abort()

    def detach(self):
        """Closes the object without closing the descriptor, and returns the descriptor."""
        try:
            fd = super().detach()
        except OSError:
            _tls.give_back(self.fileno(), sys._getframe(1))
            raise
        self._closed = True
        return fd

    def get_inheritable(self):
        """Whether child processes inherit the descriptor."""
        return os.get_inheritable(self.fileno())

    def set_inheritable(self, inheritable):
        """Sets whether child processes inherit the descriptor."""
        os.set_inheritable(self.fileno(), inheritable)


_native.complete_class(socket)
_native.socket.__signature__ = ConstructorSignature(
    lambda inspect: inspect.signature(lambda family=-1, type=-1, proto=-1, fileno=None: None)
)
_multiprocessing.register(socket)
