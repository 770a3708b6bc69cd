"""Streams of bytes over other streams: DataInputStream, DataOutputStream and the buffered ones.

What they read from may be a binary file of Python's as well: `DataInputStream(open(name, "rb"))`, or `sys.stdin.buffer`
where a Java program has `System.in`.

What is read ahead belongs to the stream object. A timeout in the middle of a value loses nothing: the bytes that came
are kept, and the next call goes on with them.
"""

import errno
import os
import struct
import threading
from abc import ABCMeta, abstractmethod

from .. import _native
from ._errors import (
    EOFException,
    IllegalArgumentException,
    IOException,
    NullPointerException,
    UTFDataFormatException,
)
from ._values import decode_modified, encode_modified, part, room, text_of

_CHUNK = 8192
# No line grows beyond this, whatever the peer sends; in bytes or characters.
LONGEST_LINE = 16 * 1024 * 1024


class InputStream(metaclass=ABCMeta):
    """A stream of bytes to read. What a socket returns is one; a subclass has to define `read`."""

    @abstractmethod
    def read(self, buffer=None, off=0, length=None, /):
        """Reads one byte as a number, or at least one into (a part of) a buffer and says how many; -1 is the end."""

    def readNBytes(self, buffer, off=None, length=None, /):
        """Reads so many bytes, fewer only at the end of the stream.

        `readNBytes(length)` returns them, `readNBytes(buffer, off, length)` fills a part of a buffer and returns their
        number. An exception has what came in `partial`.
        """
        if off is None or length is None:
            return self._up_to(buffer)
        view = room(buffer, off, length)
        data = self._up_to(len(view))
        view[: len(data)] = data
        return len(data)

    def readAllBytes(self):
        """Reads to the end of the stream. An exception has what came in `partial`."""
        return self._up_to(None)

    def _up_to(self, limit):
        if limit is not None and limit < 0:
            raise IllegalArgumentException("len < 0")
        received = bytearray()
        chunk = bytearray(_CHUNK if limit is None else min(limit, _CHUNK))
        while limit is None or len(received) < limit:
            wanted = len(chunk) if limit is None else min(len(chunk), limit - len(received))
            try:
                count = self.read(chunk, 0, wanted)
            except BaseException as failed:  # also what a signal handler raised
                received += getattr(failed, "partial", b"")
                failed.partial, failed.bytesTransferred = bytes(received), len(received)
                raise
            if count < 0:
                break
            received += chunk[:count]
        return bytes(received)

    def skip(self, n, /):
        """Reads `n` bytes and drops them; how many, fewer only at the end of the stream."""
        left = max(n, 0)
        chunk = bytearray(min(left, _CHUNK))
        while left:
            count = self.read(chunk, 0, min(left, len(chunk)))
            if count < 0:
                break
            left -= count
        return max(n, 0) - left

    def skipNBytes(self, n, /):
        """Reads exactly `n` bytes and drops them; EOFException at the end of the stream."""
        if self.skip(n) < n:
            raise EOFException

    def transferTo(self, out, /):
        """Reads to the end of the stream and writes everything to an output stream; how many bytes."""
        if out is None:
            raise NullPointerException("the stream is None")
        # Before anything is read that nobody would get.
        write = out.write
        total, chunk = 0, bytearray(_CHUNK)
        while (count := self.read(chunk)) >= 0:
            write(bytes(chunk[:count]))
            total += count
        return total

    def available(self):
        """How many bytes a read would find without waiting."""
        return 0

    def markSupported(self):
        """Whether the stream can go back: never."""
        return False

    def close(self):  # noqa: B027 as in Java: a subclass may have nothing to close
        """Closes the stream, and the socket below."""

    def __enter__(self):
        """Itself; leaving the with statement closes it."""
        return self

    def __exit__(self, *_exception):
        """Closes it."""
        self.close()


class OutputStream(metaclass=ABCMeta):
    """A stream of bytes to write. What a socket returns is one; a subclass has to define `write`."""

    @abstractmethod
    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number."""

    def flush(self):  # noqa: B027 as in Java: a subclass may keep nothing back
        """Hands on what is kept back."""

    def close(self):  # noqa: B027 as in Java: a subclass may have nothing to close
        """Closes the stream, and the socket below."""

    def __enter__(self):
        """Itself; leaving the with statement closes it."""
        return self

    def __exit__(self, *_exception):
        """Closes it."""
        self.close()


InputStream.register(_native.SocketInputStream)
OutputStream.register(_native.SocketOutputStream)


class _BinaryFile(InputStream):
    """A binary file of Python's as a stream of bytes."""

    def __init__(self, file):
        # What has arrived is enough, as with a socket: `readinto` of a buffered file waits until the buffer is full.
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
    """What has `read` in Java's sense, of a stream or a binary file."""
    if stream is None:
        raise NullPointerException("the stream is None")
    if hasattr(stream, "readinto"):
        return _BinaryFile(stream)
    if not hasattr(stream, "read"):
        raise TypeError(f"a stream to read from is required, not {type(stream).__name__}")
    return stream


