"""Readers and writers of text over streams of bytes: BufferedReader, PrintWriter and what Java programs put between.

`BufferedReader(InputStreamReader(socket.getInputStream()))` and `PrintWriter(socket.getOutputStream(), True)` port line
by line. What a reader has read ahead belongs to it: a timeout in the middle of a line loses nothing, the next call goes
on.
"""

import codecs
import os
import re
import threading
from abc import ABCMeta, abstractmethod

from ._errors import IllegalArgumentException, IOException, NullPointerException, UnsupportedEncodingException
from ._format import java_format
from ._streams import LONGEST_LINE, input_stream, output_stream
from ._values import java_text, span, text_of

_CHUNK = 8192
_LINE_END = re.compile(r"\r\n|\r|\n")


class Reader(metaclass=ABCMeta):
    """A stream of characters to read."""

    @abstractmethod
    def close(self):
        """Closes the reader, and the socket below."""

    def __enter__(self):
        """Itself; leaving the with statement closes it."""
        return self

    def __exit__(self, *_exception):
        """Closes it."""
        self.close()


class InputStreamReader(Reader):
    """Decodes a stream of bytes, or a binary file; what is no text of the encoding becomes U+FFFD."""

    def __init__(self, stream, charset="UTF-8", /):
        self._stream = input_stream(stream)
        self._decoder = _decoder(charset)
        self._chunk = bytearray(_CHUNK)
        self._encoding = charset
        self._pending = ""
        self._lock = threading.RLock()

    def _more(self):
        """At least one more character; "" at the end of the stream."""
        with self._lock:
            if self._pending:
                text, self._pending = self._pending, ""
                return text
            while True:
                count = self._stream.read(self._chunk)
                if count < 0:
                    return self._decoder.decode(b"", True)
                if text := self._decoder.decode(memoryview(self._chunk)[:count]):
                    return text

    def read(self, cbuf=None, off=0, length=None, /):
        """Reads one character as its number, or some into (a part of) a list and says how many; -1 is the end."""
        length = _room_of(cbuf, off, length)
        if length == 0:
            return 0
        with self._lock:
            text = self._more()
            taken, self._pending = text[:length], text[length:]
        return _hand_out(taken, cbuf, off)

    def ready(self):
        """Whether a read would find something without waiting."""
        return bool(self._pending) or self._stream.available() > 0

    def getEncoding(self):
        """The name of the encoding."""
        return self._encoding

    def close(self):
        """Closes the stream, and the socket below."""
        self._stream.close()


