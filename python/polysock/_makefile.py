"""File objects over a socket."""

import io

from ._constants import _standard, timeout
from ._namespace import package


def makefile(sock, mode, buffering, encoding, errors, newline):
    """Makes what socket.makefile() returns."""
    if not set(mode) <= {"r", "w", "b"}:
        raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
    writing = "w" in mode
    reading = "r" in mode or not writing
    binary = "b" in mode
    raw = package.SocketIO(sock, ("r" if reading else "") + ("w" if writing else ""))
    sock._add_file()
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
    text = io.TextIOWrapper(buffer, io.text_encoding(encoding, 3), errors, newline)
    text.mode = mode
    return text


class SocketIO(io.RawIOBase):
    """The raw file under the buffered files that socket.makefile() returns."""

    def __init__(self, sock, mode):
        if mode not in ("r", "w", "rw", "rb", "wb", "rwb"):
            raise ValueError(f"invalid mode: {mode!r}")
        super().__init__()
        self._sock = sock
        self._mode = mode if "b" in mode else mode + "b"
        self._reading = "r" in mode
        self._writing = "w" in mode
        self._timeout_occurred = False
        # Whether there is nothing to check before a read or a write, which takes longer than the call itself.
        self._may_read = self._reading and type(self) is SocketIO
        self._may_write = self._writing and type(self) is SocketIO

    def readinto(self, b):
        """Receives into a buffer and returns the number of bytes; None if a non-blocking socket has none."""
        if not self._may_read:
            self._checkClosed()
            self._checkReadable()
            if self._timeout_occurred:
                raise OSError("cannot read from timed out object")
        try:
            return self._sock.recv_into(b)
        except timeout:
            self._timeout_occurred = True
            self._may_read = False
            raise
        except BlockingIOError:
            return None

    def write(self, b):
        """Sends what fits and returns the number of bytes; None if nothing fits on a non-blocking socket."""
        if not self._may_write:
            self._checkClosed()
            self._checkWritable()
        try:
            return self._sock.send(b)
        except BlockingIOError:
            return None

    def readable(self):
        """Whether the file was opened for reading."""
        if self.closed:
            raise ValueError("I/O operation on closed socket.")
        return self._reading

    def writable(self):
        """Whether the file was opened for writing."""
        if self.closed:
            raise ValueError("I/O operation on closed socket.")
        return self._writing

    def seekable(self):
        """Always False."""
        if self.closed:
            raise ValueError("I/O operation on closed socket.")
        return super().seekable()

    def fileno(self):
        """The socket's file descriptor."""
        self._checkClosed()
        return self._sock.fileno()

    @property
    def name(self):
        """The socket's file descriptor, -1 when closed."""
        return -1 if self.closed else self.fileno()

    @property
    def mode(self):
        """The mode, always binary: rb, wb or rwb."""
        return self._mode

    def close(self):
        """Closes the file, and the socket if that was closed before and this was its last file."""
        if self.closed:
            return
        self._may_read = self._may_write = False
        super().close()
        sock = vars(self).pop("_sock", None)  # one thread gets it, even if several close the file
        self._sock = None
        if sock is not None:
            sock._decref_socketios()


# TLS sockets are the standard module's, and so are their raw files.
SocketIO.register(_standard.SocketIO)