def output_stream(stream):
    """What has `write`."""
    if stream is None:
        raise NullPointerException("the stream is None")
    if not hasattr(stream, "write"):
        raise TypeError(f"a stream to write to is required, not {type(stream).__name__}")
    return stream


class FilterInputStream(InputStream):
    """Reads from another stream, and closes it."""

    def __init__(self, stream, /):
        self._stream = input_stream(stream)
        # What came of a value that was not whole yet.
        self._kept = bytearray()

    def read(self, buffer=None, off=0, length=None, /):
        """Reads one byte as a number, or at least one into (a part of) a buffer and says how many; -1 is the end."""
        if buffer is None and (off or length is not None):
            raise NullPointerException("the buffer is None")
        if not self._kept:
            return self._stream.read() if buffer is None else self._stream.read(buffer, off, length)
        if buffer is None:
            return self._kept.pop(0)
        view = part(buffer, off, length)
        count = min(len(self._kept), len(view))
        view[:count] = self._kept[:count]
        del self._kept[:count]
        return count

    def available(self):
        """How many bytes a read would find without waiting."""
        return len(self._kept) + self._stream.available()

    def close(self):
        """Closes the stream, and the socket below."""
        self._stream.close()


class BufferedInputStream(FilterInputStream):
    """Reads ahead, so that small reads need no call to the system each. Threads that read at the same time take
    turns."""

    def __init__(self, stream, size=_CHUNK, /):
        super().__init__(stream)
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        self._chunk = bytearray(size)
        self._lock = threading.RLock()
        self._closed = False

    def _ensure_open(self):
        if self._closed:
            raise IOException("Stream closed")

    def read(self, buffer=None, off=0, length=None, /):
        """Reads one byte as a number, or at least one into (a part of) a buffer and says how many; -1 is the end."""
        wanted = 1 if buffer is None else len(room(buffer, off, length))
        with self._lock:
            self._ensure_open()
            if not self._kept and wanted < len(self._chunk):
                if wanted == 0:
                    return 0
                count = self._stream.read(self._chunk)
                if count < 0:
                    return -1
                self._kept += memoryview(self._chunk)[:count]
            return super().read(buffer, off, length)

    def available(self):
        """How many bytes a read would find without waiting."""
        self._ensure_open()
        return super().available()

    def close(self):
        """Closes the stream, and the socket below; a read that waits in another thread ends."""
        self._closed = True
        super().close()


class DataInputStream(FilterInputStream):
    """Reads numbers and texts in the format of Java's DataOutputStream: big-endian, whatever the machine."""

    def _take(self, length):
        """Exactly `length` bytes. What came before a timeout is kept for the next call."""
        kept, self._kept = self._kept, bytearray()
        if len(kept) < length:
            try:
                kept += self._stream.readNBytes(length - len(kept))
            except BaseException as failed:  # also what a signal handler raised
                kept += getattr(failed, "partial", b"")
                self._kept = kept
                raise
            if len(kept) < length:
                raise EOFException
        self._kept = kept[length:]
        return bytes(kept[:length])

    def _number(self, layout):
        return layout.unpack(self._take(layout.size))[0]

    def readFully(self, buffer, off=0, length=None, /):
        """Fills (a part of) a buffer; EOFException if the stream ends sooner."""
        view = room(buffer, off, length)
        view[:] = self._take(len(view))

    def skipBytes(self, n, /):
        """Reads `n` bytes and drops them; how many, fewer only at the end of the stream."""
        return self.skip(n)

    def readBoolean(self):
        """Reads one byte: False if it is 0."""
        return self._take(1) != b"\0"

    def readByte(self):
        """Reads a number of 8 bits, -128 to 127."""
        return self._number(_BYTE)

    def readUnsignedByte(self):
        """Reads a number of 8 bits, 0 to 255."""
        return self._take(1)[0]

    def readShort(self):
        """Reads a number of 16 bits, -32,768 to 32,767."""
        return self._number(_SHORT)

    def readUnsignedShort(self):
        """Reads a number of 16 bits, 0 to 65,535."""
        return self._number(_UNSIGNED_SHORT)

    def readChar(self):
        """Reads one unit of UTF-16 as a character."""
        return chr(self._number(_UNSIGNED_SHORT))

    def readInt(self):
        """Reads a number of 32 bits."""
        return self._number(_INT)

    def readLong(self):
        """Reads a number of 64 bits."""
        return self._number(_LONG)

    def readFloat(self):
        """Reads a number in the 32 bits of IEEE 754."""
        return self._number(_FLOAT)

    def readDouble(self):
        """Reads a number in the 64 bits of IEEE 754."""
        return self._number(_DOUBLE)

    def readUTF(self):
        """Reads a text: two bytes that say how many bytes follow, in modified UTF-8."""
        head = self._take(2)
        try:
            body = self._take(_UNSIGNED_SHORT.unpack(head)[0])
        except BaseException:
            # The whole text is read again.
            self._kept[:0] = head
            raise
        return decode_modified(body)

    def readLine(self):
        """Reads a line of Latin-1 without its end; None at the end of the stream. (Deprecated in Java: a BufferedReader
        reads lines of any encoding.) One of more than 16 Mi bytes raises IOException; what was read of it stays."""
        line = bytearray()
        try:
            while (byte := self.read()) >= 0:
                line.append(byte)
                if byte == _LF:
                    return line[:-1].decode("latin-1")
                if len(line) > LONGEST_LINE:
                    raise IOException(f"a line of more than {LONGEST_LINE} bytes")
                if byte == _CR:
                    if (following := self.read()) not in (_LF, -1):
                        self._kept.insert(0, following)
                    return line[:-1].decode("latin-1")
        except BaseException:
            self._kept[:0] = line
            raise
        return line.decode("latin-1") if line else None


