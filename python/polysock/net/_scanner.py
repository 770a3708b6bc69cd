"""Scanner: words, numbers and lines of a text (java.util.Scanner, with white space between words)."""

import re

from ._errors import IllegalStateException, InputMismatchException, IOException, NoSuchElementException
from ._text import BufferedReader, InputStreamReader, Reader

_SPACE = re.compile(r"[\s\x1c-\x1f]*")
_WORD = re.compile(r"[^\s\x1c-\x1f]+")
_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029\u0085]")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_BROKEN = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?(NaN|Infinity)")


class Scanner:
    """Reads words, numbers and lines of a reader, of a stream of bytes in UTF-8, or of a text.

    Where the stream fails the input ends, as in Java; `ioException` tells why. After a timeout the next call goes on.
    """

    def __init__(self, source, charset="UTF-8", /):
        self._text, self._at = "", 0
        self._source, self._ended, self._closed, self._failure = None, False, False, None
        if isinstance(source, str):
            self._text, self._ended = source, True
        else:
            reader = source if isinstance(source, Reader) else InputStreamReader(source, charset)
            self._source = BufferedReader(reader)

    def _more(self):
        """Reads more behind what there is; whether anything came."""
        if self._ended:
            return False
        try:
            more = self._source._more()
        except TimeoutError as failed:
            self._failure = failed
            return False
        except IOException as failed:
            self._failure, more = failed, ""
        self._ended = not more
        if more:
            self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)

    def _ensure_open(self):
        if self._closed:
            raise IllegalStateException("Scanner closed")

    def _line(self):
        """Where the line ends and where the next begins; None if there is none."""
        self._ensure_open()
        searched = 0
        while True:
            end = _LINE_END.search(self._text, self._at + searched)
            # The "\n" of a "\r" may still come.
            if end is not None and (end.end() < len(self._text) or end.group() != "\r"):
                return end.span()
            searched = len(self._text) - self._at if end is None else end.start() - self._at
            if not self._more():
                break
        if not self._ended:
            return None
        if end is not None:
            return end.span()
        return (len(self._text), len(self._text)) if self._at < len(self._text) else None

    def _word(self):
        """Where the next word begins and ends; None if there is none."""
        self._ensure_open()
        while True:
            start = _SPACE.match(self._text, self._at).end()
            word = _WORD.match(self._text, start)
            if word is not None and word.end() < len(self._text):
                return word.span()
            if not self._more():
                return word.span() if word is not None and self._ended else None

    def hasNextLine(self):
        """Whether there is another line; waits for it."""
        return self._line() is not None

    def nextLine(self):
        """The rest of the line without its end."""
        if (line := self._line()) is None:
            raise NoSuchElementException("No line found")
        start, (end, self._at) = self._at, line
        return self._text[start:end]

    def hasNext(self):
        """Whether there is another word; waits for it."""
        return self._word() is not None

    def next(self):
        """The next word."""
        if (word := self._word()) is None:
            raise NoSuchElementException
        start, self._at = word
        return self._text[start : self._at]

    def _next_is(self, pattern):
        word = self._word()
        return word is not None and pattern.fullmatch(self._text, *word) is not None

    def _next_as(self, pattern, convert, fits=lambda _value: True):
        word = self._word()
        if word is None:
            raise NoSuchElementException
        text = self._text[slice(*word)]
        if pattern.fullmatch(text) is None:
            raise InputMismatchException
        if not fits(value := convert(text)):
            raise InputMismatchException(f'For input string: "{text}"')
        self._at = word[1]
        return value

    def hasNextInt(self):
        """Whether the next word is a number of 32 bits."""
        return self._next_is(_WHOLE) and _has_bits(int(self._text[slice(*self._word())]), 32)

    def nextInt(self):
        """The next word as a number of 32 bits; InputMismatchException leaves it where it is."""
        return self._next_as(_WHOLE, int, lambda value: _has_bits(value, 32))

    def hasNextLong(self):
        """Whether the next word is a number of 64 bits."""
        return self._next_is(_WHOLE) and _has_bits(int(self._text[slice(*self._word())]), 64)

    def nextLong(self):
        """The next word as a number of 64 bits; InputMismatchException leaves it where it is."""
        return self._next_as(_WHOLE, int, lambda value: _has_bits(value, 64))

    def hasNextDouble(self):
        """Whether the next word is a number."""
        return self._next_is(_BROKEN)

    def nextDouble(self):
        """The next word as a number; InputMismatchException leaves it where it is."""
        return self._next_as(_BROKEN, float)

    def hasNextBoolean(self):
        """Whether the next word is true or false."""
        return self._next_is(_TRUTH)

    def nextBoolean(self):
        """The next word as True or False; InputMismatchException leaves it where it is."""
        return self._next_as(_TRUTH, lambda text: text.lower() == "true")

    def ioException(self):
        """What ended the input, None if nothing failed."""
        return self._failure

    def __iter__(self):
        while self.hasNext():
            yield self.next()

    def close(self):
        """Closes the scanner, and the socket below."""
        self._closed = True
        if self._source is not None:
            self._source.close()

    def __enter__(self):
        """Itself; leaving the with statement closes it."""
        return self

    def __exit__(self, *_exception):
        """Closes it."""
        self.close()


_TRUTH = re.compile("true|false", re.IGNORECASE)


def _has_bits(value, bits):
    return -(1 << bits - 1) <= value < 1 << bits - 1
