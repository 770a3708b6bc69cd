"""Readers and writers of text over streams of bytes: BufferedReader, PrintWriter and what Java programs put between.

`BufferedReader(InputStreamReader(socket.getInputStream()))` and `PrintWriter(socket.getOutputStream(), True)` port line
by line. What a reader has read ahead belongs to it: a timeout in the middle of a line loses nothing, the next call goes
on.
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
        """Closes the reader, and the socket below."""


class _Characters(Reader):
    """Returns text that was read ahead: `_text` from `_at` on."""

    def __init__(self):
        self._text, self._at = "", 0
        self._turn = _native.Turn()

    def _ensure_open(self):
        """Raises if the reader was closed and remembers it."""

    @abstractmethod
    def _has_text(self):
        """Whether there is text to return; reads when there is none."""

    def read(self, cbuf=None, off=0, length=None, /):
        """Reads one character as its number, or some into (a part of) a list and says how many; -1 is the end."""
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
    """Decodes a stream of bytes, or a binary file; what is no text of the encoding becomes U+FFFD."""

    def __init__(self, stream, charset="UTF-8", /):
        super().__init__()
        self._stream = input_stream(stream)
        self._make_decoder = _decoder(charset)
        self._encoding = charset
        # Bytes not decoded yet, and the state of the decoder.
        self._kept = bytearray()
        self._state = self._make_decoder().getstate()

    def _has_text(self):
        """Whether there is text to return; reads when there is none."""
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
        """Whether a read would find something without waiting."""
        return self._at < len(self._text) or self._stream.available() > 0

    def getEncoding(self):
        """The name of the encoding."""
        return self._encoding

    def close(self):
        """Closes the stream, and the socket below."""
        self._stream.close()


class BufferedReader(_Characters):
    """Reads lines: of a reader, or of a stream of bytes in UTF-8.

    A line ends with "\\n", "\\r" or "\\r\\n". One of more than `longestLine` characters (16 Mi unless set) raises
    IOException; what was read of it stays, for `read`.
    """

    def __init__(self, reader, size=CHUNK, /, *, longestLine=LONGEST_LINE):
        if reader is None:
            raise NullPointerException("the reader is None")
        if size <= 0:
            raise IllegalArgumentException("Buffer size <= 0")
        super().__init__()
        self._reader = reader if isinstance(reader, _Characters) else InputStreamReader(reader)
        self._longest = longestLine
        # The line that has begun and has no end yet, in pieces.
        self._begun, self._begun_length = (), 0
        # The last line ended with "\r": a "\n" that follows belongs to it.
        self._skip_lf = False
        self._closed = False

    def _ensure_open(self):
        if self._closed:
            raise IOException("Stream closed")

    def _has_text(self):
        """Puts a line that has begun back before what was read ahead, and reads more if there is nothing."""
        self._ensure_open()
        if self._begun:
            text = "".join((*self._begun, self._text[self._at :]))
            self._text, self._at, self._begun, self._begun_length = text, 0, (), 0
        return self._at < len(self._text) or self._fill()

    def _fill(self):
        """Takes more text from the reader when all was returned; whether there was any."""
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
                    # The "\n" of this "\r" may still come.
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
        finally:
            turn.taken = False

    def skip(self, n, /):
        """Reads `n` characters and drops them; how many, fewer only at the end of the stream."""
        if n < 0:
            raise IllegalArgumentException("skip value is negative")
        left = n
        turn = self._turn
        turn.taken = True
        try:
            while left and self._has_text():
                step = min(left, len(self._text) - self._at)
                self._at += step
                left -= step
        finally:
            turn.taken = False
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


class Writer(Closeable, metaclass=ABCMeta):
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


class OutputStreamWriter(Writer):
    """Encodes texts for a stream of bytes; what the encoding does not have becomes "?".

    Keeps what is written until there is much of it, `flush` or `close`. Threads that write at the same time take turns,
    so that a text that one writes is whole on the wire.
    """

    def __init__(self, stream, charset="UTF-8", /):
        self._stream = output_stream(stream)
        self._make_encoder = _encoder(charset)
        self._encoding = charset
        # The state of the encoder, and encoded bytes not sent yet.
        self._state = self._make_encoder().getstate()
        self._waiting = bytearray()
        self._turn = _native.Turn()
        self._closed = False

    def write(self, text, off=0, length=None, /):
        """Writes (a part of) a text, or the character of a number, of which the low 16 bits count. After an
        exception nothing of the text was taken."""
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
        """Sends what is buffered. After an exception, bytes that were sent are not sent again."""
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
        """Sends what is kept back."""
        self._writer.flush()

    def close(self):
        """Flushes and closes the writer, and the socket below."""
        self._writer.close()


class PrintWriter(Writer):
    """Prints values as Java does. It never raises IOException: `checkError` reports whether one happened.

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
        """Flushes, and reports whether anything ever went wrong."""
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


def with_piece(pieces, piece):
    """Pieces of a text and another one, joined so that each is longer than the next: few, however short they come."""
    at = len(pieces)
    while at and len(pieces[at - 1]) <= len(piece):
        at -= 1
        piece = pieces[at] + piece
    return (*pieces[:at], piece)


def _room_of(cbuf, off, length):
    """How many characters are wanted: one, or as many as (the part of) a list takes."""
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
        "".encode(charset)  # refuses what is no encoding of text
        return functools.partial(make(charset), errors="replace")
    except (LookupError, ValueError):
        raise UnsupportedEncodingException(charset) from None


def _decoder(charset):
    return _codec(charset, codecs.getincrementaldecoder)


def _encoder(charset):
    return _codec(charset, codecs.getincrementalencoder)
