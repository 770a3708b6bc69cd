"""Scanner: words, numbers and lines of a text (java.util.Scanner with its default delimiter, white space)."""

import re

from .. import _native
from ._closeable import Closeable
from ._errors import IllegalStateException, InputMismatchException, IOException, NoSuchElementException
from ._streams import LONGEST_LINE
from ._text import BufferedReader, InputStreamReader, _Characters, with_piece

# What Java's Character.isWhitespace takes for white space: neither NEL nor the no-break spaces.
_BLANK = "\t-\r\x1c- \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000"
_SPACE = re.compile(f"[{_BLANK}]*")
_GAP = re.compile(f"[{_BLANK}]")
_WORD = re.compile(f"[^{_BLANK}]")
_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029\u0085]")
# No part of a pattern can match what its next part matches, so that matching takes linear time.
_WHOLE = re.compile(r"[-+]?[0-9]+")
_BROKEN = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?(NaN|Infinity)")
# The digits of the largest 64-bit number.
_MOST_DIGITS = 19


class Scanner(Closeable):
    """Reads words, numbers and lines of a reader, of a stream of bytes in UTF-8, or of a text.

    When the stream fails, the input ends, as in Java, and `ioException` returns the reason. After a timeout the next
    call continues. A word or line of more than 16 Mi characters, or as much white space before a word, raises
    IOException; what was read is kept.
    """

    def __init__(self, source, charset="UTF-8", /):
        self._text, self._at = "", 0
        # Pieces of text that follow it.
        self._behind, self._length_behind = (), 0
        self._source, self._ended, self._closed, self._failure = None, False, False, None
        self._turn = _native.Turn()
        if isinstance(source, str):
            self._text, self._ended = source, True
        else:
            reader = source if isinstance(source, _Characters) else InputStreamReader(source, charset)
            self._source = BufferedReader(reader)

    def _more(self):
        """Reads another piece and appends it to `_behind`; None at the end of the input or after a timeout."""
        source = self._source
        if self._ended:
            return None
        turn = source._turn
        try:
            turn.taken = True
            try:
                if source._has_text():
                    piece = source._text[source._at :]
                    behind, length = with_piece(self._behind, piece), self._length_behind + len(piece)
                    self._behind, self._length_behind, source._text, source._at = behind, length, "", 0
                    return piece
            finally:
                turn.taken = False
        except TimeoutError as failed:
            self._failure = failed
            return None
        except IOException as failed:
            self._failure = failed
        self._ended = True
        return None

    def _join(self):
        """Appends the pieces in `_behind` to the text."""
        if self._behind:
            text = "".join((self._text[self._at :], *self._behind))
            self._text, self._at, self._behind, self._length_behind = text, 0, (), 0

    def _find(self, pattern, at):
        """Searches for a one-character pattern from a number of characters behind the beginning on, and reads until
        it is found. Returns its place; None at the end of the input or after a timeout."""
        self._join()
        found = pattern.search(self._text, self._at + at)
        if found is not None:
            return found.start() - self._at
        try:
            return self._find_in_more(pattern)
        finally:
            self._join()

    # Not in the `try` of _find: in CPython 3.14, what a signal handler raises where a loop begins again may escape it.
    def _find_in_more(self, pattern):
        before = len(self._text) - self._at
        while True:
            if before + self._length_behind > LONGEST_LINE:
                raise IOException(f"the word or line is longer than {LONGEST_LINE} characters")
            seen = before + self._length_behind
            if (piece := self._more()) is None:
                return None
            if (found := pattern.search(piece)) is not None:
                return seen + found.start()

    def _ensure_open(self):
        if self._closed:
            raise IllegalStateException("Scanner closed")

    def _line(self):
        """Where the line ends and where the next one begins; None if there is no line."""
        self._ensure_open()
        stop = self._find(_LINE_END, 0)
        if stop is not None:
            if self._text[self._at + stop :] == "\r":
                self._find(_ANYTHING, stop + 1)  # its "\n" may still come
                if self._text[self._at + stop :] == "\r" and not self._ended:
                    return None
            return _LINE_END.match(self._text, self._at + stop).span()
        if not self._ended or self._at == len(self._text):
            return None
        return len(self._text), len(self._text)

    def _word(self):
        """Where the next word begins and ends; None if there is no word."""
        self._ensure_open()
        start = self._find(_WORD, _SPACE.match(self._text, self._at).end() - self._at)
        if start is None:
            return None
        end = self._find(_GAP, start)
        if end is None:
            return (self._at + start, len(self._text)) if self._ended else None
        return self._at + start, self._at + end

    def hasNextLine(self):
        """Whether there is another line; waits for input."""
        turn = self._turn
        turn.taken = True
        try:
            return self._line() is not None
        finally:
            turn.taken = False

    def nextLine(self):
        """Returns the rest of the line without its end."""
        turn = self._turn
        turn.taken = True
        try:
            if (line := self._line()) is None:
                raise NoSuchElementException("No line found")
            start, (end, self._at) = self._at, line
            return self._text[start:end]
        finally:
            turn.taken = False

    def hasNext(self):
        """Whether there is another word; waits for input."""
        turn = self._turn
        turn.taken = True
        try:
            return self._word() is not None
        finally:
            turn.taken = False

    def next(self):
        """Returns the next word."""
        turn = self._turn
        turn.taken = True
        try:
            if (word := self._word()) is None:
                raise NoSuchElementException
            start, self._at = word
            return self._text[start : self._at]
        finally:
            turn.taken = False

    def _next_is(self, pattern, fits=lambda _text: True):
        turn = self._turn
        turn.taken = True
        try:
            word = self._word()
            return (
                word is not None and pattern.fullmatch(self._text, *word) is not None and fits(self._text[slice(*word)])
            )
        finally:
            turn.taken = False

    def _next_as(self, pattern, convert, fits=lambda _text: True):
        word = self._word()
        if word is None:
            raise NoSuchElementException
        text = self._text[slice(*word)]
        if pattern.fullmatch(text) is None:
            raise InputMismatchException
        if not fits(text):
            raise InputMismatchException(f'For input string: "{text}"')
        return convert(text), word[1]

    def _next_value(self, *conversion):
        turn = self._turn
        turn.taken = True
        try:
            value, self._at = self._next_as(*conversion)
            return value
        finally:
            turn.taken = False

    def hasNextInt(self):
        """Whether the next word is a 32-bit integer."""
        return self._next_is(_WHOLE, lambda text: _has_bits(text, 32))

    def nextInt(self):
        """Returns the next word as a 32-bit integer; after InputMismatchException the word is still the next one."""
        return self._next_value(_WHOLE, _number, lambda text: _has_bits(text, 32))

    def hasNextLong(self):
        """Whether the next word is a 64-bit integer."""
        return self._next_is(_WHOLE, lambda text: _has_bits(text, 64))

    def nextLong(self):
        """Returns the next word as a 64-bit integer; after InputMismatchException the word is still the next one."""
        return self._next_value(_WHOLE, _number, lambda text: _has_bits(text, 64))

    def hasNextDouble(self):
        """Whether the next word is a number."""
        return self._next_is(_BROKEN)

    def nextDouble(self):
        """Returns the next word as a number; after InputMismatchException the word is still the next one."""
        return self._next_value(_BROKEN, float)

    def hasNextBoolean(self):
        """Whether the next word is true or false."""
        return self._next_is(_TRUTH)

    def nextBoolean(self):
        """Returns the next word as True or False; after InputMismatchException the word is still the next one."""
        return self._next_value(_TRUTH, lambda text: text.lower() == "true")

    def ioException(self):
        """The exception that ended the input; None if none did."""
        return self._failure

    def __iter__(self):
        while self.hasNext():
            yield self.next()

    def close(self):
        """Closes the scanner, and the socket below."""
        self._closed = True
        if self._source is not None:
            self._source.close()


_TRUTH = re.compile("true|false", re.IGNORECASE)
_ANYTHING = re.compile("(?s:.)")


def _number(text):
    """Converts a text to a number without its leading zeros, since int() refuses thousands of digits."""
    digits = text.lstrip("+-").lstrip("0") or "0"
    return -int(digits) if text[0] == "-" else int(digits)


def _has_bits(text, bits):
    if len(text.lstrip("+-").lstrip("0")) > _MOST_DIGITS:
        return False
    return -(1 << bits - 1) <= _number(text) < 1 << bits - 1