class BufferedReader(Reader):
    """Reads lines: of a reader, or of a stream of bytes in UTF-8.

    A line ends with "\\n", "\\r" or "\\r\\n". One of more than `longestLine` characters (16 Mi unless set) raises
    IOException; what was read of it stays, for `read`.
    """

    def __init__(self, reader, size=_CHUNK, /, *, longestLine=LONGEST_LINE):
        if reader is None:
            raise NullPointerException("the reader is None")
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        self._reader = reader if hasattr(reader, "_more") else InputStreamReader(reader)
        self._longest = longestLine
        # What was read ahead, and how far it was handed out.
        self._text = ""
        self._at = 0
        # The line that has begun and has no end yet, in pieces.
        self._begun = []
        self._begun_length = 0
        self._lock = threading.RLock()
        # The last line ended with "\r": a "\n" that follows belongs to it.
        self._skip_lf = False
        self._closed = False

    def _ensure_open(self):
        if self._closed:
            raise IOException("Stream closed")

    def _more(self):
        """What was read ahead, or at least one more character; "" at the end of the stream."""
        with self._lock:
            self._has_text()
            text, self._text, self._at = self._text[self._at :], "", 0
        return text

    def _has_text(self):
        """Puts a line that has begun back before what was read ahead, and reads more if there is nothing."""
        self._ensure_open()
        if self._begun:
            self._text, self._at = "".join(self._begun) + self._text[self._at :], 0
            self._begun, self._begun_length = [], 0
        return self._at < len(self._text) or self._fill()

    def _fill(self):
        """Reads more when everything was handed out; whether anything came."""
        text = self._reader._more()
        if self._skip_lf and text:
            self._skip_lf = False
            if text[0] == "\n":
                text = text[1:] or self._reader._more()
        self._text, self._at = text, 0
        return bool(text)

    def readLine(self):
        """Reads a line without its end; None at the end of the stream."""
        with self._lock:
            return self._line()

    def _line(self):
        self._ensure_open()
        while True:
            end = _LINE_END.search(self._text, self._at)
            stop = len(self._text) if end is None else end.start()
            if self._begun_length + stop - self._at > self._longest:
                raise IOException(f"a line of more than {self._longest} characters")
            piece = self._text[self._at : stop]
            if end is not None:
                self._at = end.end()
                # The "\n" of this "\r" may still come.
                self._skip_lf = end.group() == "\r" and end.end() == len(self._text)
                return self._whole(piece)
            self._text, self._at = "", 0
            if piece:
                self._begun.append(piece)
                self._begun_length += len(piece)
            if not self._fill():
                return self._whole("") if self._begun else None

    def _whole(self, piece):
        if not self._begun:
            return piece
        line = "".join(self._begun) + piece
        self._begun, self._begun_length = [], 0
        return line

    def read(self, cbuf=None, off=0, length=None, /):
        """Reads one character as its number, or some into (a part of) a list and says how many; -1 is the end."""
        self._ensure_open()
        length = _room_of(cbuf, off, length)
        if length == 0:
            return 0
        with self._lock:
            self._has_text()
            taken = self._text[self._at : self._at + length]
            self._at += len(taken)
        return _hand_out(taken, cbuf, off)

    def skip(self, n, /):
        """Reads `n` characters and drops them; how many, fewer only at the end of the stream."""
        if n < 0:
            raise IllegalArgumentException("skip value is negative")
        left = n
        with self._lock:
            while left and self._has_text():
                step = min(left, len(self._text) - self._at)
                self._at += step
                left -= step
        return n - left

    def ready(self):
        """Whether a read would find something without waiting."""
        self._ensure_open()
        return bool(self._begun) or self._at < len(self._text) or self._reader.ready()

    def lines(self):
        """The lines that are still to come, one by one."""
        return iter(self.readLine, None)

    def __iter__(self):
        return self.lines()

    def close(self):
        """Closes the reader, and the socket below; a read that waits in another thread ends."""
        self._closed = True
        self._reader.close()


class Writer(metaclass=ABCMeta):
    """A stream of characters to write."""

    @abstractmethod
    def write(self, text, off=0, length=None, /):
        """Writes (a part of) a text, or the character of a number."""

    @abstractmethod
    def flush(self):
        """Sends what is kept back."""

    @abstractmethod
    def close(self):
        """Flushes and closes the writer, and the socket below."""

    def append(self, text, /):
        """Writes a text and returns the writer."""
        self.write(java_text(text))
        return self

    def __enter__(self):
        """Itself; leaving the with statement closes it."""
        return self

    def __exit__(self, *_exception):
        """Closes it."""
        self.close()


class OutputStreamWriter(Writer):
    """Encodes texts for a stream of bytes; what the encoding does not have becomes "?".

    Keeps what is written until there is much of it, `flush` or `close`. Threads that write at the same time take turns,
    so that a text that one writes is whole on the wire.
    """

    def __init__(self, stream, charset="UTF-8", /):
        self._stream = output_stream(stream)
        self._encoder = _encoder(charset)
        self._encoding = charset
        self._waiting = bytearray()
        self._lock = threading.RLock()
        self._closed = False

    def write(self, text, off=0, length=None, /):
        """Writes (a part of) a text, or the character of a number, of which the low 16 bits count."""
        if self._closed:
            raise IOException("Stream closed")
        if isinstance(text, int):
            text = chr(text & 0xFFFF)
        else:
            text = text_of("".join(text) if isinstance(text, list) else text)
            text = text[off : off + span(len(text), off, length)]
        with self._lock:
            self._waiting += self._encoder.encode(text)
            if len(self._waiting) >= _CHUNK:
                self._send()

    def _send(self):
        with self._lock:
            waiting, self._waiting = self._waiting, bytearray()
            if waiting:
                self._stream.write(waiting)

    def flush(self):
        """Sends what is kept back."""
        if self._closed:
            raise IOException("Stream closed")
        with self._lock:
            self._send()
            self._stream.flush()

    def getEncoding(self):
        """The name of the encoding."""
        return self._encoding

    def close(self):
        """Flushes and closes the stream, and the socket below."""
        if self._closed:
            return
        try:
            self.flush()
        finally:
            self._closed = True
            self._stream.close()


