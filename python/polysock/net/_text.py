"""Readers and writers of text over streams of bytes: BufferedReader, PrintWriter and the classes between.

`BufferedReader(InputStreamReader(socket.getInputStream()))` and `PrintWriter(socket.getOutputStream(), True)` port line
by line. What a reader has read ahead belongs to it: a timeout in the middle of a line loses nothing, and the next call
continues.
"""

import codecs
import functools
import os
import re
from abc import ABCMeta, abstractmethod

from .. import _native
from ._closeable import Closeable
from ._errors import IllegalArgumentException, IOException, NullPointerException, UnsupportedEncodingException
from ._format import java_format
from ._streams import CHUNK, LONGEST_LINE, input_stream, output_stream
from ._values import java_text, span, text_of

_LINE_END = re.compile(r"\r\n|\r|\n")


class Reader(Closeable, metaclass=ABCMeta):
    """A stream of characters to read."""

    @abstractmethod
    def close(self):
        """Closes the reader and its socket."""


class _Characters(Reader):
    """A reader that returns text read ahead: `_text` from `_at` on."""

    def __init__(self):
        self._text, self._at = "", 0
        self._turn = _native.Turn()

    def _ensure_open(self):
        """Raises if the reader has been closed, in classes that keep track of it."""

    @abstractmethod
    def _has_text(self):
        """Whether there is text to return; reads if there is none."""

    def read(self, cbuf=None, off=0, length=None, /):
        """Reads one character, or some into (a part of) a list: returns its number, or how many; -1 at the end."""
        self._ensure_open()
        length = _room_of(cbuf, off, length)
        turn = self._turn
        turn.taken = True
        try:
            if length == 0:
                return 0
            if not self._has_text():
                return -1
            at = self._at
            taken = self._text[at : at + length]
            count = len(taken)
            result = ord(taken) if cbuf is None else count
            if cbuf is not None:
                cbuf[off : off + count] = taken
            self._at = at + count
            return result
        finally:
            turn.taken = False


class InputStreamReader(_Characters):
    """Decodes a stream of bytes, or a binary file; what can't be decoded becomes U+FFFD."""

    def __init__(self, stream, charset="UTF-8", /):
        super().__init__()
        self._stream = input_stream(stream)
        self._make_decoder = _decoder(charset)
        self._encoding = charset
        # Bytes that are not decoded yet, and the state of the decoder.
        self._kept = bytearray()
        self._state = self._make_decoder().getstate()

    def _has_text(self):
        """Whether there is text to return; reads if there is none."""
        while self._at == len(self._text):
            ended = not self._kept and _native.take_in(self._kept, self._stream, CHUNK) < 0
            decoder = self._make_decoder()
            decoder.setstate(self._state)
            text, state = decoder.decode(bytes(self._kept), ended), decoder.getstate()
            kept = self._kept
            self._text, self._at, self._state = text, 0, state
            del kept[:]
            if ended and not text:
                return False
        return True

    def ready(self):
        """Whether something can be read without waiting."""
        return self._at < len(self._text) or self._stream.available() > 0

    def getEncoding(self):
        """The name of the encoding."""
        return self._encoding

    def close(self):
        """Closes the stream and its socket."""
        self._stream.close()


