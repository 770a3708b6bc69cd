"""Streams of bytes: what sockets return, those over other streams, and the buffered ones.

They can also read from a Python binary file: `DataInputStream(open(name, "rb"))`, or `sys.stdin.buffer` where a Java
program has `System.in`.

What is read ahead belongs to the stream object. A timeout in the middle of a value, or a signal handler that raises,
loses nothing: the bytes that have arrived are kept, and the next call continues with them.

Therefore a method that takes something out of a stream, or puts something in, first computes everything it needs, which
may be interrupted and repeated, and then commits the result by assignments alone: the interpreter runs signal handlers
after calls and between the rounds of a loop, but neither between assignments nor before a return. A lock is taken and
released by assignment too.
"""

import errno
import os
from abc import ABCMeta, abstractmethod

from .. import _native
from ._closeable import Closeable
from ._errors import EOFException, IllegalArgumentException, IOException, NullPointerException
from ._values import part, room

CHUNK = 8192
# The length of the longest line, in bytes or characters, whatever the peer sends.
LONGEST_LINE = 16 * 1024 * 1024


class InputStream(Closeable, metaclass=ABCMeta):
    """A stream of bytes to read, such as a socket's. A subclass must define `read`."""

    @abstractmethod
    def read(self, buffer=None, off=0, length=None, /):
        """Reads one byte, or some into (a part of) a buffer: returns the byte, or how many; -1 at the end."""

    def readNBytes(self, buffer, off=None, length=None, /):
        """Reads a number of bytes, fewer only at the end of the stream.

        `readNBytes(length)` returns them; `readNBytes(buffer, off, length)` fills a part of a buffer and returns their
        number. An exception has the bytes that were read in `partial`.
        """
        if off is None or length is None:
            return self._up_to(buffer)
        view = room(buffer, off, length)
        data = self._up_to(len(view))
        view[: len(data)] = data
        return len(data)

    def readAllBytes(self):
        """Reads to the end of the stream. An exception has the bytes that were read in `partial`."""
        return self._up_to(None)

    def _up_to(self, limit):
        if limit is not None and limit < 0:
            raise IllegalArgumentException("len < 0")
        received = bytearray()
        try:
            self._take_up_to(limit, received)
            return bytes(received)
        except BaseException as failed:  # including what a signal handler raises
            received += getattr(failed, "partial", b"")
            # After a MemoryError there is no memory for a copy either.
            failed.partial = received if isinstance(failed, MemoryError) else bytes(received)
            failed.bytesTransferred = len(received)
            raise

    # Loops have functions of their own: in CPython 3.14, what a signal handler raises where a loop begins again may
    # escape the `try` around it.
    def _take_up_to(self, limit, received):
        while limit is None or len(received) < limit:
            wanted = CHUNK if limit is None else min(CHUNK, limit - len(received))
            if _native.take_in(received, self, wanted) < 0:
                break

    def skip(self, n, /):
        """Reads and drops `n` bytes, fewer only at the end of the stream; returns their number. An exception has it in
        `bytesTransferred`."""
        left = [max(n, 0)]
        try:
            self._drop(left)
        except BaseException as failed:  # including what a signal handler raises
            failed.bytesTransferred = max(n, 0) - left[0]
            raise
        return max(n, 0) - left[0]

    def _drop(self, left):
        chunk = bytearray(min(left[0], CHUNK))
        while left[0]:
            count = self.read(chunk, 0, min(left[0], len(chunk)))
            if count < 0:
                break
            left[0] -= count

    def skipNBytes(self, n, /):
        """Reads and drops exactly `n` bytes; raises EOFException at the end of the stream."""
        if self.skip(n) < n:
            raise EOFException

    def transferTo(self, out, /):
        """Reads to the end of the stream, writes everything to an output stream and returns the number of bytes."""
        if out is None:
            raise NullPointerException("the stream is None")
        out.write  # noqa: B018  # fails before anything is read that would be lost
        total, kept = 0, bytearray()
        while (count := _native.take_in(kept, self, CHUNK)) >= 0:
            _native.send_out(out, kept)
            total += count
        return total

    def available(self):
        """The number of bytes that can be read without waiting."""
        return 0

    def markSupported(self):
        """Whether the stream can be reset to a mark: always False."""
        return False

    def close(self):
        """Closes the stream and its socket."""


