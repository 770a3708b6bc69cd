"""The class of sockets."""

import _socket
import os
import sys

from . import _makefile, _multiprocessing, _native, _sendfile
from ._constants import AddressFamily, SocketKind, _GiveupOnSendfile, _intenum_converter
from ._meta import SocketMeta
from ._namespace import package
from ._signature import ConstructorSignature

_standard_class = _socket.socket
_native_accept = _native.socket._accept


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
        """Accepts a connection: a new socket and the address of the peer."""
        if package.socket is socket and type(self)._accept is _native_accept:
            connection, address = self._accept_whole()
            return socket(fileno=connection), address
        # A class that overrides _accept is asked, and a class that replaces ours gets a descriptor's number.
        fd, address = self._accept()
        return package.socket(self.family, self.type, self.proto, fileno=fd), address

    def dup(self):
        """A new socket object for the same socket, with a descriptor of its own."""
        # Not closed when the class refuses it: it may have taken it, and close it once more.
        sock = self.__class__(self.family, self.type, self.proto, fileno=self._duplicate())
        sock.settimeout(self.gettimeout())
        return sock

    def makefile(self, mode="r", buffering=None, *, encoding=None, errors=None, newline=None):
        """A file object for the socket; the socket is closed when it and all its files are."""
        return _makefile.makefile(self, mode, buffering, encoding, errors, newline)

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
        return _sendfile.use_sendfile(self, file, offset, count)

    def _sendfile_use_send(self, file, offset=0, count=None):
        return _sendfile.use_send(self, file, offset, count)

    def _check_sendfile_params(self, file, offset, count):
        _sendfile.check(self, file, offset, count)

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


_native.socket.__signature__ = ConstructorSignature(lambda inspect: inspect.signature(socket))
_multiprocessing.register(socket)