class BufferedReader(_Characters):
    """Reads lines from a reader, or from a stream of bytes in UTF-8.

    A line ends with "\\n", "\\r" or "\\r\\n". A line of more than `longestLine` characters (by default 16 Mi) raises
    IOException; what was read of it is left for `read`.
    """

    def __init__(self, reader, size=CHUNK, /, *, longestLine=LONGEST_LINE):
        if reader is None:
            raise NullPointerException("the reader is None")
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        super().__init__()
        self._reader = reader if isinstance(reader, _Characters) else InputStreamReader(reader)
        self._longest = longestLine
        # The line that has begun but not ended, in pieces.
        self._begun, self._begun_length = (), 0
        # Whether the last line ended with "\r", so that a "\n" that follows belongs to it.
        self._skip_lf = False
        self._closed = False

    def _ensure_open(self):
        if self._closed:
            raise IOException("Stream closed")

    def _has_text(self):
        """Puts a line that has begun back in front of what was read ahead, and reads more if there is no text."""
        self._ensure_open()
        if self._begun:
            text = "".join((*self._begun, self._text[self._at :]))
            self._text, self._at, self._begun, self._begun_length = text, 0, (), 0
        return self._at < len(self._text) or self._fill()

    def _fill(self):
        """Takes more text from the reader once all has been returned; returns whether there was any."""
        # Other readers may take text from it, too.
        turn = self._reader._turn
        turn.taken = True
        try:
            return self._fill_in_turn()
        finally:
            turn.taken = False

    # Not in the `try` of _fill: in CPython 3.14, what a signal handler raises where a loop begins again may escape it.
    def _fill_in_turn(self):
        reader = self._reader
        while reader._has_text():
            if self._skip_lf and reader._text[reader._at] == "\n":
                reader._at, self._skip_lf = reader._at + 1, False
            else:
                text = reader._text[reader._at :]
                self._text, self._at, self._skip_lf, reader._text, reader._at = text, 0, False, "", 0
                return True
        return False

    def readLine(self):
        """Reads a line without its end; None at the end of the stream."""
        turn = self._turn
        turn.taken = True
        try:
            return self._read_line_in_turn()
        finally:
            turn.taken = False

    def _read_line_in_turn(self):
        self._ensure_open()
        while True:
            text, at = self._text, self._at
            end = _LINE_END.search(text, at)
            stop = len(text) if end is None else end.start()
            length = self._begun_length + stop - at
            if length > self._longest:
                raise IOException(f"the line is longer than {self._longest} characters")
            piece = text[at:stop]
            if end is not None:
                line = "".join((*self._begun, piece))
                # The "\n" after this "\r" may still come.
                at, skip_lf = end.end(), end.group() == "\r" and end.end() == len(text)
                self._at, self._skip_lf, self._begun, self._begun_length = at, skip_lf, (), 0
                return line
            if piece:
                begun = with_piece(self._begun, piece)
                self._text, self._at, self._begun, self._begun_length = "", 0, begun, length
            if not self._fill():
                line = "".join(self._begun)
                self._begun, self._begun_length = (), 0
                return line or None

    def skip(self, n, /):
        """Reads and drops `n` characters, fewer only at the end of the stream; returns their number."""
        if n < 0:
            raise IllegalArgumentException("skip value is negative")
        turn = self._turn
        turn.taken = True
        try:
            return self._skip_in_turn(n)
        finally:
            turn.taken = False

    def _skip_in_turn(self, n):
        left = n
        while left and self._has_text():
            step = min(left, len(self._text) - self._at)
            self._at += step
            left -= step
        return n - left

    def ready(self):
        """Whether something can be read without waiting."""
        self._ensure_open()
        return bool(self._begun) or self._at < len(self._text) or self._reader.ready()

    def lines(self):
        """An iterator over the remaining lines."""
        return iter(self.readLine, None)

    def __iter__(self):
        return self.lines()

    def close(self):
        """Closes the reader and its socket; a read that waits in another thread ends."""
        self._closed = True
        self._reader.close()


class Writer(Closeable, metaclass=ABCMeta):
    """A stream of characters to write."""

    @abstractmethod
    def write(self, text, off=0, length=None, /):
        """Writes (a part of) a text, or the character of a number."""

    @abstractmethod
    def flush(self):
        """Sends what is buffered."""

    @abstractmethod
    def close(self):
        """Flushes and closes the writer and its socket."""

    def append(self, text, /):
        """Writes a text and returns the writer."""
        self.write(java_text(text))
        return self