class OutputStream(Closeable, metaclass=ABCMeta):
    """A stream of bytes to write, such as a socket's. A subclass must define `write`."""

    @abstractmethod
    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number."""

    def flush(self):
        """Sends what is buffered."""

    def close(self):
        """Closes the stream and its socket."""


InputStream.register(_native.SocketInputStream)
OutputStream.register(_native.SocketOutputStream)


class _BinaryFile(InputStream):
    """A Python binary file as a stream of bytes."""

    def __init__(self, file):
        # As with a socket, what has arrived is enough; `readinto` of a buffered file waits until the buffer is full.
        self._readinto = getattr(file, "readinto1", file.readinto)
        self.close = file.close

    def read(self, buffer=None, off=0, length=None, /):
        byte = bytearray(1)
        place = part(byte if buffer is None else buffer, off, length)
        if not place:
            return 0
        count = self._readinto(place)
        if count is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        if count == 0:
            return -1
        return byte[0] if buffer is None else count


def input_stream(stream):
    """Returns a stream as it is, and a binary file as a stream."""
    if stream is None:
        raise NullPointerException("the stream is None")
    if hasattr(stream, "readinto"):
        return _BinaryFile(stream)
    if not hasattr(stream, "read"):
        raise TypeError(f"a stream to read from is required, not {type(stream).__name__}")
    return stream


def output_stream(stream):
    """Returns a stream that can be written to."""
    if stream is None:
        raise NullPointerException("the stream is None")
    if not hasattr(stream, "write"):
        raise TypeError(f"a stream to write to is required, not {type(stream).__name__}")
    return stream


class FilterInputStream(InputStream):
    """Reads from another stream and closes it."""

    def __init__(self, stream, /):
        self._stream = input_stream(stream)
        # Bytes that were read and, from `_at` on, not yet returned.
        self._kept = bytearray()
        self._at = 0
        self._turn = _native.Turn()

    def _need(self, length, size):
        """Reads until `length` bytes are kept, up to `size` at once; returns False if the stream ends before."""
        if self._at:
            self._forget()
        while len(self._kept) < length:
            if _native.take_in(self._kept, self._stream, max(size, length - len(self._kept))) < 0:
                return False
        return True

    def _forget(self):
        """Drops the bytes that were returned."""
        at = self._at
        del self._kept[:at]
        self._at = 0

    def _ahead(self):
        """The least number of bytes to read at once."""
        return 0

    def _ensure_open(self):
        """Raises if the stream has been closed, in classes that keep track of it."""

    def read(self, buffer=None, off=0, length=None, /):
        """Reads one byte, or some into (a part of) a buffer: returns the byte, or how many; -1 at the end."""
        if buffer is None and (off or length is not None):
            raise NullPointerException("the buffer is None")
        view = memoryview(bytearray(1)) if buffer is None else room(buffer, off, length)
        wanted = len(view)
        turn = self._turn
        turn.taken = True
        try:
            self._ensure_open()
            if wanted == 0:
                return 0
            kept = self._kept
            have = len(kept) - self._at
            if not have:
                self._forget()
                have = _native.take_in(kept, self._stream, max(wanted, self._ahead()))
                have = len(kept)
                if not have:
                    return -1
            at = self._at
            count = min(wanted, have)
            end = at + count
            view[:count] = kept[at:end]
            self._at = end
            return view[0] if buffer is None else count
        finally:
            turn.taken = False

    def available(self):
        """The number of bytes that can be read without waiting."""
        self._ensure_open()
        return max(self._turn.length(self._kept) - self._at, 0) + self._stream.available()

    def close(self):
        """Closes the stream and its socket."""
        self._stream.close()


class BufferedInputStream(FilterInputStream):
    """Reads ahead, so that small reads do not each need a system call. Threads that read at the same time take
    turns."""

    def __init__(self, stream, size=CHUNK, /):
        super().__init__(stream)
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        self._size = size
        self._closed = False

    def _ahead(self):
        return self._size

    def _ensure_open(self):
        if self._closed:
            raise IOException("Stream closed")

    def close(self):
        """Closes the stream and its socket; a read that waits in another thread ends."""
        self._closed = True
        super().close()


class FilterOutputStream(OutputStream):
    """Writes to another stream; flushes and closes it."""

    def __init__(self, stream, /):
        self._stream = output_stream(stream)

    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number."""
        self._stream.write(data, off, length)

    def flush(self):
        """Sends what is buffered."""
        self._stream.flush()

    def close(self):
        """Flushes and closes the stream and its socket."""
        try:
            self.flush()
        finally:
            self._stream.close()


class BufferedOutputStream(FilterOutputStream):
    """Buffers what is written until the buffer is full, `flush` or `close`. Threads that write at the same time take
    turns."""

    def __init__(self, stream, size=CHUNK, /):
        super().__init__(stream)
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        self._size = size
        self._waiting = bytearray()
        self._turn = _native.Turn()

    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number. After an exception, only
        the first `done` bytes have been accepted."""
        data = (data & 0xFF).to_bytes(1, "big") if isinstance(data, int) else bytes(part(data, off, length))
        turn = self._turn
        turn.taken = True
        try:
            if len(self._waiting) + len(data) > self._size:
                try:
                    _native.send_out(self._stream, self._waiting)
                except BaseException as failed:
                    failed.done = 0
                    raise
            if len(data) < self._size:
                self._waiting += data
                return
            data = bytearray(data)
            _native.send_out(self._stream, data)
        finally:
            turn.taken = False

    def flush(self):
        """Sends what is buffered. After an exception, the bytes that were sent are not sent again."""
        turn = self._turn
        turn.taken = True
        try:
            _native.send_out(self._stream, self._waiting)
            self._stream.flush()
        finally:
            turn.taken = False