class FilterOutputStream(OutputStream):
    """Writes to another stream, and flushes and closes it."""

    def __init__(self, stream, /):
        self._stream = output_stream(stream)

    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number."""
        self._stream.write(data, off, length)

    def flush(self):
        """Hands on what is kept back."""
        self._stream.flush()

    def close(self):
        """Flushes and closes the stream, and the socket below."""
        try:
            self.flush()
        finally:
            self._stream.close()


class BufferedOutputStream(FilterOutputStream):
    """Keeps what is written until there is much of it, `flush` or `close`. Threads that write at the same time take
    turns."""

    def __init__(self, stream, size=_CHUNK, /):
        super().__init__(stream)
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        self._size = size
        self._waiting = bytearray()
        self._lock = threading.RLock()

    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number."""
        with self._lock:
            if isinstance(data, int):
                self._waiting.append(data & 0xFF)
            else:
                self._waiting += part(data, off, length)
            if len(self._waiting) >= self._size:
                self._send()

    def _send(self):
        waiting, self._waiting = self._waiting, bytearray()
        if waiting:
            self._stream.write(waiting)

    def flush(self):
        """Sends what is kept back."""
        with self._lock:
            self._send()
            self._stream.flush()


class DataOutputStream(FilterOutputStream):
    """Writes numbers and texts as Java's DataInputStream reads them: big-endian, whatever the machine."""

    def __init__(self, stream, /):
        super().__init__(stream)
        self._written = 0

    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number."""
        count = 1 if isinstance(data, int) else len(part(data, off, length))
        super().write(data, off, length)
        self._written += count

    def size(self):
        """How many bytes were written."""
        return self._written

    def writeBoolean(self, v, /):
        """Writes one byte: 1 or 0."""
        self.write(b"\1" if v else b"\0")

    def writeByte(self, v, /):
        """Writes the low 8 bits of a number."""
        self.write(v & 0xFF)

    def writeShort(self, v, /):
        """Writes the low 16 bits of a number."""
        self.write(_UNSIGNED_SHORT.pack(v & 0xFFFF))

    def writeChar(self, v, /):
        """Writes one unit of UTF-16: a character, or the low 16 bits of a number."""
        self.writeShort(ord(v) if isinstance(v, str) else v)

    def writeInt(self, v, /):
        """Writes the low 32 bits of a number."""
        self.write((v & 0xFFFF_FFFF).to_bytes(4, "big"))

    def writeLong(self, v, /):
        """Writes the low 64 bits of a number."""
        self.write((v & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "big"))

    def writeFloat(self, v, /):
        """Writes a number in the 32 bits of IEEE 754."""
        try:
            packed = _packed(_FLOAT, v)
        except OverflowError:
            packed = _FLOAT.pack(float("inf") if v > 0 else float("-inf"))
        self.write(packed)

    def writeDouble(self, v, /):
        """Writes a number in the 64 bits of IEEE 754."""
        self.write(_packed(_DOUBLE, v))

    def writeBytes(self, s, /):
        """Writes the low 8 bits of each unit of UTF-16 of a text."""
        self.write(text_of(s).encode("utf-16-le", "surrogatepass")[::2])

    def writeChars(self, s, /):
        """Writes a text in UTF-16."""
        self.write(text_of(s).encode("utf-16-be", "surrogatepass"))

    def writeUTF(self, str, /):
        """Writes a text: two bytes that say how many bytes follow, in modified UTF-8; at most 65,535 of them."""
        body = encode_modified(text_of(str))
        if len(body) > 0xFFFF:
            ends = f"{str[:8]}...{str[-8:]}"
            raise UTFDataFormatException(f"encoded string ({ends}) too long: {len(body)} bytes")
        self.write(_UNSIGNED_SHORT.pack(len(body)) + body)


def _packed(layout, number):
    try:
        return layout.pack(number)
    except struct.error as failed:
        raise TypeError(str(failed)) from None


_BYTE, _SHORT, _UNSIGNED_SHORT = struct.Struct(">b"), struct.Struct(">h"), struct.Struct(">H")
_INT, _LONG, _FLOAT, _DOUBLE = struct.Struct(">i"), struct.Struct(">q"), struct.Struct(">f"), struct.Struct(">d")
_LF, _CR = 0x0A, 0x0D