class OutputStreamWriter(Writer):
    """Encodes texts for a stream of bytes; what can't be encoded becomes "?".

    Buffers what is written until the buffer is full, `flush` or `close`. Threads that write at the same time take
    turns, so that each text stays in one piece.
    """

    def __init__(self, stream, charset="UTF-8", /):
        self._stream = output_stream(stream)
        self._make_encoder = _encoder(charset)
        self._encoding = charset
        # The state of the encoder, and encoded bytes that are not sent yet.
        self._state = self._make_encoder().getstate()
        self._waiting = bytearray()
        self._turn = _native.Turn()
        self._closed = False

    def write(self, text, off=0, length=None, /):
        """Writes (a part of) a text, or the character with the low 16 bits of a number. After an exception, nothing of
        the text has been accepted."""
        if self._closed:
            raise IOException("Stream closed")
        if isinstance(text, int):
            text = chr(text & 0xFFFF)
        else:
            text = text_of("".join(text) if isinstance(text, list) else text)
            text = text[off : off + span(len(text), off, length)]
        turn = self._turn
        turn.taken = True
        try:
            if len(self._waiting) >= CHUNK:
                _native.send_out(self._stream, self._waiting)
            encoder = self._make_encoder()
            encoder.setstate(self._state)
            data, state = encoder.encode(text), encoder.getstate()
            self._state = state
            self._waiting += data
        finally:
            turn.taken = False

    def _send(self):
        turn = self._turn
        turn.taken = True
        try:
            _native.send_out(self._stream, self._waiting)
        finally:
            turn.taken = False

    def flush(self):
        """Sends what is buffered. After an exception, the bytes that were sent are not sent again."""
        if self._closed:
            raise IOException("Stream closed")
        turn = self._turn
        turn.taken = True
        try:
            _native.send_out(self._stream, self._waiting)
            self._stream.flush()
        finally:
            turn.taken = False

    def getEncoding(self):
        """The name of the encoding."""
        return self._encoding

    def close(self):
        """Flushes and closes the stream and its socket."""
        if self._closed:
            return
        try:
            self.flush()
        finally:
            self._closed = True
            self._stream.close()


class BufferedWriter(Writer):
    """Writes through another writer, which does the buffering."""

    def __init__(self, writer, size=CHUNK, /):
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
        """Sends what is buffered."""
        self._writer.flush()

    def close(self):
        """Flushes and closes the writer and its socket."""
        self._writer.close()


class PrintWriter(Writer):
    """Prints values as Java does. It never raises IOException; `checkError` reports whether one occurred.

    What is printed is buffered until `flush`, `close` or, with `autoFlush`, the end of `println`, `printf` or `format`.
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
        """Prints a value and a line end."""
        self.write(java_text(value) + os.linesep)
        if self._auto_flush:
            self.flush()

    def printf(self, pattern, /, *arguments):
        """Prints arguments formatted by a pattern (java.util.Formatter) and returns the writer."""
        self.write(java_format(pattern, arguments))
        if self._auto_flush:
            self.flush()
        return self

    format = printf

    def flush(self):
        """Sends what is buffered."""
        self._try(self._writer.flush)

    def checkError(self):
        """Flushes, and returns whether an IOException has ever occurred."""
        if not getattr(self._writer, "_closed", False):
            self.flush()
        return self._trouble

    def close(self):
        """Flushes and closes the writer and its socket."""
        self._try(self._writer.close)


class PrintStream(PrintWriter):
    """A PrintWriter over a stream of bytes that sends each value at once and accepts bytes too."""

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


def with_piece(pieces, piece):
    """Appends a piece to pieces of a text, joined so that each is longer than the next and few remain."""
    at = len(pieces)
    while at and len(pieces[at - 1]) <= len(piece):
        at -= 1
        piece = pieces[at] + piece
    return (*pieces[:at], piece)


def _room_of(cbuf, off, length):
    """How many characters to read: one, or as many as (the part of) a list holds."""
    if cbuf is not None:
        if not hasattr(cbuf, "__setitem__"):
            raise TypeError(f"a list of characters is required, not {type(cbuf).__name__}")
        return span(len(cbuf), off, length)
    if off or length is not None:
        raise NullPointerException("the list is None")
    return 1


def _codec(charset, make):
    if charset is None:
        raise NullPointerException("the charset is None")
    try:
        "".encode(charset)  # refuses codecs that are not text encodings
        return functools.partial(make(charset), errors="replace")
    except (LookupError, ValueError):
        raise UnsupportedEncodingException(charset) from None


def _decoder(charset):
    return _codec(charset, codecs.getincrementaldecoder)


def _encoder(charset):
    return _codec(charset, codecs.getincrementalencoder)