class BufferedWriter(Writer):
    """Writes through another writer, which keeps what is written back already."""

    def __init__(self, writer, size=_CHUNK, /):
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        self._writer = output_stream(writer)

    def write(self, text, off=0, length=None, /):
        """Writes (a part of) a text, or the character of a number."""
        self._writer.write(text, off, length)

    def newLine(self):
        """Ends the line."""
        self.write(os.linesep)

    def flush(self):
        """Sends what is kept back."""
        self._writer.flush()

    def close(self):
        """Flushes and closes the writer, and the socket below."""
        self._writer.close()


class PrintWriter(Writer):
    """Prints values as Java does. It never raises IOException: `checkError` tells whether one happened.

    What is printed is kept until `flush`, `close` or, with `autoFlush`, the end of `println`, `printf` and `format`.
    """

    def __init__(self, out, autoFlush=False, charset="UTF-8", /):
        self._writer = out if isinstance(out, Writer) else OutputStreamWriter(out, charset)
        self._auto_flush = autoFlush
        self._trouble = False

    def _try(self, call, *arguments):
        try:
            call(*arguments)
        except IOException:
            self._trouble = True

    def write(self, text, off=0, length=None, /):
        """Writes (a part of) a text, or the character of a number."""
        self._try(self._writer.write, text, off, length)

    def print(self, value, /):
        """Prints a value."""
        self.write(java_text(value))

    def println(self, value="", /):
        """Prints a value and ends the line."""
        self.write(java_text(value) + os.linesep)
        if self._auto_flush:
            self.flush()

    def printf(self, pattern, /, *arguments):
        """Prints arguments as a pattern says (java.util.Formatter) and returns the writer."""
        self.write(java_format(pattern, arguments))
        if self._auto_flush:
            self.flush()
        return self

    format = printf

    def flush(self):
        """Sends what is kept back."""
        self._try(self._writer.flush)

    def checkError(self):
        """Flushes, and tells whether anything ever went wrong."""
        if not getattr(self._writer, "_closed", False):
            self.flush()
        return self._trouble

    def close(self):
        """Flushes and closes the writer, and the socket below."""
        self._try(self._writer.close)


class PrintStream(PrintWriter):
    """A PrintWriter over a stream of bytes that sends each value at once, and takes bytes as well."""

    def __init__(self, out, autoFlush=False, charset="UTF-8", /):
        super().__init__(out, autoFlush, charset)
        self._stream = out

    def write(self, data, off=0, length=None, /):
        """Writes (a part of) a text or of a bytes-like object, or the low 8 bits of a number."""
        if isinstance(data, str):
            super().write(data, off, length)
            self._try(self._writer._send)
        else:
            self._try(self._stream.write, data, off, length)


def _room_of(cbuf, off, length):
    """How many characters are wanted: one, or as many as (the part of) a list takes."""
    if cbuf is not None:
        if not hasattr(cbuf, "__setitem__"):
            raise TypeError(f"a list of characters is required, not {type(cbuf).__name__}")
        return span(len(cbuf), off, length)
    if off or length is not None:
        raise NullPointerException("the list is None")
    return 1


def _hand_out(text, cbuf, off):
    if not text:
        return -1
    if cbuf is None:
        return ord(text)
    cbuf[off : off + len(text)] = text
    return len(text)


def _codec(charset, make):
    if charset is None:
        raise NullPointerException("the charset is None")
    try:
        "".encode(charset)  # refuses what is no encoding of text
        return make(charset)(errors="replace")
    except (LookupError, ValueError):
        raise UnsupportedEncodingException(charset) from None


def _decoder(charset):
    return _codec(charset, codecs.getincrementaldecoder)


def _encoder(charset):
    return _codec(charset, codecs.getincrementalencoder)
